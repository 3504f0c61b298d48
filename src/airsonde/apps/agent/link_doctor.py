"""Whether the link can be watched, or governed, as the configuration asks."""

from collections.abc import Iterator

from airsonde.apps.agent.check import Check
from airsonde.apps.agent.first_file import governor_runs
from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.governor.status_socket import ask
from airsonde.core.errors import DriverError


def link_checks(settings: LinkSettings) -> Iterator[Check]:
    """Ask the governor, or look at what one in the agent would miss."""
    match settings.mode:
        case "off":
            if governor_runs(settings.folder):
                remedy = 'mode = "watch" below [link] shows what it does'
                yield Check(name="link", well=None, found="a governor runs here", remedy=remedy)
        case "watch":
            yield _watched(settings)
        case "run":
            from airsonde.apps.governor.doctor import examine

            for finding in examine():
                yield Check(
                    name=f"link {finding.name}",
                    well=finding.ok,
                    found=finding.found,
                    remedy=finding.remedy,
                )


def _watched(settings: LinkSettings) -> Check:
    try:
        interfaces = ask(settings.folder, "status").get("interfaces") or ()
    except DriverError as e:
        found, _, remedy = str(e).partition("; ")
        return Check(name="link", well=False, found=found, remedy=remedy or None)
    found = f"the governor answers; it has {', '.join(interfaces) or 'no interface'}"
    return Check(name="link", well=True, found=found)
