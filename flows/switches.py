"""What people have switched on or off in Prefect's pages, for build steps of infra/prefect.yaml: it stays so.

Without them registering a deployment again would set its schedules and triggers back to what the file says.
"""

from prefect import get_client
from prefect.exceptions import ObjectNotFound


def schedule(deployment: str, slug: str, otherwise: bool) -> dict[str, bool]:
    """Whether a schedule of a deployment is `active`.

    Args:
        deployment: `<flow>/<deployment>`.
        slug: The schedule's name in infra/prefect.yaml. Where the server knows none of that name, any active one
            without a name counts: it was registered before schedules had names.
        otherwise: What holds when the server knows no such schedule.
    """
    with get_client(sync_client=True) as client:
        try:
            known = client.read_deployment_by_name(deployment).schedules
        except ObjectNotFound:
            known = []
    named = [each for each in known if each.slug == slug] or [each for each in known if not each.slug]
    return {"active": any(each.active for each in named) if named else otherwise}


def trigger(name: str, otherwise: bool) -> dict[str, bool]:
    """Whether a trigger is `enabled`; Prefect's pages show it as the automation of that name.

    Args:
        name: The trigger's name in infra/prefect.yaml.
        otherwise: What holds when the server knows no such trigger.
    """
    with get_client(sync_client=True) as client:
        known = client.read_automations_by_name(name)
    return {"enabled": any(each.enabled for each in known) if known else otherwise}
