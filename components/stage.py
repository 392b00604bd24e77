"""The door of every stage: paths from the command line in, exit code and one clear line for a person's mistake out."""

import errno
import inspect
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from components.memory import out_of_memory

COMPONENTS = Path(__file__).parent
TERMINATED, INTERRUPTED = 128 + signal.SIGTERM, 128 + signal.SIGINT  # what a shell reports for either signal


def run(main: Callable[..., None], words: Sequence[str] | None = None) -> None:
    """Call a stage's `main` with the words of the command line as paths; never returns normally after a fault.

    What a person can mend (a `ValueError` that our code raises, an `OSError` of the operating system) becomes one line
    on standard error and exit code 1. Everything else is a fault of ours and keeps its traceback. SIGTERM ends the
    stage as an exception would, so that drafts (`outputs.whole_folder`) are removed.
    """
    stage = Path(inspect.getfile(main)).parent.name
    paths = [Path(word) for word in (sys.argv[1:] if words is None else words)]
    names = list(inspect.signature(main).parameters)
    if len(paths) != len(names):
        usage = " ".join(["python -m", f"components.{stage}", *(name.upper() for name in names)])
        sys.exit(f"{stage}: {len(paths)} paths were given, {len(names)} are needed: {usage}")
    previous = signal.signal(signal.SIGTERM, _leave)
    try:
        main(*paths)
    except KeyboardInterrupt:
        print(f"{stage}: interrupted; nothing half-written is left.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        message = one_line(error)
        if message is None:
            raise
        sys.exit("\n".join(f"{stage}: {line}" for line in message.splitlines()))
    finally:
        signal.signal(signal.SIGTERM, previous)


def one_line(error: BaseException) -> str | None:
    """What to tell the person who can mend `error`; None if it is a fault of the program."""
    if out_of_memory(error):
        return (
            "the memory does not hold this stage. Lower its batches or threads in params.yaml, or give it a machine "
            "with more; nothing half-written is left, earlier results stay."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. Free some space and run again; nothing half-written is left, earlier results stay."
    if isinstance(error, FileNotFoundError):
        return (
            f"{error.filename or error} does not exist. Run the stages before this one (`dvc repro`), or mend the path."
        )
    if isinstance(error, OSError) and error.errno:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Check the path and its permissions, then run again."
    return str(error) if isinstance(error, ValueError) and _raised_by_us(error) else None


def _raised_by_us(error: BaseException) -> bool:
    """True if the innermost frame that raised `error` is code of this package, not of a library."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and COMPONENTS in Path(trace.tb_frame.f_code.co_filename).parents


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(TERMINATED)
