"""The `kakehashi` command: run, look, search, check, serve. Heavy imports happen inside the commands."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from components.params import PARAMS_FILE, ParamsError
from components.stage import one_line
from flows import environment

LOOK_SECONDS = 0.5
SETTINGS_STAY = (
    "Settings stay changed in params.yaml. "
    "Back to the committed ones: git checkout params.yaml dvc.lock data/metrics && dvc checkout"
)

app = typer.Typer(
    help="Images the world has published become a model for labels that have no examples.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    set_: Annotated[list[str], typer.Option("--set", help="section.field=value; may be repeated")] = [],  # noqa: B006
    overlay: Annotated[list[Path], typer.Option(help="YAML file over params.yaml; may be repeated")] = [],  # noqa: B006
    note: Annotated[str, typer.Option(help="what is tried, for those who compare runs")] = "",
) -> None:
    """Run the whole chain in this checkout, and show what came out."""
    home = _project()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    changed: list[str] = []
    try:
        with _plain_errors():
            from flows import settings
            from flows.form import file_settings, section_models

            changes = [*map(settings.overlay, overlay), *([settings.assignments(set_)] if set_ else [])]
            changed += settings.change_settings(PARAMS_FILE, changes, section_models())
            for field in changed:
                print(f"params.yaml: {field} changed")
            params = file_settings(PARAMS_FILE)
            _prepare_prefect(home)
            from flows import servers

            wait_for_prefect = servers.prefect_for_a_run(home)
            from flows import summary
            from flows.pipeline import pipeline

            wait_for_prefect()
            summary.show(home, pipeline(params, note=note))
    finally:
        if changed and _differs_from_head(home, PARAMS_FILE):
            _say(SETTINGS_STAY)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="what the images should show; may be left out beside --image")] = "",
    image: Annotated[Path | None, typer.Option(help="a picture to look for, alone or with words")] = None,
    top: Annotated[int, typer.Option(min=1, help="how many to list")] = 10,
    sheet: Annotated[Path | None, typer.Option(help="draw the found images into this PNG file")] = None,
) -> None:
    """Find corpus images by words, by a picture, or by both, with their source and licence."""
    home = _project()
    if not text and image is None:
        _fail('Say what to look for: kakehashi search "hex bolt", or --image picture.png, or both.')
    with _plain_errors():
        from components import search as searching
        from components.outputs import whole_file
        from flows import summary

        query = searching.Query(text, image)
        found = searching.search(home, query, top)
        summary.show_found(f"Images for {searching.words_of(query)}", found)
        if sheet is not None:
            with whole_file(sheet) as draft:
                searching.sheet(home, found, query).save(draft, "PNG")
            print(f"Sheet: {sheet}")


@app.command()
def card() -> None:
    """Show what the index finds and scans, and how long a search takes on this machine."""
    home = _project()
    with _plain_errors():
        from flows import summary
        from flows.index_card import index_card

        summary.show_index_card(index_card(home))


@app.command()
def status() -> None:
    """Show how each stage stands, and whether the servers are up."""
    home = _project()
    with _plain_errors():
        from flows import servers, summary
        from flows.status import stage_statuses

        summary.show_statuses(stage_statuses(home), servers.answering(home))


@app.command()
def doctor() -> None:
    """Check this machine and checkout, and say the mend for each fault."""
    home = _project()
    with _plain_errors():
        from flows import summary
        from flows.doctor import examine

        if faults := summary.show_findings(examine(home)):
            _fail(f"{faults} fault{'s' if faults > 1 else ''} to mend.")


@app.command()
def up(
    prefect_port: Annotated[int, typer.Option(help="port of the Prefect server")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="port of the MLflow server")] = 5000,
    database: Annotated[
        str, typer.Option(envvar="KAKEHASHI_DATABASE", help="keep their data there: postgresql://user:password@host")
    ] = "",
    postgresql: Annotated[
        bool, typer.Option("--postgresql", help="keep their data in a PostgreSQL of this checkout, started with them")
    ] = False,
) -> None:
    """Start Prefect with a worker and its deployments, and MLflow; stop them all on Ctrl-C.

    One that ends by itself is started again.
    """
    home = _project()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with _plain_errors():
        from flows import databases
        from flows.up import servers_up

        with (
            databases.kept(home, database, private=postgresql) as kept,
            servers_up(home, prefect_port=prefect_port, mlflow_port=mlflow_port, databases=kept, say=_say) as up,
        ):
            _say(f"Prefect  {up.addresses.prefect}   start a run: Deployments → pipeline → Run")
            _say(f"MLflow   {up.addresses.mlflow}   compare runs: experiment `kakehashi`")
            _say("Both are up, with a worker. Ctrl-C stops them all.")
            while True:
                time.sleep(LOOK_SECONDS)
                up.look()


@app.command()
def publish(
    run_id: Annotated[str | None, typer.Argument(help="a run on branch runs/<id>; without it, the checkout")] = None,
) -> None:
    """Tell MLflow about a run that it missed; telling it twice changes nothing."""
    home = _project()
    with _plain_errors():
        from flows.publish import publish_again

        told = publish_again(home, run_id)
        if told.trouble:
            _fail(told.trouble)
        print(f"MLflow knows the run: {told.link}")


@app.command()
def compare(
    runs: Annotated[list[str] | None, typer.Argument(help="run ids; without them, the champion and the latest")] = None,
) -> None:
    """Lay runs side by side as a manager reads them: return on investment, gains, cost, changed settings."""
    home = _project()
    with _plain_errors():
        from flows import summary
        from flows.compare import compare_runs

        summary.show_comparison(compare_runs(home, runs or []))


@app.command()
def promote(
    run: Annotated[str, typer.Argument(help="a run's id, or `challenger`: the newest publication")] = "challenger",
    rollback: Annotated[bool, typer.Option(help="give the title back to the previous champion")] = False,
    by: Annotated[str, typer.Option(help="who decides; without it, the user of this terminal")] = "",
) -> None:
    """Make a run's student the champion, if infra/operations.yaml allows it."""
    home = _project()
    _prepare_prefect(home)
    with _plain_errors():
        from flows import promote as promoting

        outcome = promoting.give_back(home, by) if rollback else promoting.promote_run(home, run, by)
        print(outcome.words)
        if not outcome.promoted:
            raise typer.Exit(1)


@app.command()
def audit(
    run: Annotated[str, typer.Argument(help="a run id, branch, commit, or the id of a run in MLflow")] = "HEAD",
    out: Annotated[Path | None, typer.Option(help="folder for the certificate; .kakehashi/audits/… without it")] = None,
) -> None:
    """Recompute a recorded result from its sources alone, and certify it: exit code 0 met, 1 not, 2 not possible."""
    home = _project()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with _plain_errors():
        from flows import auditor, summary

        try:
            certificate = auditor.audit(home, run, say=_pass_on, terminal=sys.stderr.isatty())
        except RuntimeError as error:
            _fail(str(error), code=2)
        files = certificate.write(out or auditor.folder_of(home, certificate.subject))
        summary.show_certificate(certificate)
        print(f"Certificate: {files[1]}\n             {files[0]}")
        if not certificate.holds:
            raise typer.Exit(1)


@app.command()
def monitor(
    recent: Annotated[Path, typer.Argument(help="a folder of recent images, or a csv, jsonl or parquet table")],
) -> None:
    """Compare recent images with what the champion learned from; start a run if they have drifted."""
    home = _project()
    _prepare_prefect(home)
    with _plain_errors():
        from flows import servers

        up = servers.answering(home)
        if up:
            os.environ["PREFECT_API_URL"] = up.prefect_api  # before Prefect is imported
        from flows import monitor as monitoring

        seen = monitoring.watch(home, recent)
        print(seen.words)
        if seen.passed_bounds and up:
            monitoring.send_event(seen)
            print("Prefect was told: `pipeline` starts on the event kakehashi.drift.")
        elif seen.passed_bounds:
            print("Prefect's server is not up, so no run was started. Start one: kakehashi run")


@app.command()
def push(
    run: Annotated[str, typer.Argument(help="a run id, branch, commit, or the id of a run in MLflow")] = "HEAD",
    to: Annotated[str, typer.Option(help="a folder or s3://bucket/folder, instead of DVC's remote `store`")] = "",
) -> None:
    """Copy a run's data to DVC's remote, where others can pull and audit it."""
    home = _project()
    with _plain_errors():
        from flows import remote

        said = remote.push(home, run, to)
        print(f"{said} → {to or remote.address(home)}")


@app.command()
def clean(
    days: Annotated[float, typer.Option(min=0, help="leave what was written in since so many days")] = 7.0,
) -> None:
    """Remove the private clones of runs that failed or were cancelled, and that nobody has retried for days."""
    home = _project()
    _prepare_prefect(home)
    with _plain_errors():
        from flows import servers

        up = servers.answering(home)
        if up is None:
            _fail("Prefect's server is not up, and it alone knows which runs wait for a person. Start it: make up")
        os.environ["PREFECT_API_URL"] = up.prefect_api  # before Prefect is imported
        from flows import leftovers

        freed = 0
        for left in leftovers.leftovers(home):
            old = left.untouched_days >= days
            if left.ended and old:
                leftovers.remove(home, left)
                freed += left.own_bytes
            what = "removed" if left.ended and old else f"kept, {'younger' if left.ended else 'it may go on'}"
            print(
                f"{left.run_id}  {left.state}, {left.untouched_days:.1f} days, {left.own_bytes / 1e6:,.0f} MB: {what}"
            )
        print(f"{freed / 1e6:,.0f} MB freed. A retry of a run whose clone is gone begins anew.")


def _project() -> Path:
    """The checkout we stand in; everything a command does is relative to its root."""
    home = Path.cwd()
    if not (home / "dvc.yaml").is_file():
        _fail(f"{home} holds no dvc.yaml. Change to the project's root folder first.")
    os.environ.update(environment.QUIET)
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))
    return home


def _prepare_prefect(home: Path) -> None:
    """What Prefect looks for when it is imported: our settings, and the folder of its own, which it would not make."""
    os.environ.update(environment.prefect_environment(home))
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """A mistake, a failed stage or the system's refusal becomes red lines and exit code 1, Ctrl-C 130; no traceback."""
    try:
        yield
    except (typer.Exit, BrokenPipeError):  # its words were said; nobody listens any more, as under `| head`
        raise
    except OSError as error:
        _fail(one_line(error) or str(error) or repr(error))
    except (ParamsError, LookupError, ValueError) as error:
        if isinstance(error, LookupError) and not isinstance(error.args[0] if error.args else "", str):
            raise
        _fail(str(error))
    except RuntimeError as error:  # StageFailed, WorkspaceError, ServerError: their messages are meant for people
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("Stopped.", code=130)
    except Exception as error:
        from flows import faults

        said = faults.in_one_line(error)
        if said is None:
            raise
        _fail(said)


def _differs_from_head(home: Path, file: Path) -> bool:
    from flows.workspace import WorkspaceError, git

    with suppress(WorkspaceError, OSError):  # without git or a commit there is nothing to go back to
        return bool(git(home, "diff", "--name-only", "HEAD", "--", str(file)))
    return False


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _leave(number: int, frame: object) -> NoReturn:
    for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(later, signal.SIG_IGN)  # once is enough: the servers are being stopped
    _say("Stopping …")
    sys.exit(0)


def _pass_on(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(message: str, code: int = 1) -> NoReturn:
    red, plain = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}{message}{plain}", file=sys.stderr)
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
