"""The base trained from scratch, interrupted and started again, has the bytes of an undisturbed one."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from components.corpus import COLUMNS, MANIFEST, CorpusWriter
from components.params import read_yaml
from components.pretrain import __main__ as stage
from components.pretrain import learn


@pytest.fixture
def corpus(tmp_path, request, monkeypatch):
    """Twelve pictures of noise and settings of six steps."""
    draw = np.random.default_rng(0)
    (tmp_path / "corpus").mkdir()
    with CorpusWriter(tmp_path / "corpus", images_per_shard=20) as writer:
        for number in range(12):
            file = io.BytesIO()
            Image.fromarray(draw.integers(0, 255, size=(32, 32, 3), dtype=np.uint8)).save(file, "PNG")
            texts = {"id": f"shop/{number}", "caption": f"part {number}", "language": "en", "source": "shop"}
            record = {name: 0 if kind == "int64" else "" for name, kind in COLUMNS.items()} | texts
            writer.add(record, file.getvalue(), "png")
    values = read_yaml(request.config.rootpath / "params.yaml")["pretrain"]
    values["optimiser"] |= {"steps": 6, "batch_pairs": 4, "warmup_steps": 1, "checkpoint_every": 2}
    values["machine"] |= {"threads": 1}
    values |= {"sources": ["shop"], "embed_dim": 16, "image_px": 32}
    (tmp_path / "params.yaml").write_text(json.dumps({"pretrain": values}))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "corpus"


def test_it_goes_on_where_it_was_interrupted(corpus, tmp_path, monkeypatch):
    accepted = corpus / MANIFEST
    stage.main(corpus, accepted, tmp_path / "first", tmp_path / "first.json")

    def torn(rows, **_):
        for row in rows:
            if row["step"] == 4:
                raise KeyboardInterrupt
            yield row

    with monkeypatch.context() as patched:
        patched.setattr(learn, "progress", torn)
        with pytest.raises(KeyboardInterrupt):
            stage.main(corpus, accepted, tmp_path / "second", tmp_path / "second.json")
    assert (tmp_path / ".second.checkpoint").exists() and not (tmp_path / "second").exists()
    stage.main(corpus, accepted, tmp_path / "second", tmp_path / "second.json")
    assert not (tmp_path / ".second.checkpoint").exists()
    for name in ("curve.csv", "open_clip_model.safetensors", "provenance.json"):
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "first.json").read_bytes()
