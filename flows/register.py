"""Tell Prefect's server of our pool, deployments and automations (infra/): `python -m flows.register`.

`--alone` says that no worker of the pool is up anywhere: runs that claim to go on are of an earlier time, and end.
"""

import argparse
import subprocess
import sys

from prefect import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

from flows import automations
from flows.environment import tool
from flows.lost import end_lost_runs
from flows.servers import POOL


def make_pool() -> None:
    """Make the pool, or bring it up to date; paused or limited by a person, it stays so.

    `prefect work-pool create` would have the server ask an outside host first which types of pools there are.
    """
    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template))
        except ObjectAlreadyExists:
            client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


def main() -> int:
    """Register with the server that `PREFECT_API_URL` names, from the checkout that we stand in."""
    parser = argparse.ArgumentParser(prog="python -m flows.register", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alone", action="store_true", help="no worker is up: end the runs that claim to go on")
    alone = parser.parse_args().alone
    make_pool()
    if alone:
        end_lost_runs()
    automations.keep("everywhere")
    command = [str(tool("prefect")), "--no-prompt", "deploy", "--all", "--prefect-file", "infra/prefect.yaml"]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
