"""Two processes on loopback and one process: the same batches, losses, gradients and batch statistics."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.train import two

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What one process found, and what each of two found."""
    folder = tmp_path_factory.mktemp("processes")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.train.two", str(folder / "two.first")],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
            },
        )
        for rank in range(2)
    ]
    two.main(folder / "one")
    assert [process.wait(timeout=300) for process in started] == [0, 0]
    return [torch.load(folder / name, weights_only=True) for name in ("one", "two.first", "two.second")]


def test_the_losses_are_the_same(both):
    one, first, second = (found["rows"] for found in both)
    assert first == second
    for row, expected in zip(first, one, strict=True):
        assert row == pytest.approx(expected, abs=1e-4)


def test_the_gradients_are_the_same_in_both_and_those_of_one_process(both):
    """Sums in another order differ in their last bits, and steps carry that on: of each weight's largest gradient a
    thousandth is allowed at first and a hundredth behind a step; the bank opens and pairs are judged on the way."""
    one, first, second = (found["gradients"] for found in both)
    assert len(one) == two.LAST + 1
    for step, expected in enumerate(one):
        for name, gradient in expected.items():
            assert torch.equal(first[step][name], second[step][name]), name
            atol = (1e-2 if step else 1e-3) * float(gradient.abs().max()) + 1e-7
            torch.testing.assert_close(first[step][name], gradient, rtol=0, atol=atol)


def test_batch_normalisation_is_over_the_global_batch(both):
    one, first, _ = (found["statistics"] for found in both)
    assert first["num_batches_tracked"] == one["num_batches_tracked"] == two.LAST + 1
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(first[name], one[name], rtol=1e-4, atol=1e-6)
