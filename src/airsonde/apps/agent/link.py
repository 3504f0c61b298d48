"""Which link part the configuration asks for; what it needs is loaded only then."""

from airsonde.apps.agent.link_part import LinkPart, Tell
from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.agent.log import Log


def link_part(settings: LinkSettings, tell: Tell, log: Log) -> LinkPart:
    """What the settings ask for. Raises ConfigError where it cannot be done here."""
    match settings.mode:
        case "off":
            return LinkPart(tell)
        case "watch":
            from airsonde.apps.agent.watched_link import WatchedLink

            return WatchedLink(settings.folder, tell)
        case "run":
            from airsonde.apps.agent.governed_link import GovernedLink

            return GovernedLink(settings.config, tell, log)
