"""Settings of the stage `retrieve`."""

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, field_validator

from components.params import Section


class RetrieveParams(Section):
    """The task's label names, and how corpus images are found for them."""

    labels: list[str] = Field(min_length=2)
    """One class a line, `name | other name | 日本語名`: the first is the class's own, the others widen the search."""
    templates: list[str] = Field(min_length=1)
    """Sentences that the names stand in, with {} for the name."""
    neighbours: PositiveInt
    """Images looked up for each prompt."""
    image_weight: NonNegativeFloat
    """Weight of the evidence of image vectors in the fused ranking."""
    caption_weight: NonNegativeFloat
    """Weight of the evidence of caption vectors in the fused ranking."""
    least_cosine: float = Field(ge=-1, le=1)
    """An image whose best cosine to its label's prompts, by either evidence, is lower is not selected."""
    images_per_label: PositiveInt
    """Most images selected for one label."""
    copy_cosine: float = Field(gt=0, le=1)
    """An image at least this near to an evaluation image, and near in perceptual hash too, is left out as its copy."""
    copy_bits: NonNegativeInt
    """Largest difference in perceptual hash, of 256 bits, at which `copy_cosine` decides."""
    sheet_images: PositiveInt
    """Images a label shows on the contact sheet."""
    threads: PositiveInt
    """CPU threads."""

    @field_validator("templates")
    @classmethod
    def _each_has_one_gap(cls, templates: list[str]) -> list[str]:
        for template in templates:
            if template.count("{}") != 1:
                raise ValueError(f"`{template}` needs exactly one {{}} where the name goes")
        return templates
