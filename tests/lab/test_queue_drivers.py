"""The queue drivers against the guest's kernel, read back with its own `tc`."""

import json
import re

import pytest

from lab.hwsim.inside.radios import GATEWAY

pytestmark = pytest.mark.lab

ROOT = "tc qdisc show dev wlan0 root"
ALL_QUEUES = "tc qdisc show; ip -br link"


async def stand(kind, mbit, state):
    """Let `cake`, `fq_codel` or `ingress` (CAKE on an IFB) stand at wlan0; the IFB's name."""
    from pathlib import Path

    from airsonde.drivers.linux.cake import Cake
    from airsonde.drivers.linux.ingress import Ingress
    from airsonde.drivers.linux.interface import Interface
    from airsonde.drivers.linux.journal import Journal
    from airsonde.drivers.linux.rtnl import Rtnl
    from airsonde.drivers.linux.tc import TrafficControl

    rtnl, journal, where = await Rtnl.open(), Journal.open(Path(state)), Interface.named("wlan0")
    control, bit_s = TrafficControl(rtnl), round(mbit * 1e6)
    if kind == "fq_codel":
        await control.fair_queue(journal, where)
    elif kind == "cake":
        await control.shape(journal, where, Cake(bandwidth_bit_s=bit_s))
    else:
        where = await Ingress(rtnl).redirect(journal, where)
        await control.shape(journal, where, Cake(bandwidth_bit_s=bit_s, ingress=True, nat=False))
    journal.close()
    await rtnl.aclose()
    return where.name


async def statistics(ifname):
    """The rate (bit/s), the packets and the greatest delay (us) of the only tin of a CAKE queue."""
    from airsonde.drivers.linux.interface import Interface
    from airsonde.drivers.linux.rtnl import Rtnl
    from airsonde.drivers.linux.tc import TrafficControl

    rtnl = await Rtnl.open()
    queue = await TrafficControl(rtnl).cake(Interface.named(ifname))
    await rtnl.aclose()
    (tin,) = queue.tins
    return queue.cake.bandwidth_bit_s, tin.sent_packets, tin.peak_delay_us


async def revert(state):
    """Put everything back; how each undoing ended."""
    from pathlib import Path

    from airsonde.drivers.linux.ingress import Ingress
    from airsonde.drivers.linux.journal import Journal
    from airsonde.drivers.linux.rtnl import Rtnl
    from airsonde.drivers.linux.tc import TrafficControl

    rtnl, journal = await Rtnl.open(), Journal.open(Path(state))
    knobs = {"qdisc": TrafficControl(rtnl), "ingress": Ingress(rtnl)}
    report = await journal.revert(knobs)
    journal.close()
    await rtnl.aclose()
    return sorted({done.outcome.name for done in report})


@pytest.fixture
def state(guest):
    """A folder in the guest for one test's journal."""
    return guest.sh("mktemp -d").strip()


def test_a_change_of_rate_keeps_the_counters(connected, state):
    before = connected.sh(ALL_QUEUES)
    connected.call(stand, "cake", 50, state)
    first = connected.sh(ROOT)
    connected.sh(f"ping -c 20 -i 0.02 {GATEWAY}")
    connected.call(stand, "cake", 7.5, state)
    second = connected.sh(ROOT)
    rate, packets, peak_us = connected.call(statistics, "wlan0")
    (told,) = connected.rows("tc -s -j qdisc show dev wlan0 root")
    assert re.search(r"cake a150: root refcnt \d+ bandwidth 50Mbit besteffort .*\bnat\b", first)
    assert re.search(r"cake a150: root refcnt \d+ bandwidth 7500Kbit besteffort .*\bnat\b", second)
    assert rate == 7_500_000
    assert 20 <= packets <= told["tins"][0]["sent_packets"] <= packets + 20
    assert peak_us > 0
    assert connected.call(revert, state) == ["RESTORED"]
    assert connected.sh(ALL_QUEUES) == before


def test_what_is_received_passes_a_queue_of_its_own(connected, state):
    before = connected.sh(ALL_QUEUES)
    ifb = connected.call(stand, "ingress", 20, state)
    connected.sh(f"ping -c 20 -i 0.02 {GATEWAY}")
    shown = connected.sh(f"tc qdisc show dev {ifb} root")
    rate, packets, _ = connected.call(statistics, ifb)
    assert "bandwidth 20Mbit" in shown
    assert " ingress " in shown
    assert rate == 20_000_000
    assert packets >= 15
    assert connected.call(revert, state) == ["RESTORED"]
    assert connected.sh(ALL_QUEUES) == before


def test_a_kernel_without_cake_says_so_and_gets_fq_codel(connected, state):
    async def refused(state):
        from pathlib import Path

        from airsonde.core.errors import UnsupportedError
        from airsonde.drivers.linux.cake import Cake
        from airsonde.drivers.linux.interface import Interface
        from airsonde.drivers.linux.journal import Journal
        from airsonde.drivers.linux.rtnl import Rtnl
        from airsonde.drivers.linux.tc import TrafficControl

        rtnl, wlan0 = await Rtnl.open(), Interface.named("wlan0")
        try:
            await TrafficControl(rtnl).shape(
                Journal.open(Path(state)), wlan0, Cake(bandwidth_bit_s=1_000_000)
            )
        except UnsupportedError as e:
            return str(e)
        finally:
            await rtnl.aclose()

    before = connected.sh(ROOT)
    connected.sh("modprobe -r sch_cake; echo 'install sch_cake /bin/false' >/etc/modprobe.d/x.conf")
    try:
        assert "sch_cake" in connected.call(refused, state)
        connected.call(stand, "fq_codel", 0, state)
        assert "qdisc fq_codel a150: root" in connected.sh(ROOT)
    finally:
        connected.sh("rm /etc/modprobe.d/x.conf")
        connected.call(revert, state)
    assert connected.sh(ROOT) == before


def test_a_queue_of_somebody_else_comes_back(connected, state):
    options = "bandwidth 9mbit diffserv8 flowblind nowash overhead 18 rtt 50ms"
    connected.sh(f"tc qdisc replace dev wlan0 root handle 33: cake {options}")
    try:
        before = connected.sh(ROOT)
        connected.call(stand, "cake", 1, state)
        assert "a150:" in connected.sh(ROOT)
        assert connected.call(revert, state) == ["RESTORED"]
        assert connected.sh(ROOT) == before
    finally:
        connected.sh("tc qdisc delete dev wlan0 root")


def test_the_gateway_is_found_and_answers_both_ways(connected):
    async def asked():
        from airsonde.drivers.linux.gateway import default_gateways
        from airsonde.drivers.linux.interface import Interface
        from airsonde.drivers.linux.probe import ArpProbe, EchoProbe
        from airsonde.drivers.linux.rtnl import Rtnl

        rtnl, wlan0 = await Rtnl.open(), Interface.named("wlan0")
        (gateway,) = [g for g in await default_gateways(rtnl) if g.index == wlan0.index]
        await rtnl.aclose()
        answers = {}
        for kind in (EchoProbe, ArpProbe):
            probe = kind.open(wlan0, gateway.address)
            answers[kind.__name__] = [await probe.rtt_ns(2.0) for _ in range(5)]
            probe.close()
        return gateway.address, answers

    address, answers = connected.call(asked)
    assert address == GATEWAY
    for rtts_ns in answers.values():
        assert any(0 < rtt_ns < 2_000_000_000 for rtt_ns in rtts_ns if rtt_ns is not None)


def test_the_kernel_tells_of_a_loaded_connection(connected):
    def flows(peer):
        import json
        import socket

        from airsonde.drivers.linux.sockdiag import SockDiag

        diag = SockDiag()
        told = [f for f in diag.flows() if f.peer == socket.inet_aton(peer) and f.bytes_acked > 1e5]
        return json.loads(json.dumps([(f.rtt_us, f.min_rtt_us, f.bytes_acked) for f in told]))

    load = connected.spawn(f"iperf3 -c {GATEWAY} -t 15 -J")
    connected.until(f"ss -tin dst {GATEWAY} | grep -q 'bytes_acked:[0-9]\\{{7\\}}'")
    told = connected.call(flows, GATEWAY)
    sent = json.loads(connected.finish(load))["end"]["sum_sent"]["bytes"]
    assert told
    assert all(rtt_us >= least_us > 0 for rtt_us, least_us, _ in told)
    assert max(acked for _, _, acked in told) <= sent + 1000


def test_coalescing_on_wifi_is_a_capability(connected):
    async def refused():
        from airsonde.core.errors import UnsupportedError
        from airsonde.drivers.linux.ethtool import AdaptiveRx
        from airsonde.drivers.linux.interface import Interface

        try:
            await AdaptiveRx().read(Interface.named("wlan0").target)
        except UnsupportedError as e:
            return str(e)

    assert connected.call(refused)
