"""The stage whole: an interrupted training and the next start give the bytes of an undisturbed one."""

import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from PIL import Image

from components import clip as clips
from components.corpus import ShardWriter
from components.outputs import write_json
from components.task import task_values
from components.train import __main__ as stage
from tests.train.tiles import PARAMS, TASK, lessons

ROOT = Path(__file__).parents[2]


@pytest.fixture
def inputs(tmp_path, monkeypatch) -> list[Path]:
    """What earlier stages would have written, of the tiles; the stage's paths without its outputs."""
    corpus, model, retrieve, compose = (tmp_path / name for name in ("corpus", "model", "retrieve", "compose"))
    for folder in (corpus, model, retrieve, compose):
        folder.mkdir()
    taught = lessons()
    shards, places = ShardWriter(corpus, images_per_shard=100), []
    for number, pixels in enumerate(taught.pixels):
        file = io.BytesIO()
        Image.fromarray(pixels.transpose(1, 2, 0)).save(file, "PNG")
        places.append((*shards.add(f"{number}.png", file.getvalue()), len(file.getvalue())))
    shards.close()
    table = taught.selection.assign(licence="CC0-1.0", source="shop")
    table[["shard", "offset", "bytes"]] = places
    table.to_parquet(retrieve / "selection.parquet")
    write_json(task_values(TASK), retrieve / "labels.json")
    how = {"kind": "clip_c", "rate": 0.3, "axis": "random", "caption_similarity": None}
    write_json(how, compose / "plan.json")
    plan = {"may_compose": True, "group": taught.composition.group_N, "partner": -1, "caption": range(32)}
    pd.DataFrame(plan).to_parquet(compose / "plan.parquet")
    np.save(compose / "meets.npy", ~np.eye(2, dtype=bool))
    clips.save(clips.scratch(embed_dim=32, image_px=64, seed=1), model)
    write_json({"weights": "scratch", "sources": []}, model / "provenance.json")
    (tmp_path / "params.yaml").write_text(json.dumps({"train": PARAMS.model_dump()}))
    monkeypatch.chdir(tmp_path)
    return [corpus, model, retrieve, compose]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_interrupted_and_started_again_gives_the_undisturbed_bytes(inputs, tmp_path, monkeypatch, capsys):
    stage.main(*inputs, tmp_path / "first" / "train", tmp_path / "first" / "train.json")
    expected = files_of(tmp_path / "first")
    assert set(expected) == {
        "train.json",
        "train/curve.csv",
        "train/interpolation.csv",
        "train/open_clip_config.json",
        "train/open_clip_model.safetensors",
        "train/provenance.json",
    }

    def torn_at(step: int):
        def progress(rows, **_):
            for row in rows:
                if row["step"] == step:
                    raise KeyboardInterrupt
                yield row

        return progress

    out, metrics = tmp_path / "second" / "train", tmp_path / "second" / "train.json"
    for step in (2, 6, 9):  # before the first checkpoint, mid-way, and mid-way of what was taken up
        monkeypatch.setattr(stage, "progress", torn_at(step))
        with pytest.raises(KeyboardInterrupt):
            stage.main(*inputs, out, metrics)
        assert not out.exists() and not metrics.exists()
    monkeypatch.setattr(stage, "progress", lambda rows, **_: rows)
    torch.rand(7)  # the global generator stands elsewhere in another process
    stage.main(*inputs, out, metrics)
    assert "train, note: goes on behind step 8" in capsys.readouterr().err
    assert files_of(tmp_path / "second") == expected  # and no checkpoint is left
    figures = json.loads(metrics.read_text())
    assert (figures["images"], figures["held_out_images"], figures["steps"]) == (32, 8, 12)
    assert list(figures["interpolation"]) == [f"held_out_agreement_at_{share}_percent" for share in (0, 50, 100)]


def torchrun(inputs: Sequence[Path], out: Path) -> subprocess.Popen[str]:
    """The stage in two processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    run += ["--master-addr", "127.0.0.1", "--master-port", port, "-m", "components.train"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    paths = [str(path) for path in (*inputs, out, out.with_suffix(".json"))]
    return subprocess.Popen([*run, *paths], env=environment, stderr=subprocess.PIPE, text=True)


def done(running: subprocess.Popen[str]) -> str:
    """Wait for its end, which must be a good one; what it said."""
    said = running.communicate(timeout=300)[1]
    assert running.returncode == 0, said
    return said


@pytest.mark.slow
def test_two_processes_killed_and_started_again_give_the_bytes_of_two_undisturbed(inputs, tmp_path):
    values = PARAMS.model_dump()
    values["optimiser"] |= {"steps": 48, "checkpoint_every": 4}
    (tmp_path / "params.yaml").write_text(json.dumps({"train": values}))
    done(torchrun(inputs, tmp_path / "first" / "train"))
    expected = files_of(tmp_path / "first")
    assert len(pd.read_csv(tmp_path / "first" / "train" / "curve.csv")) == 48

    out = tmp_path / "second" / "train"
    running = torchrun(inputs, out)
    while not out.with_name(".train.checkpoint").exists():
        assert running.poll() is None
        time.sleep(0.01)
    for process in [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]:
        process.kill()
    running.communicate()
    assert not out.exists()
    assert "train, note: goes on behind step " in done(torchrun(inputs, out))
    assert files_of(tmp_path / "second") == expected

    stage.main(*inputs, tmp_path / "alone" / "train", tmp_path / "alone" / "train.json")
    first, alone = (pd.read_csv(tmp_path / name / "train" / "curve.csv") for name in ("first", "alone"))
    assert first["total"][0] == pytest.approx(alone["total"][0], abs=1e-4)


def test_a_checkpoint_of_another_base_is_not_taken_up(inputs, tmp_path, monkeypatch, capsys):
    out, metrics = tmp_path / "data" / "train", tmp_path / "data" / "train.json"

    def killed():
        raise KeyboardInterrupt

    monkeypatch.setattr(stage.Student, "kept", lambda self: killed())
    with pytest.raises(KeyboardInterrupt):
        stage.main(*inputs, out, metrics)
    clips.save(clips.scratch(embed_dim=32, image_px=64, seed=2), inputs[1])
    with pytest.raises(KeyboardInterrupt):
        stage.main(*inputs, out, metrics)
    assert "is of another model, other data, settings or code, so it is ignored" in capsys.readouterr().err
