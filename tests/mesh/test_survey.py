"""How busy a channel is, from a card's survey to the plan of a room."""

import asyncio

import pytest

from airsonde.core.ids import NodeId
from airsonde.drivers.linux.interface import Interface
from airsonde.mesh.messages import Health, decode_message, encode_message
from airsonde.mesh.model import NodeRole
from airsonde.mesh.node import Controller
from airsonde.mesh.observation import NodeObservation, Report
from airsonde.mesh.survey import SECOND_NS, ChannelSurvey
from airsonde.radios.linux.ops import LinuxRadio
from tests.mesh.golden import MESSAGES
from tests.radios.test_radio_contract import Questions

NODE = NodeId(b"a-node-1")


async def surveyed():
    """What a card tells that was asked a second ago too."""
    radio = LinuxRadio(Interface(index=3, name="wlan0"), Questions())
    await radio.open()
    await radio.health()
    return await radio.health()


def test_from_the_kernels_survey_to_the_planner():
    controller, survey = Controller(), ChannelSurvey()
    obs = NodeObservation(t_ns=0, radio=asyncio.run(surveyed()), self_test=True)
    (health,) = (a.health for a in controller.step(obs) if isinstance(a, Report))
    data = encode_message(health._replace(node_id=NODE), role=NodeRole.OBSERVER, epoch=1)
    heard = decode_message(data).body
    survey.hear(heard.channel, heard.busy_share, 0)
    assert survey.busy((6,), 0) == {6: pytest.approx(0.25)}


def test_firmware_does_not_know_and_its_bytes_stay():
    _, _, _, hexadecimal = MESSAGES["HEALTH"]
    body = decode_message(bytes.fromhex(hexadecimal)).body
    assert body.busy_share is None
    idle, full = (body._replace(busy=value) for value in (1, 1001))
    assert (idle.busy_share, full.busy_share) == (0.0, 1.0)
    assert Health(*idle[:-1], busy=65_535).busy_share == 1.0
    sizes = {len(encode_message(b, role=NodeRole.OBSERVER, epoch=5)) for b in (body, idle, full)}
    assert sizes == {len(hexadecimal) // 2}


def test_what_nobody_knows_counts_as_usual_and_what_is_old_is_forgotten():
    survey = ChannelSurvey()
    assert survey.busy((1, 6), 0) == {1: 0.0, 6: 0.0}
    survey.hear(1, 0.6, 0)
    survey.hear(6, 0.2, 500 * SECOND_NS)
    assert survey.busy((1, 6, 11), 500 * SECOND_NS) == {1: 0.6, 6: 0.2, 11: pytest.approx(0.4)}
    assert survey.busy((1, 6), 700 * SECOND_NS) == {1: 0.2, 6: 0.2}


def test_one_busy_second_is_not_believed_at_once():
    survey = ChannelSurvey()
    for t_s, share in enumerate([0.1] * 20 + [1.0]):
        survey.hear(6, share, t_s * SECOND_NS)
    assert survey.busy((6,), 20 * SECOND_NS)[6] < 0.3
