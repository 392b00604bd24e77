"""Settings of the stage `compose`."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from components.params import Section


class NameRules(Section):
    """Which names may meet; a name may have wildcards, as in `validate.allowed_licences`."""

    excluded: list[str]
    """Names that are never composed."""
    allowed: list[list[str]]
    """Pairs of names that may meet, and no others; an empty list lets all meet."""
    forbidden: list[list[str]]
    """Pairs of names that never meet, whatever `allowed` says."""

    @field_validator("allowed", "forbidden")
    @classmethod
    def _pairs(cls, pairs: list[list[str]]) -> list[list[str]]:
        for pair in pairs:
            if len(pair) != 2:
                raise ValueError(f"{pair} has {len(pair)} names, and two can meet. Write [name, name]")
        return pairs


class SimilarityRule(Section):
    """Limits of the cosine of two captions that meet: the base model's vectors, less their mean."""

    least: float = Field(ge=-1, le=1)
    """Captions further apart never meet; -1 refuses none."""
    most: float = Field(ge=-1, le=1)
    """Captions nearer than this never meet, as they would say the same twice; 1 refuses none."""

    @property
    def in_force(self) -> bool:
        """Whether it can refuse anything."""
        return self.least > -1 or self.most < 1

    @model_validator(mode="after")
    def _some_cosine_is_left(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least is {self.least:g}, above most, {self.most:g}. Lower least, or raise most")
        return self


class Rules(Section):
    """Who may meet whom; a composition that no rule looks at can be false."""

    across_labels: bool
    """Compose only images of different labels."""
    across_languages: bool
    """Let captions of different languages meet; the first one's conjunction joins them."""
    label_groups: dict[str, list[str]]
    """Names for several labels, to be used in the rules of `labels`."""
    labels: NameRules
    """Which labels, or groups of labels, may meet."""
    sources: NameRules
    """Which sources may meet; a source is a style here."""
    licences: NameRules
    """Which licences may meet: a composition is a work made from both."""
    attributes: dict[str, list[str]]
    """Choices such as `side: [left | 左, right | 右]`; captions with different words of one choice never meet."""
    caption_similarity: SimilarityRule

    @field_validator("attributes")
    @classmethod
    def _each_is_a_choice(cls, attributes: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, values in attributes.items():
            words = [word.strip().casefold() for value in values for word in value.split("|")]
            if len(values) < 2:
                raise ValueError(f"`{name}` needs two values or more, each `word` or `word | other word`")
            if "" in words:
                raise ValueError(f"`{name}` has an empty word. Remove it")
            if len(set(words)) < len(words):
                twice = next(word for word in words if words.count(word) > 1)
                raise ValueError(f"`{name}` has the word `{twice}` twice. Keep it in one value")
        return attributes


class Limits(Section):
    """What composition may do to the balance of the data before the stage fails."""

    most_share_shift_points: float = Field(ge=0, le=100)
    """Most percentage points by which the expected share of any label, source, language or licence may move."""
    least_eligible_share: float = Field(ge=0, le=1)
    """Least share of the selected images that have a partner under the rules."""


class ComposeParams(Section):
    """Which images may meet in a CLIP-C composition, how often, and what composition may do to the data."""

    kind: Literal["clip_c", "cutmix_one_caption", "caption_fusion", "fixed_partners", "mismatched_second_caption"]
    """`clip_c` is the method; the others are controls that lack a part of it (components/composition.py)."""
    rate: float = Field(ge=0, le=1)
    """Share of a batch's pairs that `train` composes with a partner drawn afresh each time."""
    axis: Literal["width", "height", "random"]
    """Whether halves stand side by side, one above the other, or either."""
    rules: Rules
    limits: Limits
    audited_images: PositiveInt
    """Images whose caption similarity to all others is reckoned; of a larger selection, so many drawn evenly."""
    preview_compositions: PositiveInt
    """Compositions drawn on the preview."""
    seed: NonNegativeInt
    """Seed of the preview, of fixed partners and of the audited images."""
