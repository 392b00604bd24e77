"""What the doctor takes for a fault, and what it only says."""

from pathlib import Path

import pytest

from flows import doctor, servers


def test_a_port_of_another_program_is_said_and_is_no_fault(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "port_is_free", lambda port: port != 5000)
    (found,) = [finding for finding in doctor.examine(toy) if finding.what == "servers"]
    assert found.mend == ""
    assert found.seen == (
        "not started (a run needs none); port 5000 is another program's: `kakehashi up --help` tells how to take others"
    )
