"""Stage `pretrain`: accepted pairs become the frozen base model."""
