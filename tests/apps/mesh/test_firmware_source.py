"""An ESP32 with existing firmware as a node's radio: its datagrams, and what they tell of it."""

import asyncio
import socket
import time

from airsonde.apps.mesh.frame_sources import firmware
from airsonde.apps.python_api import datagram_decoder
from airsonde.drivers.transport.udp import UdpSource
from airsonde.mesh.packets import RawCsi, encode_packet
from airsonde.radios.esp32.ops import FirmwareRadio
from tests.apps.mesh.processes import free_port
from tests.mesh.golden import MESSAGES

HEALTH = bytes.fromhex(MESSAGES["HEALTH"][3])  # on channel 6


async def heard(port, datagrams):
    """The frames and the radio's health after some datagrams."""
    radio = FirmwareRadio(time.monotonic_ns)
    await radio.open()
    frames = firmware(lambda: UdpSource.bind("127.0.0.1", port), datagram_decoder("esp32"), radio)
    first = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for data in datagrams:
            sock.sendto(data, ("127.0.0.1", port))
    batches = await asyncio.wait_for(first, 10)
    await frames.aclose()
    return batches, await radio.health()


def test_frames_and_health_come_of_the_same_datagrams():
    csi = [encode_packet(RawCsi(7, 1, 64, 2437, i, -51, -93, 0, bytes([1, 2]) * 64))
           for i in range(4)]  # fmt: skip
    junk = [b"", b"\x01\x00\x11\xc5", b"\xff" * 40, csi[0][:50], HEALTH[:20]]
    batches, health = asyncio.run(heard(free_port(), [*junk, *csi, *junk, HEALTH]))
    assert sum(map(len, batches)) == 4
    assert health.channel == 6
    assert health.noise_dbm == -93
    assert health.rssi_median_dbm == -51
