"""What a person can mend, said in one line: for a run's state and its log."""

import logging

from prefect.exceptions import CancelledRun, FailedRun

from components.params import ParamsError
from components.stage import one_line
from flows.servers import ServerError
from flows.stages import StageFailed
from flows.workspace import WorkspaceError


def in_one_line(error: Exception) -> str | None:
    """What to tell the person who can mend `error`; None if it is a fault of the program."""
    if isinstance(error, StageFailed):
        return error.in_one_line
    if isinstance(error, ParamsError | WorkspaceError | ServerError):
        return " ".join(str(error).split())
    return one_line(error) if isinstance(error, OSError) else None


class SaidAlready(logging.Filter):
    """Holds back Prefect's traceback of a run that ends in the state its flow gave: the state's message says why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is something else."""
        return not (record.exc_info and isinstance(record.exc_info[1], FailedRun | CancelledRun))


def keep_to_one_line() -> None:
    """Let the log of this process's run end with what the flow itself said."""
    logging.getLogger("prefect.flow_runs").addFilter(SaidAlready())
