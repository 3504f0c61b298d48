"""The UDP source over loopback: whole datagrams, kernel times, counted drops, clear refusals."""

import asyncio
import socket
import time

import numpy as np
import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.udp import BLOCK_DATAGRAMS, UdpSource


def contents(block):
    return [
        block.data[s : s + n].tobytes()
        for s, n in zip(block.starts.tolist(), block.sizes.tolist(), strict=True)
    ]


def send(port, payloads, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for payload in payloads:
            sender.sendto(payload, (host, port))


async def received(source, count):
    got, times = [], []
    async with asyncio.timeout(5):
        while len(got) < count:
            block = await source.receive()
            got += contents(block)
            times += block.t_ns.tolist()
    return got, times


async def exchange(payloads, host="127.0.0.1"):
    source = UdpSource.bind(host, 0)
    try:
        before = time.time_ns()
        send(source.port, payloads, host)
        got, times = await received(source, len(payloads))
        return got, np.array(times), before, source.lost
    finally:
        await source.aclose()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_datagram_arrives_whole_and_in_order(host):
    payloads = [bytes([i % 251]) * (i % 1500) for i in range(1000)]
    got, times, before, lost = asyncio.run(exchange(payloads, host))
    assert got == payloads
    assert lost == 0
    assert np.abs(times - before).max() < 5_000_000_000  # wall clock, which may be set meanwhile


def test_the_largest_datagrams_fit():
    payloads = [bytes([i]) * 65507 for i in range(20)]
    assert asyncio.run(exchange(payloads))[0] == payloads


def test_a_block_is_bounded_and_its_payloads_are_aligned():
    async def blocks():
        source = UdpSource.bind("127.0.0.1", 0)
        send(source.port, [b"x" * 13] * (BLOCK_DATAGRAMS + 5))
        await asyncio.sleep(0.05)
        first, first_starts = len(block := source.take()), block.starts
        second = len(source.take())
        third = len(source.take())
        await source.aclose()
        return first, second, third, first_starts

    first, second, third, starts = asyncio.run(blocks())
    assert (first, second, third) == (BLOCK_DATAGRAMS, 5, 0)
    assert not (starts % 8).any()


def test_drops_are_counted():
    async def drop():
        source = UdpSource.bind("127.0.0.1", 0, buffer_bytes=4096)
        send(source.port, [b"x" * 1000] * 500)
        kept = 0
        while len(block := source.take()):
            kept += len(block)
        lost = source.lost
        await source.aclose()
        return kept, lost

    kept, lost = asyncio.run(drop())
    assert lost > 0
    assert kept + lost == 500


def test_a_cancelled_wait_loses_nothing():
    async def cancel():
        source = UdpSource.bind("127.0.0.1", 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await source.receive()
        send(source.port, [b"late"])
        got, _ = await received(source, 1)
        await source.aclose()
        return got

    assert asyncio.run(cancel()) == [b"late"]


def test_a_port_in_use_says_so():
    first = UdpSource.bind("127.0.0.1", 0)
    with pytest.raises(DriverError, match=f"port {first.port} of 127.0.0.1 is in use") as caught:
        UdpSource.bind("127.0.0.1", first.port)
    asyncio.run(first.aclose())
    assert caught.value.transient


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(DriverError, match=r"192\.0\.2\.1 is no address of this machine"):
        UdpSource.bind("192.0.2.1", 0)
