"""A training that survives a kill: what its steps change is kept now and then, and taken up by the next start."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Generator

from components.gathered import is_first
from components.memory import out_of_memory
from components.notes import note
from components.outputs import whole_file
from components.params import Section

Row = dict[str, float]
"""One step's line of the curve."""


class Stateful(Protocol):
    """What can say how it stands, in tensors, numbers, strings, lists and dicts of them, and go back to it."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Any) -> Any: ...


class Checkpoints:
    """One file beside the stage's output (DVC removes the output itself before a stage runs), written whole by rename.

    `fingerprint` names everything that the training depends on: a checkpoint under another one is left alone and
    overwritten. Of several processes the first writes, and all read.
    """

    def __init__(self, out: Path, fingerprint: str, every: int):
        self.file, self.fingerprint, self.every = out.with_name(f".{out.name}.checkpoint"), fingerprint, every

    def resumed(self, parts: Mapping[str, Stateful | Generator], rows: Iterable[Row]) -> Iterator[Row]:
        """The curve of the whole training: its rows before a kill, then those that `rows` yields from there on.

        `parts` are brought back to the last checkpoint first, so `rows` must read them no sooner than it is asked for
        a row, and `parts` must hold all that a step changes. A checkpoint is kept every `every` steps and at the end.
        """
        taken = self._take_up(parts)
        yield from list(taken)
        for row in rows:
            taken.append(row)
            if len(taken) % self.every == 0:
                self._keep(parts, taken)
            yield row
        self._keep(parts, taken)

    def remove(self) -> None:
        """The stage has finished: nothing is left to resume."""
        if is_first():
            self.file.unlink(missing_ok=True)

    def _keep(self, parts: Mapping[str, Stateful | Generator], taken: list[Row]) -> None:
        if not is_first():
            return
        states = {
            name: part.get_state() if isinstance(part, Generator) else part.state_dict() for name, part in parts.items()
        }
        with whole_file(self.file) as draft:
            torch.save({"fingerprint": self.fingerprint, "rows": taken, "states": states}, draft)

    def _take_up(self, parts: Mapping[str, Stateful | Generator]) -> list[Row]:
        if not self.file.exists():
            return []
        try:
            kept = torch.load(self.file, map_location="cpu", weights_only=True)
        except Exception as error:  # a file cut short or written over meets every kind
            if out_of_memory(error):
                raise
            return self._ignored("cannot be read")
        if not isinstance(kept, dict) or kept.get("fingerprint") != self.fingerprint:
            return self._ignored("is of another model, other data, settings or code")
        for name, part in parts.items():
            state = kept["states"][name]
            part.set_state(state) if isinstance(part, Generator) else part.load_state_dict(state)
        self._say(f"goes on behind step {len(kept['rows'])}, from {self.file}.")
        return kept["rows"]

    def _ignored(self, why: str) -> list[Row]:
        self._say(
            f"the checkpoint {self.file} {why}, so it is ignored: training starts at step 1 and will write over it."
        )
        return []

    def _say(self, words: str) -> None:
        note(self.file.name.split(".")[1], words)


def fingerprint(params: Section, files: Iterable[Path], package: Path, **facts: object) -> str:
    """SHA-256 of all that decides a training's numbers: settings, the bytes of `files`, versions, and the code.

    The code is every shared module and every module of the stage's own `package`.
    """
    whole = hashlib.sha256(repr((params.model_dump_json(), torch.__version__, sorted(facts.items()))).encode())
    code = [*Path(__file__).parent.glob("*.py"), *package.rglob("*.py")]
    for file in [*files, *sorted(code)]:
        with file.open("rb") as opened:
            whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()
