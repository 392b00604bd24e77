"""The record of the machine: whom it speaks of, when it is left alone, and what it says of packages."""

import importlib.metadata
import json
from hashlib import md5
from pathlib import Path

import pytest

from flows import machine, packages

NUMPY = importlib.metadata.version("numpy")


def written(root: Path) -> dict:
    return json.loads((root / machine.RECORD).read_text())


def test_a_new_lock_gets_a_record_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_bytes(b"new")
    (tmp_path / "requirements.lock").write_text(f"numpy=={NUMPY}\nno-such-package==1.0\n")
    assert machine.record(tmp_path, b"old", ["train"], ["a.py"]) is True
    values = written(tmp_path)
    assert (values["dvc_lock_md5"], values["stages_run"]) == (md5(b"new").hexdigest(), ["train"])
    assert values["machine"]["other_than_locked"] == {"no-such-package": ["1.0", "missing"]}
    assert values["machine"]["numerical"]["numpy"] == NUMPY
    assert values["machine"]["processor"] != "unknown"
    known = machine.read((tmp_path / machine.RECORD).read_bytes(), b"new")
    here = machine.this_machine(tmp_path / "requirements.lock")
    assert known == machine.Made(here, stages_run=("train",), uncommitted=("a.py",))
    assert machine.beside(tmp_path) == here


def test_the_committed_lock_keeps_its_maker(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_bytes(b"same")
    assert machine.record(tmp_path, b"same", ["train"]) is False
    assert not (tmp_path / machine.RECORD).exists()


def test_a_second_run_that_had_nothing_to_do_does_not_claim_the_first(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_bytes(b"new")
    machine.record(tmp_path, b"old", ["collect", "train"])
    assert machine.record(tmp_path, b"old", []) is False
    assert written(tmp_path)["stages_run"] == ["collect", "train"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"dvc_lock_md5": "0"}'])
def test_a_record_of_another_lock_or_of_nothing_is_none(content: bytes | None) -> None:
    assert machine.read(content, b"lock") is None


def test_a_record_with_fields_of_a_later_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_bytes(b"new")
    machine.record(tmp_path, None, [])
    values = written(tmp_path)
    values["machine"]["colour"] = "beige"
    assert machine.read(json.dumps(values).encode(), b"new") is not None


def test_packages_apart_are_named_with_both_versions_and_builds_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "installed", {"a": "1.0+cpu", "b": "2.1", "c": packages.MISSING}.get)
    text = '# a comment\na==1.0\nb==2.0\nc==3.0\nd==4.0 ; sys_platform == "nowhere"\n'
    assert packages.locked(text) == {"a": "1.0", "b": "2.0", "c": "3.0"}
    assert list(map(str, packages.apart(text))) == ["b 2.1 (locked: 2.0)", "c missing (locked: 3.0)"]
