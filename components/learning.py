"""Settings that the two learning stages, `pretrain` and `train`, share."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from components.params import Section


class Optimisation(Section):
    """AdamW with a linear warm-up and a cosine down to zero."""

    steps: PositiveInt
    """Optimiser steps."""
    batch_pairs: int = Field(ge=2)
    """Image–text pairs in a step; each is the others' negative."""
    learning_rate: PositiveFloat
    """Peak rate, reached after the warm-up."""
    warmup_steps: NonNegativeInt
    """Steps of linear climb."""
    weight_decay: NonNegativeFloat
    """Decoupled decay of matrices and filters; gains, biases and the logit scale have none."""
    chunk_pairs: NonNegativeInt
    """Pairs whose activations are in memory at once, for batches that do not fit; 0 is the whole batch. The loss still
    sees the whole batch, and the towers run forward twice. Batch normalisation then has each chunk's statistics."""
    checkpoint_every: PositiveInt
    """Steps between two checkpoints, from which a killed training goes on with the very same numbers."""


class PairTerms(Section):
    """Weights of the loss terms over image–caption pairs; a weight of 0 removes a term and its cost."""

    contrastive: NonNegativeFloat
    """Symmetric InfoNCE, the CLIP loss."""
    uniformity: NonNegativeFloat
    """Spreads each modality over the sphere (contrastive gap, L_Uniform)."""
    alignment: NonNegativeFloat
    """Draws each image to its own caption (contrastive gap, L_Align)."""
    cross_uniformity: NonNegativeFloat
    """Spreads images from the captions of other pairs (contrastive gap, L_XUniform)."""
    centroid_uniformity: NonNegativeFloat
    """Spreads the midpoints of pairs over the sphere, image and caption of a pair together (ModGap)."""

    def any(self) -> bool:
        """Whether a term is left to learn from."""
        return any(weight > 0 for weight in self.model_dump().values())


class Augmentation(Section):
    """How far a training image may move from the picture as published; zeros (and a scale of 1) leave it alone."""

    least_scale: float = Field(gt=0, le=1)
    """Smallest share of the side that a crop keeps."""
    rotation_degrees: float = Field(ge=0, le=180)
    """Largest rotation either way."""
    flip: bool
    """Mirror half of the images; off where captions tell left from right."""
    colour: float = Field(ge=0, le=1)
    """Strength of brightness, contrast and saturation changes."""
    grey: float = Field(ge=0, le=1)
    """Share of images that lose their colour."""
    negative: float = Field(ge=0, le=1)
    """Share of images inverted, dark for light, as a blueprint is to a drawing."""
    edges: float = Field(ge=0, le=1)
    """Share of images reduced to their outlines, as a line drawing is to a photograph."""


class Machine(Section):
    """What must be equal for two runs to give the same bytes."""

    seed: NonNegativeInt
    """Seed of weights, order, augmentation and composition."""
    threads: PositiveInt
    """CPU threads; another number gives weights that differ in their last bits."""
    device: Literal["cpu", "cuda"]
    """Where the model computes; a GPU gives other last bits than a CPU, and not always the same ones twice."""
    precision: Literal["fp32", "bf16"]
    """Numbers that the towers compute in: `fp32`, or `bf16` under automatic mixed precision. Losses are in fp32."""
    compile: bool
    """Compile the towers with `torch.compile`: a slow first step, faster others on a GPU, and other last bits."""
