"""Recompute everything from the committed sources in an empty place, and say whether the result is the same.

    python -m flows.audit [REV]

Nothing of earlier results is used: a clone of its own, an empty DVC cache, no run-cache. Needs no server.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flows import environment, supervise, verdict
from flows.workspace import WorkspaceError, git


def audit(home: Path, rev: str = "HEAD") -> verdict.Verdict:
    """Recompute commit `rev` of the project in `home` in a temporary clone and compare it with what `rev` holds.

    Raises:
        WorkspaceError: `rev` is unknown, or a stage failed; the stage's own words stand on standard error.
    """
    commit = git(home, "rev-parse", "--verify", "--end-of-options", f"{rev}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="kakehashi-audit-") as folder:
        root = Path(folder) / "project"
        git(home, "clone", "--quiet", "--shared", "--no-checkout", str(home), str(root))
        git(root, "checkout", "--quiet", "--detach", commit)
        env = environment.child_environment(home, {"DVC_SITE_CACHE_DIR": str(Path(folder) / "site")})
        command: list[str | Path] = [environment.tool("dvc"), "repro", "--force", "--no-run-cache"]
        live = sys.stderr.isatty()
        done = supervise.run(command, cwd=root, env=env, on_text=_pass_on, terminal=live)
        if done.exit_code != 0:
            raise WorkspaceError(f"`dvc repro` of {rev} failed with exit code {done.exit_code}; see above.")
        return verdict.against_commit(root, commit)


def _pass_on(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit one commit; exit code 0 if the result was met, 1 if it differs, 2 if it could not be recomputed."""
    parser = argparse.ArgumentParser(prog="python -m flows.audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rev", nargs="?", default="HEAD", help="the commit, tag or branch to recompute")
    options = parser.parse_args(arguments)
    try:
        found = audit(environment.home(), options.rev)
    except WorkspaceError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{found.kind}: {found.sentence}")
    return 0 if found.kind in ("identical", "equivalent") else 1


if __name__ == "__main__":
    sys.exit(main())
