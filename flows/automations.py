"""What Prefect's server does by itself when it sees an event: infra/automations.yaml, kept in the server by name."""

from pathlib import Path

from prefect import get_client
from prefect.events.schemas.automations import AutomationCore

from components.params import read_yaml

FILE = Path("infra") / "automations.yaml"


def keep(*groups: str) -> None:
    """Bring these groups of infra/automations.yaml into the server; one that a person has switched off stays off.

    Raises:
        ParamsError: the file is missing or no YAML.
    """
    listed = read_yaml(FILE)
    with get_client(sync_client=True) as client:
        for wanted in (AutomationCore.model_validate(each) for group in groups for each in listed[group]):
            if known := client.read_automations_by_name(wanted.name):
                kept = wanted.model_copy(update={"enabled": known[0].enabled})
                client.update_automation(known[0].id, kept)
            else:
                client.create_automation(wanted)
