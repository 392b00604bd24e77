"""What a person can mend, said in one line: for the state and the log of every deployment's runs."""

import dis
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from prefect import get_run_logger
from prefect.exceptions import CancelledRun, FailedRun
from prefect.runtime import deployment
from prefect.states import Failed, State

from components.params import ParamsError
from components.stage import one_line
from flows.servers import ServerError
from flows.stages import StageFailed
from flows.workspace import WorkspaceError

OURS = tuple(Path(__file__).resolve().parents[1] / package for package in ("components", "flows"))

Result = TypeVar("Result")


def or_said(work: Callable[[], Result]) -> Result:
    """What `work` returns; in a deployment's run, a fault that a person can mend is the state in which the run ends.

    A run in the checkout raises it all the same: there the command says it.
    """
    try:
        return work()
    except Exception as error:
        said = in_one_line(error)
        if said is None or not deployment.id:
            raise
        get_run_logger().error(said)
        return as_state(Failed(message=said))


def in_one_line(error: Exception) -> str | None:
    """What to tell the person who can mend `error`; None if it is a fault of the program."""
    if isinstance(error, StageFailed):
        return error.in_one_line
    if isinstance(error, OSError):
        return " ".join((one_line(error) or str(error) or repr(error)).split())
    if any(kind.__module__ == "mlflow.exceptions" for kind in type(error).__mro__):  # by name: importing it is slow
        return f"MLflow refused, or broke off: {' '.join(str(error).splitlines()[:1])}"
    if isinstance(error, ParamsError | WorkspaceError | ServerError) or _said_by_us(error):
        return " ".join(str(error).split())
    return None


def as_state(state: State) -> Any:
    """The state that a flow returns for Prefect to end its run in, with no traceback behind its message in the log."""
    logging.getLogger("prefect.flow_runs").addFilter(SaidAlready())
    return state


class SaidAlready(logging.Filter):
    """Holds back Prefect's traceback of a run that ends in the state its flow gave: the state's message says why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is something else."""
        return not (record.exc_info and isinstance(record.exc_info[1], FailedRun | CancelledRun))


def _said_by_us(error: Exception) -> bool:
    """Whether a `raise` of our own code made the error: its words are meant for people, as those of the commands are.

    C code has no frame of its own: what NumPy or torch complains about would look as if our line had raised it.
    """
    trace = error.__traceback__
    if trace is None or not isinstance(error, ValueError | LookupError | RuntimeError):
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    ours = any(package in Path(code.co_filename).resolve().parents for package in OURS)
    return ours and dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
