"""A stage's door: one line and exit code 1 for a person's mistake, a traceback for ours, drafts removed on SIGTERM."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.params import ParamsError
from components.stage import one_line, run

ROOT = Path(__file__).resolve().parent.parent


def test_words_become_paths():
    seen = []
    run(lambda corpus, out: seen.extend([corpus, out]), ["data/corpus", "data/out"])
    assert seen == [Path("data/corpus"), Path("data/out")]


def test_a_missing_path_prints_how_to_call():
    def main(corpus: Path, out: Path) -> None: ...

    with pytest.raises(SystemExit, match=r"1 paths were given, 2 are needed: python -m components\.\w+ CORPUS OUT"):
        run(main, ["data/corpus"])


def test_the_disk_is_full():
    assert one_line(OSError(errno.ENOSPC, "No space left on device")) == (
        "the disk is full. Free some space and run again; nothing half-written is left, earlier results stay."
    )


def test_a_full_memory_is_one_line_and_another_fault_is_ours():
    def main() -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.")

    with pytest.raises(SystemExit, match=r"the memory does not hold this stage\. Lower") as end:
        run(main, [])
    assert len(str(end.value.code).splitlines()) == 1
    assert one_line(RuntimeError("shapes differ")) is None
    assert one_line(RuntimeError("could not create a primitive descriptor for a convolution")) is None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't allocate memory"),
        RuntimeError("could not create a primitive"),  # oneDNN, from a gelu
        RuntimeError("unable to mmap 600 bytes from file <model>: Cannot allocate memory (12)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=["python", "torch", "onednn", "mmap", "cublas", "system"],
)
def test_every_library_s_word_for_a_full_memory_is_known(error):
    assert str(one_line(error)).startswith("the memory does not hold this stage.")


def test_a_missing_input_names_the_file():
    assert one_line(FileNotFoundError(errno.ENOENT, "No such file or directory", "data/x.npy")) == (
        "data/x.npy does not exist. Run the stages before this one (`dvc repro`), or mend the path."
    )


def test_a_library_s_value_error_is_ours_to_mend():
    def main() -> None:
        int("three")

    with pytest.raises(ValueError, match="invalid literal"):  # raised outside components/: keeps its traceback
        run(main, [])


def test_our_value_error_is_one_line(tmp_path, monkeypatch):
    from components.params import read_yaml

    with pytest.raises(SystemExit) as end:
        run(lambda: read_yaml(tmp_path / "params.yaml"), [])
    lines = str(end.value.code).splitlines()
    assert lines == [
        f"{Path(__file__).parent.name}: {tmp_path / 'params.yaml'} does not exist. "
        "Run from the project's root, or name an existing file."
    ]
    assert issubclass(ParamsError, ValueError)


def test_sigterm_leaves_no_draft(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(
        "import sys, time\nfrom pathlib import Path\n"
        "from components.outputs import whole_folder\nfrom components.stage import run\n"
        "def main(out: Path):\n"
        "    with whole_folder(out) as draft:\n"
        "        (draft / 'half').write_text('x')\n        print('ready', flush=True)\n        time.sleep(60)\n"
        "run(main)\n"
    )
    out = tmp_path / "out"
    slow = subprocess.Popen([sys.executable, script, out], stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)})
    assert slow.stdout is not None and slow.stdout.readline() == b"ready\n"
    slow.send_signal(signal.SIGTERM)
    assert slow.wait(timeout=20) == 143  # 128 + 15
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slow.py"]
