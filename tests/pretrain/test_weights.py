"""What `pretrain.weights` may be, and what is said of anything else."""

import pytest

from components import clip as clips
from components.params import ParamsError, read_yaml
from components.pretrain.params import PretrainParams
from components.pretrain.weights import architecture_and_tag, from_publisher


def test_an_architecture_and_a_tag():
    assert architecture_and_tag("ViT-B-32/openai") == ("ViT-B-32", "openai")


@pytest.mark.parametrize("weights", ["/models/mine.pt", "ViT-B-32", "models/mine.safetensors"])
def test_a_path_is_told_where_it_belongs(weights):
    with pytest.raises(ParamsError, match=r"with a file of its weights in pretrain.weights_file, if you have one"):
        architecture_and_tag(weights)


def test_a_model_folder_is_a_base(tmp_path, monkeypatch, request):
    clips.save(clips.scratch(embed_dim=32, image_px=64, seed=1), tmp_path)
    monkeypatch.setenv("KAKEHASHI_HOME", "")
    values = read_yaml(request.config.rootpath / "params.yaml")["pretrain"]
    clip, curve, provenance = from_publisher(PretrainParams(**{**values, "weights": str(tmp_path)}))
    assert clip.image_px == 64 and curve.empty
    assert provenance["weights"] == str(tmp_path)
