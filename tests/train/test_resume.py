"""A killed training goes on from its checkpoint, and ends as if nothing had happened, bit for bit."""

import itertools
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from components.checkpoint import Checkpoints, fingerprint
from components.train.params import TrainParams
from tests.train import tiles
from tests.train.tiles import EVERYTHING, PARAMS, changed

ROOT = Path(__file__).parents[2]


def student(params=EVERYTHING):
    """An untaught student of every term: the bank, the judged pairs and their weights must come back too."""
    return tiles.student(params)


def rows_of(taught, out: Path, *, every: int = 2, name: str = "same"):
    rows = (report.row() for report in taught.fit())
    return Checkpoints(out, name, every).resumed({**taught.parts, "chance": torch.default_generator}, rows)


def ending(taught, rows) -> dict[str, object]:
    """Curve, weights, average and optimiser as one flat dict."""
    optimiser = taught.steps.optimiser.state_dict()["state"]
    tensors = {
        **{f"model/{name}": value for name, value in taught.clip.model.state_dict().items()},
        **{f"average/{name}": value for name, value in taught.average.state_dict().items()},
        **{f"adam/{number}/{name}": value for number, state in optimiser.items() for name, value in state.items()},
    }
    return {"rows": rows, **{name: value.tolist() for name, value in tensors.items()}}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    torch.manual_seed(0)
    taught = student()
    return ending(taught, list(rows_of(taught, tmp_path_factory.mktemp("undisturbed") / "train")))


@pytest.mark.parametrize("killed_behind", [1, 2, 5, 12], ids=["before any", "at one", "mid-epoch", "after the last"])
def test_it_ends_as_if_it_had_never_been_killed(tmp_path, undisturbed, killed_behind):
    torch.manual_seed(0)
    list(itertools.islice(rows_of(student(), tmp_path / "train"), killed_behind))
    torch.manual_seed(0)
    again = student()
    found = ending(again, list(rows_of(again, tmp_path / "train")))
    assert found.keys() == undisturbed.keys()
    assert not [name for name, value in undisturbed.items() if found[name] != value]


def test_a_process_killed_with_sigkill_leaves_a_checkpoint_that_is_taken_up(tmp_path, undisturbed, capsys):
    program = (
        "import os, signal, torch\n"
        "from pathlib import Path\n"
        "from tests.train.test_resume import rows_of, student\n"
        "torch.set_num_threads(1); torch.manual_seed(0)\n"
        f"for number, row in enumerate(rows_of(student(), Path({str(tmp_path / 'train')!r})), 1):\n"
        "    if number == 7: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, env={"PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL
    torch.manual_seed(0)
    again = student()
    found = ending(again, list(rows_of(again, tmp_path / "train")))
    assert f"train, note: goes on behind step 6, from {tmp_path / '.train.checkpoint'}." in capsys.readouterr().err
    assert not [name for name, value in undisturbed.items() if found[name] != value]


def test_a_training_stopped_early_is_not_taken_up_beyond_its_end(tmp_path, monkeypatch):
    params = PARAMS.model_copy(update={"patience": 1, "check_every": 2})

    def stopped():
        taught = student(params)
        monkeypatch.setattr(taught.held_out, "agreement", lambda clip: 0.5)
        return list(rows_of(taught, tmp_path / "train"))

    assert len(stopped()) == 4
    assert len(stopped()) == 4


def test_what_patience_has_kept_comes_back_too(tmp_path):
    params = EVERYTHING.model_copy(update={"patience": 3, "check_every": 2})

    def end(out: Path, killed_behind: int | None) -> dict[str, object]:
        torch.manual_seed(0)
        taught = student(params)
        rows = list(itertools.islice(rows_of(taught, out), killed_behind))
        kept = taught.kept()
        weights = {name: value.tolist() for name, value in kept.clip.model.state_dict().items()}
        return {"rows": rows, "share": kept.student_share, "best": taught.stopping.best_step, **weights}

    undisturbed = end(tmp_path / "undisturbed" / "train", None)
    end(tmp_path / "killed" / "train", 7)
    found = end(tmp_path / "killed" / "train", None)
    assert not [name for name, value in undisturbed.items() if found[name] != value]


def test_a_checkpoint_of_another_training_is_ignored_with_one_line(tmp_path, capsys):
    list(itertools.islice(rows_of(student(), tmp_path / "train", name="one model"), 3))
    taught = student()
    first = next(rows_of(taught, tmp_path / "train", name="another model"))
    assert first["step"] == 0 and taught.steps.steps_taken == 1
    assert capsys.readouterr().err == (
        f"train, note: the checkpoint {tmp_path / '.train.checkpoint'} is of another model, other data, settings or "
        "code, so it is ignored: training starts at step 1 and will write over it.\n"
    )


@pytest.mark.parametrize("content", [b"PK\x03\x04 half of it", b"", b"no checkpoint at all, but words"])
def test_a_torn_checkpoint_is_ignored(tmp_path, capsys, content):
    (tmp_path / ".train.checkpoint").write_bytes(content)
    assert next(rows_of(student(), tmp_path / "train"))["step"] == 0
    assert "cannot be read, so it is ignored" in capsys.readouterr().err


@pytest.mark.parametrize("content", [{"rows": []}, [1, 2]], ids=["without a name", "no mapping"])
def test_a_file_that_is_no_checkpoint_of_ours_is_ignored(tmp_path, capsys, content):
    torch.save(content, tmp_path / ".train.checkpoint")
    assert next(rows_of(student(), tmp_path / "train"))["step"] == 0
    assert "is of another model, other data, settings or code, so it is ignored" in capsys.readouterr().err


def test_a_finished_stage_leaves_no_checkpoint(tmp_path):
    checkpoints = Checkpoints(tmp_path / "train", "same", 1)
    list(checkpoints.resumed({}, [{"step": 0}]))
    assert checkpoints.file.exists()
    checkpoints.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_knows_settings_bytes_and_code(tmp_path):
    package, data = tmp_path / "stage", tmp_path / "plan"
    package.mkdir()
    (package / "learn.py").write_text("one = 1")
    data.write_text("plan")

    def name(params: TrainParams = PARAMS) -> str:
        return fingerprint(params, [data], package)

    first = name()
    assert name() == first
    assert name(changed("optimiser", steps=13)) != first
    data.write_text("other")
    second = name()
    (package / "learn.py").write_text("one = 2")
    assert len({first, second, name()}) == 3
