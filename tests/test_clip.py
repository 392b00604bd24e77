"""The model folder: same bytes, same vectors, its own preprocessing; errors that name the mend."""

import io
import json

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from components import clip as clips


@pytest.fixture(scope="module")
def small():
    return clips.scratch(embed_dim=32, image_px=64, seed=3)


def test_a_saved_model_comes_back_whole(small, tmp_path, picture):
    clips.save(small, tmp_path)
    again = clips.load(tmp_path)
    images, texts = [picture(seed) for seed in range(3)], ["hex bolt", "六角ボルト"]
    np.testing.assert_array_equal(small.encode_images(images), again.encode_images(images))
    np.testing.assert_array_equal(small.encode_texts(texts), again.encode_texts(texts))


def test_the_folder_is_one_that_open_clip_itself_reads(small, tmp_path, picture):
    clips.save(small, tmp_path)
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{tmp_path}")
    wide = picture(1).resize((90, 40))
    with torch.inference_mode():
        expected = model.eval().encode_image(transform(wide)[None], normalize=True).numpy()
    np.testing.assert_allclose(small.encode_images([wide]), expected, atol=1e-5)


def test_the_same_seed_gives_the_same_file_and_leaves_the_global_generator_alone(tmp_path):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        clips.save(clips.scratch(embed_dim=32, image_px=64, seed=5), tmp_path / name)
    assert torch.equal(torch.get_rng_state(), before)
    assert (tmp_path / "first" / clips.WEIGHTS).read_bytes() == (tmp_path / "second" / clips.WEIGHTS).read_bytes()


def test_the_small_image_tower_has_one_to_three_million_parameters():
    small = clips.scratch(embed_dim=128, image_px=64, seed=0)
    count = sum(weight.numel() for name, weight in small.model.named_parameters() if name.startswith("visual."))
    assert 1e6 < count < 3e6


def test_images_keep_their_proportions_on_white(small):
    wide = Image.new("RGB", (100, 50), "red")
    pixels = small.to_pixels(wide)
    assert pixels.shape == (3, 64, 64)
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 32, 32].tolist() == [255, 0, 0]


def test_vectors_have_unit_length_whatever_the_batch(small, picture):
    images = [picture(seed) for seed in range(5)]
    whole, parts = small.encode_images(images, batch=5), small.encode_images(images, batch=2)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(whole, parts, atol=1e-5)
    assert small.encode_images([]).shape == (0, 32)


def test_files_are_decoded_on_the_way(small, picture):
    images = [picture(0), picture(1, side=90)]
    (vectors,) = small.file_vectors([png(image) for image in images])
    np.testing.assert_array_equal(vectors, small.encode_images(images))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_published_model_of_a_file_keeps_its_own_preprocessing(tmp_path):
    """open_clip by itself would give a file the default mean and resizing (open_clip issue 1068)."""
    architecture, tag = "ViT-B-32", "laion2b_s34b_b79k"
    model = open_clip.create_model(architecture)
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    clip = clips.published(architecture, tag, tmp_path / "weights.pt")
    own = open_clip.get_pretrained_cfg(architecture, tag)
    assert tuple(clip.preprocessing.mean) == tuple(own["mean"])
    assert clip.image_px == 224
    (tmp_path / "folder").mkdir()
    clips.save(clip, tmp_path / "folder")
    saved = json.loads((tmp_path / "folder" / clips.CONFIG).read_text())
    assert saved["preprocess_cfg"]["resize_mode"] == own.get("resize_mode", "shortest")
    again = clips.load(tmp_path / "folder")
    np.testing.assert_allclose(again.encode_texts(["a bolt"]), clip.encode_texts(["a bolt"]), atol=1e-6)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    torch.save({"weights": Harm()}, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="holds no weights of ViT-B-32/laion2b_s34b_b79k"):
        clips.published("ViT-B-32", "laion2b_s34b_b79k", tmp_path / "weights.pt")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("architecture", "tag", "file", "message"),
    [
        ("ViT-Z-99", "openai", None, "pretrain.weights: open_clip knows no architecture `ViT-Z-99`. See"),
        ("ViT-B-32", "nobody", None, "pretrain.weights: ViT-B-32 has no tag `nobody`. Known: openai,"),
        ("ViT-B-32", "openai", "absent.pt", "pretrain.weights_file: .*absent.pt does not exist. Place the weights"),
    ],
)
def test_weights_that_are_not_to_be_had(tmp_path, architecture, tag, file, message):
    with pytest.raises(ValueError, match=message):
        clips.published(architecture, tag, tmp_path / file if file else None)


def test_a_tag_without_network_says_how_to_place_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"Download its weights elsewhere and name the file in pretrain.weights_file"):
        clips.published("ViT-B-32", "laion2b_s34b_b79k", None)


def test_a_gpu_that_is_not_there():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ValueError, match=r"device is cuda, but PyTorch sees no GPU here. Set"):
        clips.check_device("cuda")


def test_damaged_weights_are_told_as_such(small, tmp_path):
    clips.save(small, tmp_path)
    (tmp_path / clips.WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"safetensors does not fit"):
        clips.load(tmp_path)


def test_a_missing_model_names_the_file(tmp_path):
    with pytest.raises(ValueError, match=r"open_clip_config.json does not exist, so there is no model"):
        clips.load(tmp_path)
