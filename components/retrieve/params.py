"""Settings of the stage `retrieve`."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, field_validator

from components.params import Section
from components.task import parse_labels


class TextAugmentation(Section):
    """Descriptors set behind the prompts, so that a class is asked for in many ways (MUDG's text augmentation)."""

    choice: Literal["none", "random", "adaptive"]
    """`adaptive` keeps those that tell the task's classes apart best, `random` any, `none` asks with plain prompts."""
    keep: PositiveInt
    """Descriptors kept of each script's pool."""
    clusters: PositiveInt
    """Clusters of like classes within which a descriptor is judged."""
    descriptors_file: str
    """A file with descriptors of your own, one a line, beside the project's; empty for none."""


class Thinning(Section):
    """When two candidates count as one picture, of which only the better teaches."""

    by: Literal["none", "hash", "vector", "both", "either"]
    """The measure by which they must be near: perceptual hash, image vector, both, or either."""
    bits: NonNegativeInt
    """Largest difference of perceptual hashes, of 256 bits."""
    cosine: float = Field(gt=0, le=1)
    """Least cosine of image vectors."""


class Spread(Section):
    """How a label's images are chosen where there are more than it may have."""

    choice: Literal["top", "clustered"]
    """`top` takes the best scores; `clustered` one image of each of `images_per_label` clusters, as MUDG does."""
    pick: Literal["best", "random"]
    """Which image of a cluster: the best score, or any, as MUDG does."""


class RetrieveParams(Section):
    """The task's label names, and how corpus images are found for them."""

    labels: list[str] = Field(min_length=2)
    """One class a line, `name | other name | 日本語名`: the first is the class's own, the others widen the search."""
    templates: list[str] = Field(min_length=1)
    """Sentences that the names stand in, with {} for the name."""
    augmentation: TextAugmentation
    neighbours: PositiveInt
    """Images looked up for each query."""
    image_weight: NonNegativeFloat
    """Weight of the evidence of image vectors in the fused ranking."""
    caption_weight: NonNegativeFloat
    """Weight of the evidence of caption vectors in the fused ranking."""
    words_weight: NonNegativeFloat
    """Weight of the evidence of words: captions in which a name of the label stands, ranked by BM25."""
    words_partial: bool
    """Let captions follow that hold only some words of a name."""
    words_early: NonNegativeFloat
    """How much a name loses by standing late in a caption: BM25 / (1 + words before it) ** this; 0 is BM25 alone."""
    calibrated: bool
    """Whether what vectors find at a rank counts as far as the captions' words bear such finds out; off, the last of
    the neighbours agrees as much as the first."""
    scoring: Literal["reciprocal_rank", "rank_sum"]
    """How ranks add up: 1 / (60 + rank), or MUDG's neighbours - rank."""
    gap_removal: Literal["none", "centred", "standardised"]
    """Carry text queries over the modality gap before they meet image vectors: by the means, or also the deviations."""
    least_cosine: float = Field(ge=-1, le=1)
    """An image whose best cosine to its label's plain prompts, its own or its caption's, is lower is not selected."""
    least_confidence: float = Field(ge=0, le=1)
    """Least share of an image's scores that its label holds, times the share of the evidence that found it; a label of
    which no image reaches it keeps its surest one."""
    thinning: Thinning
    selection: Spread
    images_per_label: PositiveInt
    """Most images selected for one label."""
    source_share: float = Field(gt=0, le=1)
    """Largest share of a label's places that one source may fill; 1 sets no quota."""
    copy_cosine: float = Field(gt=0, le=1)
    """An image at least this near to an evaluation image, and near in perceptual hash too, is left out as its copy."""
    copy_bits: NonNegativeInt
    """Largest difference in perceptual hash, of 256 bits, at which `copy_cosine` decides."""
    sheet_images: PositiveInt
    """Images a label shows on the contact sheet of all labels."""
    review_images: PositiveInt
    """Images a label shows on the review page and on its own sheet."""
    seed: NonNegativeInt
    """Seed of random descriptors, clusters and picks."""
    threads: PositiveInt
    """CPU threads."""

    @field_validator("labels")
    @classmethod
    def _can_be_told_apart(cls, labels: list[str]) -> list[str]:
        parse_labels(labels)
        return labels

    @field_validator("templates")
    @classmethod
    def _each_has_one_gap(cls, templates: list[str]) -> list[str]:
        for template in templates:
            if template.count("{}") != 1:
                raise ValueError(f"`{template}` needs exactly one {{}} where the name goes")
        return templates
