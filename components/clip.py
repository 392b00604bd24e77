"""An open_clip model in, unit-length embeddings out.

Shape legend: N = images or texts, D = width of the joint embedding, H, W = pixels, T = context length.
Every *_ND array has rows of unit length.

A model is a folder in open_clip's own layout, which `open_clip.create_model("local-dir:<folder>")` also reads:
    open_clip_config.json         architecture and preprocessing
    open_clip_model.safetensors   weights
"""

import hashlib
import itertools
import json
import logging
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from components.decoding import decode
from components.memory import out_of_memory
from components.ordered import in_order
from components.plain_png import plain_square
from components.text_tower import text_vectors

Item = TypeVar("Item")
CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"


@dataclass(frozen=True)
class Clip:
    """A model with the preprocessing and the tokenizer that belong to it."""

    model: nn.Module
    architecture: dict[str, Any]
    """open_clip's `model_cfg`."""
    preprocessing: PreprocessCfg
    tokenizer: Callable[[list[str]], Tensor]
    device: str = "cpu"
    precision: Literal["fp32", "bf16"] = "fp32"
    """What the towers compute in while a loss is taken of them (`embedder`); `encode_*` is always fp32."""

    @property
    def towers(self) -> Any:
        """The model with the methods that open_clip gives it."""
        return self.model

    def to_pixels(self, image: Image.Image) -> np.ndarray:
        """The image as the model's towers want it, before normalisation: uint8 [3, H, W]."""
        side = self.image_px
        if image.size != (side, side) or image.mode != "RGB":
            for step in image_transform_v2(self.preprocessing, is_train=False).transforms[:-2]:
                image = step(image)
        return np.asarray(image).transpose(2, 0, 1)

    def file_pixels(self, file: bytes) -> np.ndarray:
        """The same from an image file's bytes."""
        plain = plain_square(file, self.image_px)
        return self.to_pixels(decode(file)) if plain is None else plain

    @property
    def image_px(self) -> int:
        """Side of the square image that the model sees."""
        size = self.preprocessing.size
        return size if isinstance(size, int) else size[0]

    def normalised(self, pixel_BCHW: Tensor) -> Tensor:
        """Float images in [0, 1] as the towers were trained on them: mean and standard deviation of `preprocessing`."""
        own = self.preprocessing
        mean_3, std_3 = (torch.tensor(values, device=pixel_BCHW.device) for values in (own.mean, own.std))
        scaled = (pixel_BCHW - mean_3[:, None, None]) / std_3[:, None, None]
        return scaled.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def encode_pixels(self, pixel_BCHW: Tensor) -> Tensor:
        """Unit vectors [B, D] of uint8 images."""
        image_BCHW = self.normalised(pixel_BCHW.to(self.device).float() / 255)
        return self.towers.encode_image(image_BCHW, normalize=True).float().cpu()

    def encode_images(self, images: Iterable[Image.Image], batch: int = 256) -> np.ndarray:
        """Unit vectors of images, float32 [N, D]."""
        return np.concatenate([self._no_vectors(), *self.image_vectors(images, batch)])

    def image_vectors(self, images: Iterable[Image.Image], batch: int = 256) -> Iterator[np.ndarray]:
        """The same as a stream of blocks [batch, D], for corpora larger than memory."""
        return self._vectors_of(self.to_pixels, images, batch)

    def file_vectors(self, files: Iterable[bytes], batch: int = 256) -> Iterator[np.ndarray]:
        """The same from image files, decoded on the model's own threads."""
        return self._vectors_of(self.file_pixels, files, batch)

    def _vectors_of(
        self, pixels_of: Callable[[Item], np.ndarray], items: Iterable[Item], batch: int
    ) -> Iterator[np.ndarray]:
        self.model.eval()

        def vectors(block: list[Item]) -> np.ndarray:
            return self.encode_pixels(torch.from_numpy(np.stack([pixels_of(item) for item in block]))).numpy()

        return in_order(vectors, batched(items, batch))

    def encode_texts(self, texts: Sequence[str], batch: int = 256) -> np.ndarray:
        """Unit vectors of texts, float32 [N, D]."""
        return np.concatenate([self._no_vectors(), *self.text_vectors(texts, batch)])

    def text_vectors(self, texts: Iterable[str], batch: int = 256) -> Iterator[np.ndarray]:
        """The same as a stream of blocks [batch, D]."""
        self.model.eval()

        @torch.inference_mode()
        def vectors(block: list[str]) -> np.ndarray:
            token_BT = self.tokenizer(block).to(self.device)
            return text_vectors(self.towers, token_BT).float().cpu().numpy()

        return in_order(vectors, batched(texts, batch))

    def _no_vectors(self) -> np.ndarray:
        return np.empty((0, self.architecture["embed_dim"]), dtype=np.float32)


def scratch(*, embed_dim: int, image_px: int, seed: int) -> Clip:
    """The small model, untrained: a ResNet image tower of 1.4 M parameters and a two-layer text tower.

    A plain open_clip configuration; images keep their proportions on white.
    """
    architecture = {
        "embed_dim": embed_dim,
        "vision_cfg": {
            "image_size": image_px,
            "layers": [1, 1, 1, 1],
            "width": 16,
            "head_width": 32,
            "patch_size": None,
        },
        "text_cfg": {"context_length": 48, "vocab_size": 49408, "width": 96, "heads": 3, "layers": 2},
    }
    preprocessing = PreprocessCfg(
        size=image_px, mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bicubic", resize_mode="longest", fill_color=255
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # open_clip initialises from the global generator
        return assembled(architecture, preprocessing)


def assembled(architecture: dict[str, Any], preprocessing: PreprocessCfg, device: str = "cpu") -> Clip:
    """A model of this architecture with fresh weights."""
    with tempfile.TemporaryDirectory() as folder:
        _write_config(architecture, preprocessing, Path(folder))
        return _opened(Path(folder), device, load_weights=False)


def load(folder: Path, device: str = "cpu") -> Clip:
    """The model in `folder`, ready to encode.

    Raises:
        ValueError: the folder holds no open_clip model, or its weights do not fit its configuration.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder / name} does not exist, so there is no model to load. Run `dvc repro` first.")
    check_device(device)
    try:
        clip = _opened(folder, device, load_weights=True)
    except (RuntimeError, SafetensorError) as error:
        if out_of_memory(error):
            raise
        raise ValueError(f"{folder / WEIGHTS} does not fit {folder / CONFIG}: {str(error).splitlines()[0]}") from None
    clip.model.eval()
    return clip


def published(architecture: str, tag: str, file: Path | None, device: str = "cpu") -> Clip:
    """An open_clip model by architecture and tag, with that tag's own preprocessing; `file` replaces the download.

    A file given to open_clip by itself silently gets the default preprocessing (open_clip issue 1068).

    Raises:
        ValueError: the architecture or tag is unknown, or the weights are neither at hand nor to be had.
    """
    if architecture not in open_clip.list_models():
        raise ValueError(
            f"pretrain.weights: open_clip knows no architecture `{architecture}`. See `open_clip.list_models()`."
        )
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if tag not in tags:
        raise ValueError(f"pretrain.weights: {architecture} has no tag `{tag}`. Known: {', '.join(tags) or 'none'}.")
    if file is not None and not file.is_file():
        raise ValueError(
            f"pretrain.weights_file: {file} does not exist. Place the weights of {architecture}/{tag} there."
        )
    check_device(device)
    own = open_clip.get_pretrained_cfg(architecture, tag)
    config = open_clip.get_model_config(architecture)
    config["quick_gelu"] = bool(config.get("quick_gelu") or own.get("quick_gelu"))  # a tag may want it, silently
    own_preprocessing = {name: own[name] for name in PREPROCESSING_FIELDS if name in own}
    try:
        with _quiet():
            model = open_clip.create_model(
                architecture,
                str(file or tag),
                device=device,
                force_preprocess_cfg=own_preprocessing,
                force_quick_gelu=config["quick_gelu"],
                weights_only=True,
            )
            tokenizer = open_clip.get_tokenizer(architecture)
    except (RuntimeError, OSError, SafetensorError, pickle.UnpicklingError) as error:
        if file is not None:
            raise ValueError(f"pretrain.weights_file: {file} holds no weights of {architecture}/{tag}.") from None
        raise ValueError(
            f"pretrain.weights: {architecture}/{tag} cannot be loaded ({str(error).splitlines()[0]}). "
            "Download its weights elsewhere and name the file in pretrain.weights_file."
        ) from None
    return Clip(model.eval(), config, PreprocessCfg(**model.visual.preprocess_cfg), tokenizer, device)


def sha256(folder: Path) -> str:
    """The SHA-256 of a model folder's weights, the name by which an index knows its model."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises:
        ValueError: `cuda` without a GPU.
    """
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"params.yaml: device is {device}, but PyTorch sees no GPU here. Set device to cpu.")


def _opened(folder: Path, device: str, *, load_weights: bool) -> Clip:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    with _quiet():
        model = open_clip.create_model(f"local-dir:{folder}", device=device, load_weights=load_weights)
        tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model = model.to(memory_format=torch.channels_last)
    return Clip(model, config["model_cfg"], PreprocessCfg(**config["preprocess_cfg"]), tokenizer, device)


@contextmanager
def _quiet() -> Iterator[None]:
    """open_clip warns on the root logger of what is meant here: a model without downloaded weights."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def save(clip: Clip, folder: Path) -> None:
    """Write `clip` into an existing folder; the same weights give the same bytes."""
    state = {name: tensor.contiguous().cpu() for name, tensor in clip.model.state_dict().items()}
    save_file(state, folder / WEIGHTS)
    _write_config(clip.architecture, clip.preprocessing, folder)


def _write_config(architecture: dict[str, Any], preprocessing: PreprocessCfg, folder: Path) -> None:
    own = {name: getattr(preprocessing, name) for name in PREPROCESSING_FIELDS}
    config = {"model_cfg": architecture, "preprocess_cfg": own}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


PREPROCESSING_FIELDS = ("size", "mean", "std", "interpolation", "resize_mode", "fill_color")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive lists of `size` items, the last one shorter."""
    remaining = iter(items)
    while block := list(itertools.islice(remaining, size)):
        yield block
