"""What the API tells of the link, and how its governor is paused."""

from airsonde.apps.agent.provenance import Provenance
from airsonde.faces.http.reading import Asked, Fields


def link(asked: Asked) -> Fields:
    return asked.agent.link.view()


async def explain_link(asked: Asked) -> Fields:
    return await asked.agent.link.explain() | {"origin": Provenance.LIVE.value}


async def pause_link(asked: Asked) -> Fields:
    await asked.agent.link.pause()
    return asked.agent.link.view()


async def resume_link(asked: Asked) -> Fields:
    await asked.agent.link.resume()
    return asked.agent.link.view()
