"""Each paper's claim about training, measured on the real pairs: which ingredients pay, and where they do not."""
