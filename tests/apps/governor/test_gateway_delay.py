"""The gateway is asked in the background; an answer that is out is known to be out."""

import asyncio

from airsonde.apps.governor.delays import GatewayDelay
from airsonde.drivers.linux.gateway import Gateway
from airsonde.drivers.linux.interface import Interface
from tests.drivers.linux.namespaces import gateway_behind_veth, ip, needs_root

pytestmark = needs_root


def asking(heard=lambda: None):
    v0 = Interface.named("v0")
    delay = GatewayDelay(v0, heard)
    delay.of(Gateway(index=v0.index, address="10.9.0.1", metric=0))
    return delay


async def answered():
    came = asyncio.Event()
    delay = asking(came.set)
    waited_before = delay.waits_ms
    delay.ask(0.0)
    await asyncio.wait_for(came.wait(), 2)
    told = waited_before, delay.waits_ms, delay.take_ms(), delay.take_ms()
    delay.close()
    return told


async def unanswered():
    delay = asking()
    delay.ask(0.0)
    waits_ms = []
    for _ in range(2):
        await asyncio.sleep(0.05)
        waits_ms.append(delay.waits_ms)
    delay.close()
    return *waits_ms, delay.waits_ms


def test_an_answer_is_handed_out_once():
    with gateway_behind_veth():
        before, after, answer_ms, again = asyncio.run(answered())
    assert before is after is again is None
    assert answer_ms > 0


def test_how_long_an_answer_is_out():
    with gateway_behind_veth() as there:
        ip("netns", "exec", there, "ip", "link", "set", "v1", "arp", "off")
        ip("netns", "exec", there, "ip", "addr", "flush", "dev", "v1")
        first_ms, second_ms, closed = asyncio.run(unanswered())
    assert 25 < first_ms < second_ms - 25
    assert closed is None
