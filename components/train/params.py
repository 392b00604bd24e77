"""Settings of the stage `train`."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, field_validator, model_validator

from components.learning import Augmentation, Machine, Optimisation, PairTerms
from components.params import Section

Share = Annotated[float, Field(ge=0, le=1)]


class Interpolation(Section):
    """How far the kept model goes from the base to the trained student (WiSE-FT)."""

    choice: Literal["none", "fixed", "held_out"]
    """`none` keeps the student, `fixed` goes `student_share` of the way, `held_out` as far as those images say."""
    student_share: Share
    """Share of the student with `fixed`: 0 is the base, 1 the student."""
    grid: list[Share] = Field(min_length=1)
    """Shares of which the figure on the held-out images is taken, unless the choice is `none`."""


class Bank(Section):
    """Further negatives: vectors of earlier batches, from a slow copy of both towers (ALBEF, MoCo)."""

    size: NonNegativeInt
    """Pairs that the bank keeps, the oldest leaving first; 0 makes no bank and no slow copy."""
    momentum: float = Field(ge=0, lt=1)
    """Decay of the slow copy's moving average of the student."""
    warmup_steps: NonNegativeInt
    """Steps before the bank starts to fill: vectors of a model that moves fast are soon stale."""
    most_batch_pairs: PositiveInt
    """With larger batches there is no bank, whatever its size: they hold negatives enough."""
    same_label: bool
    """Whether pairs with the anchor's pseudo-label count as negatives no more; the same caption never does."""
    similar_captions: float = Field(gt=0, le=1)
    """Quantile of the batch's caption cosines (slow copy) above which a pair is no negative; 1 leaves nobody out."""


class Robust(Section):
    """Learning from pairs of which some do not belong together."""

    rince: NonNegativeFloat
    """Weight of RINCE, which noise misleads less than `terms.contrastive`; it can take that term's place."""
    q: float = Field(gt=0, le=1)
    """RINCE between InfoNCE (near 0) and the loss that forgives most noise (1)."""
    density: float = Field(gt=0)
    """RINCE's λ: weight of the sum over the positive and the negatives."""
    temperature: float = Field(gt=0, le=1)
    """RINCE's own, fixed temperature."""
    clean_from_epoch: NonNegativeInt
    """Epoch (from 1) after which pairs weigh by how probably they are clean, judged anew each epoch; 0 never."""
    least_weight: float = Field(ge=0, le=1)
    """What a pair that looks wrong still weighs, so that it can be found right later."""

    @field_validator("q", mode="before")
    @classmethod
    def _q_has_both_ends(cls, q: Any) -> Any:
        if isinstance(q, int | float) and not 0 < q <= 1:
            raise ValueError(
                "RINCE's q must be above 0 and at most 1. Write 0.5; for InfoNCE set train.robust.rince to 0 and raise "
                "train.terms.contrastive"
            )
        return q


class Balance(Section):
    """Matching the batch as a whole: a few steps of Sinkhorn between images and captions (GCA)."""

    weight: NonNegativeFloat
    """Weight of the term."""
    steps: PositiveInt
    """Normalisations, rows and columns in turn; 1 is InfoNCE."""
    rho: NonNegativeFloat
    """Strength of the marginals, so that a pair that fits nowhere may stay unmatched; 0 keeps them exact."""
    ramp_steps: NonNegativeInt
    """Training steps over which the weight climbs from 0."""


class ClassBalance(Section):
    """Labels with few images weigh more."""

    beta: float = Field(ge=0, lt=1)
    """A label with n images weighs (1 - beta) / (1 - beta^n), the mean over images made 1; 0 weighs all alike."""
    most_weight: float = Field(ge=1)
    """Bound of a pair's weight, its clean share included: a rare label may be a wrong one."""
    logit_adjustment: NonNegativeFloat
    """Strength of the log frequency added to the class logits in training: frequent labels must win by more."""


class Anchor(Section):
    """Staying near the frozen base."""

    logits: NonNegativeFloat
    """Weight of the divergence from the base's own matching of the batch's images and captions."""
    features: NonNegativeFloat
    """Weight of the squared distance of images and captions from where the base puts them."""
    weights: NonNegativeFloat
    """Weight of half the squared distance of the weights from the base's (L2-SP)."""


class TrainParams(Section):
    """How the student learns from the pseudo-labelled selection, starting from the base model."""

    optimiser: Optimisation
    terms: PairTerms
    soft_target: NonNegativeFloat
    """Weight of the pseudo-label loss with soft targets (MUDG's diversity-preserving loss)."""
    teacher_share: float = Field(ge=0, le=1)
    """Share of the soft target that the frozen base decides; the pseudo-label decides the rest."""
    bank: Bank
    robust: Robust
    balance: Balance
    class_balance: ClassBalance
    anchor: Anchor
    average_decay: float = Field(ge=0, lt=1)
    """Decay of the moving average of the weights; the average is the student."""
    held_out: float = Field(ge=0, lt=1)
    """Share of each label's images that never teach: they judge the checks and choose the interpolation; 0 for none."""
    check_every: PositiveInt
    """Steps between two checks of the average on the held-out images; the last step has one too."""
    patience: NonNegativeInt
    """Checks without a better one until training stops; the best check's weights are then the student. 0 never stops
    and keeps the last."""
    interpolation: Interpolation
    augmentation: Augmentation
    machine: Machine

    def learns_from_pairs(self) -> bool:
        """Whether a batch of compositions, which have no single label, teaches anything."""
        return self.terms.any() or self.robust.rince > 0 or self.balance.weight > 0

    def has_bank(self, rows: int) -> bool:
        """Whether there is a bank: one is asked for, and a batch of the `rows` that teach is small enough for it."""
        return self.bank.size > 0 and min(rows, self.optimiser.batch_pairs) <= self.bank.most_batch_pairs

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Self:
        if not self.learns_from_pairs() and self.soft_target == 0:
            raise ValueError(
                "Every weight of train.terms, train.soft_target, train.robust.rince and train.balance.weight is 0: "
                "there is nothing to learn from. Raise one"
            )
        return self

    @model_validator(mode="after")
    def _the_bank_is_used(self) -> Self:
        if self.bank.size > 0 and self.terms.contrastive == 0 and self.robust.rince == 0:
            raise ValueError(
                "train.bank.size is above 0, but no term contrasts pairs with it. "
                "Set it to 0, or raise train.terms.contrastive or train.robust.rince"
            )
        return self

    @model_validator(mode="after")
    def _somebody_to_judge(self) -> Self:
        if self.held_out == 0 and self.patience > 0:
            raise ValueError("train.patience needs held-out images. Raise train.held_out, or set train.patience to 0")
        if self.held_out == 0 and self.interpolation.choice == "held_out":
            raise ValueError(
                "train.interpolation.choice is held_out, and train.held_out is 0. Raise train.held_out, or choose none "
                "or fixed"
            )
        return self
