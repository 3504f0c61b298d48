"""Queues in a namespace of the real kernel, and CAKE by the bytes of linux/pkt_sched.h."""

import asyncio
import json
import socket
import struct

import pytest

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import cake as cakes
from airsonde.drivers.linux.cake import AckFilter, Cake, Diffserv, Flows
from airsonde.drivers.linux.ingress import Ingress
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.rtnl import TC_H_ROOT, Rtnl, Topic, changes, tc_message
from airsonde.drivers.linux.tc import OUR_HANDLE, TrafficControl
from tests.drivers.linux.namespaces import ip, needs_root, tc, veth
from tests.drivers.linux.netlink_bytes import attr, message, sent, u32, u64

FOREIGN = ["handle", "20:", "tbf", "rate", "10mbit", "burst", "20kb", "latency", "30ms"]


def inside(tmp_path, work):
    """Run `work(rtnl, journal, interface)` with a veth pair."""

    async def run():
        rtnl = await Rtnl.open()
        journal = Journal.open(tmp_path, "b1")
        try:
            return await work(rtnl, journal, Interface.named("v0"))
        finally:
            journal.close()
            await rtnl.aclose()

    with veth():
        return asyncio.run(run())


@needs_root
@pytest.mark.parametrize("foreign", [FOREIGN, ["handle", "7:", "bfifo", "limit", "9000"], None])
def test_a_queue_of_somebody_else_comes_back(tmp_path, foreign):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        if foreign:
            tc("qdisc", "replace", "dev", "v0", "root", *foreign)
        before = tc("qdisc", "show", "dev", "v0")
        value = await control.read(v0.target)
        journal.note("qdisc", v0.target, before=value, after="airsonde")
        await control.put(v0, "bfifo", OUR_HANDLE, None)  # as CAKE would stand
        assert await control.read(v0.target) == "airsonde"
        assert "a150: root" in tc("qdisc", "show", "dev", "v0")
        report = await journal.revert({"qdisc": control})
        assert [done.outcome for done in report] == [Outcome.RESTORED]
        assert tc("qdisc", "show", "dev", "v0") == before

    inside(tmp_path, work)


@needs_root
def test_a_queue_set_since_is_left_alone(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        journal.note("qdisc", v0.target, before=None, after="airsonde")
        await control.put(v0, "bfifo", OUR_HANDLE, None)
        tc("qdisc", "replace", "dev", "v0", "root", *FOREIGN)
        report = await journal.revert({"qdisc": control})
        assert [done.outcome for done in report] == [Outcome.CHANGED_SINCE]
        assert "tbf 20:" in tc("qdisc", "show", "dev", "v0")

    inside(tmp_path, work)


@needs_root
def test_a_queue_of_ours_changes_its_kind_and_goes_though_its_record_was_lost(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        before = tc("qdisc", "show", "dev", "v0")
        await control.put(v0, "bfifo", OUR_HANDLE, None)
        assert not journal.holds("qdisc", v0.target)
        await control._stand(journal, v0, "pfifo_fast", None)
        assert "qdisc pfifo_fast a150: root" in tc("qdisc", "show", "dev", "v0")
        await control._stand(journal, v0, "pfifo_fast", None)
        assert len(journal.entries) == 1
        await journal.revert({"qdisc": control})
        assert tc("qdisc", "show", "dev", "v0") == before

    inside(tmp_path, work)


@needs_root
def test_a_queue_with_classes_is_left_alone(tmp_path):
    async def work(rtnl, journal, v0):
        tc("qdisc", "replace", "dev", "v0", "root", "handle", "1:", "htb")
        with pytest.raises(DriverError, match="htb queue of somebody else"):
            await TrafficControl(rtnl).shape(journal, v0, Cake(bandwidth_bit_s=1_000_000))
        assert journal.entries == ()
        assert "htb 1:" in tc("qdisc", "show", "dev", "v0")

    inside(tmp_path, work)


@needs_root
@pytest.mark.parametrize("way", ["shape", "fair_queue"])
def test_a_kernel_without_the_queue_is_a_capability(tmp_path, way):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        before = tc("qdisc", "show", "dev", "v0")
        try:
            if way == "shape":
                await control.shape(journal, v0, Cake(bandwidth_bit_s=1_000_000))
            else:
                await control.fair_queue(journal, v0)
        except UnsupportedError as e:
            assert "this kernel has no" in e.reason  # noqa: PT017
            assert tc("qdisc", "show", "dev", "v0") == before
        else:
            assert "a150: root" in tc("qdisc", "show", "dev", "v0")
        await journal.revert({"qdisc": control})
        assert tc("qdisc", "show", "dev", "v0") == before

    inside(tmp_path, work)


@needs_root
def test_an_interface_that_went_away(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        journal.note("qdisc", v0.target, before=None, after="airsonde")
        ip("link", "del", "v0")
        with pytest.raises(UnsupportedError, match="interface"):
            await control.put(v0, "bfifo", OUR_HANDLE, None)
        report = await journal.revert({"qdisc": control})
        assert [done.outcome for done in report] == [Outcome.GONE]

    inside(tmp_path, work)


@needs_root
def test_a_renamed_interface_is_still_found(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        journal.note("qdisc", v0.target, before=None, after="airsonde")
        await control.put(v0, "bfifo", OUR_HANDLE, None)
        ip("link", "set", "v0", "name", "wlan9")
        await journal.revert({"qdisc": control})
        assert "a150:" not in tc("qdisc", "show", "dev", "wlan9")

    inside(tmp_path, work)


@needs_root
def test_what_was_set_on_both_sides_of_a_rename_is_put_back(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        tc("qdisc", "replace", "dev", "v0", "root", *FOREIGN)
        before = tc("qdisc", "show", "dev", "v0").replace("v0", "wlan9")
        await control._stand(journal, v0, "bfifo", None)  # as CAKE would
        ip("link", "set", "v0", "name", "wlan9")
        await control._stand(journal, Interface.named("wlan9"), "bfifo", None)
        assert len(journal.entries) == 1
        report = await journal.revert({"qdisc": control})
        assert [done.outcome for done in report] == [Outcome.RESTORED]
        assert tc("qdisc", "show", "dev", "wlan9") == before

    inside(tmp_path, work)


@needs_root
def test_our_ifb_does_not_outlive_its_interface(tmp_path):
    async def work(rtnl, journal, v0):
        before = ip("-br", "link", "show", "lo")
        ifb = await Ingress(rtnl).redirect(journal, v0)
        ip("link", "del", "v0")
        assert ifb.exists
        report = await journal.revert({"ingress": Ingress(rtnl)})
        assert [done.outcome for done in report] == [Outcome.RESTORED]
        assert ip("-br", "link") == before

    inside(tmp_path, work)


@needs_root
def test_received_packets_go_through_our_queue_and_all_of_it_goes(tmp_path):
    async def work(rtnl, journal, v0):
        ingress, control = Ingress(rtnl), TrafficControl(rtnl)
        before = tc("qdisc"), ip("-br", "link"), tc("filter", "show", "dev", "v0", "ingress")
        ifb = await ingress.redirect(journal, v0)
        assert await ingress.redirect(journal, v0) == ifb
        journal.note("qdisc", ifb.target, before=None, after="airsonde")
        await control.put(ifb, "bfifo", OUR_HANDLE, None)
        ip("addr", "add", "10.9.0.1/24", "dev", "v1")
        ip("neigh", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:01", "dev", "v1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", ("10.9.0.2", 9))
        async with asyncio.timeout(10):
            while not received(ifb):  # noqa: ASYNC110  (a counter of the kernel's has no event)
                await asyncio.sleep(0.01)
        await journal.revert({"ingress": ingress, "qdisc": control})
        assert (
            tc("qdisc"),
            ip("-br", "link"),
            tc("filter", "show", "dev", "v0", "ingress"),
        ) == before

    inside(tmp_path, work)


def received(interface):
    (told,) = json.loads(ip("-s", "-j", "link", "show", interface.name))
    return told["stats64"]["rx"]["packets"]


@needs_root
@pytest.mark.parametrize("healed", [True, False])
def test_a_redirection_whose_ifb_was_deleted_is_healed_and_undone(tmp_path, *, healed):
    async def work(rtnl, journal, v0):
        ingress = Ingress(rtnl)
        before = tc("qdisc"), ip("-br", "link")
        ifb = await ingress.redirect(journal, v0)
        ip("link", "del", ifb.name)
        assert await ingress.read(v0.target) == ifb.name  # its rule now drops what comes in
        if healed:
            assert (await ingress.redirect(journal, v0)).name == ifb.name
            rule = tc("filter", "show", "dev", "v0", "ingress")
            assert f"Redirect to device {ifb.name}" in rule
        (done,) = await journal.revert({"ingress": ingress})
        assert done.outcome is Outcome.RESTORED
        assert (tc("qdisc"), ip("-br", "link")) == before

    inside(tmp_path, work)


@needs_root
def test_questions_at_the_same_time_do_not_disturb_each_other(tmp_path):
    async def work(rtnl, journal, v0):
        control = TrafficControl(rtnl)
        return await asyncio.gather(*[control.root(v0) for _ in range(20)])

    found = inside(tmp_path, work)
    assert [qdisc.kind for qdisc in found] == ["noqueue"] * 20


@needs_root
def test_an_ingress_queue_of_somebody_else_is_left_alone(tmp_path):
    async def work(rtnl, journal, v0):
        tc("qdisc", "add", "dev", "v0", "ingress")
        before = tc("qdisc")
        with pytest.raises(DriverError, match="ingress queue of somebody else"):
            await Ingress(rtnl).redirect(journal, v0)
        assert tc("qdisc") == before
        assert journal.entries == ()

    inside(tmp_path, work)


@needs_root
def test_news_tell_of_a_lost_queue_a_rename_and_an_unplugging(tmp_path):
    async def work(rtnl, journal, v0):
        control, seen = TrafficControl(rtnl), []
        await control.put(v0, "bfifo", OUR_HANDLE, None)

        async def watch():
            async for change in changes():
                seen.append(change)
                if change.gone and change.topic is Topic.LINK and change.name == "wlan9":
                    return

        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(watch())
            await asyncio.sleep(0.1)
            tc("qdisc", "del", "dev", "v0", "root")
            ip("link", "set", "v0", "name", "wlan9")
            ip("link", "del", "wlan9")
        return seen, v0.index

    seen, index = inside(tmp_path, work)
    assert any(c.topic is Topic.QDISC and c.gone and c.handle == OUR_HANDLE for c in seen)
    assert any(c.topic is Topic.LINK and c.index == index and c.name == "wlan9" for c in seen)


def encoded(cake):
    request = tc_message(3, TC_H_ROOT, OUR_HANDLE, "cake", cakes.options(cake))
    request.encode()
    return bytes(request.data)


def test_a_cake_request_by_its_bytes():
    golden_options = b"".join(
        [
            attr(2, u64(6_250_000)),  # TCA_CAKE_BASE_RATE64, bytes per second
            attr(3, u32(3)),  # TCA_CAKE_DIFFSERV_MODE: besteffort
            attr(5, u32(7)),  # TCA_CAKE_FLOW_MODE: triple-isolate
            attr(11, u32(1)),  # TCA_CAKE_NAT
            attr(13, u32(0)),  # TCA_CAKE_WASH
            attr(16, u32(0)),  # TCA_CAKE_ACK_FILTER
            attr(15, u32(0)),  # TCA_CAKE_INGRESS
            attr(17, u32(1)),  # TCA_CAKE_SPLIT_GSO
            attr(7, u32(100_000)),  # TCA_CAKE_RTT
            attr(12, u32(0)),  # TCA_CAKE_RAW
            attr(9, u32(0)),  # TCA_CAKE_AUTORATE
        ]
    )
    body = struct.pack("=BxxxiIII", 0, 3, 0xA1500000, 0xFFFFFFFF, 0)
    body += attr(1, b"cake\0") + attr(2, golden_options)
    assert encoded(Cake(bandwidth_bit_s=50_000_000))[16:] == body


@pytest.mark.parametrize(
    ("cake", "piece"),
    [
        (Cake(bandwidth_bit_s=None), attr(2, u64(0))),
        (Cake(bandwidth_bit_s=3), attr(2, u64(1))),
        (Cake(bandwidth_bit_s=1, flows=Flows.FLOWBLIND), attr(5, u32(0))),
        (Cake(bandwidth_bit_s=1, diffserv=Diffserv.DIFFSERV4), attr(3, u32(1))),
        (Cake(bandwidth_bit_s=1, ack_filter=AckFilter.AGGRESSIVE), attr(16, u32(2))),
        (Cake(bandwidth_bit_s=1, overhead_bytes=-4), attr(6, struct.pack("=i", -4))),
        (Cake(bandwidth_bit_s=1, ingress=True), attr(15, u32(1))),
    ],
)  # fmt: skip
def test_every_option_stands_in_the_message(cake, piece):
    assert piece in encoded(cake)


def answer(options, statistics):
    from pyroute2.netlink.rtnl.tcmsg import tcmsg

    body = struct.pack("=BxxxiIII", 0, 3, 0xA1500000, 0xFFFFFFFF, 2)
    body += attr(1, b"cake\0") + attr(2, options) + attr(7, attr(4, statistics))
    told = tcmsg(message(36, body))
    told.decode()
    return cakes.decode(
        told.get_attr("TCA_OPTIONS"), told.get_attr("TCA_STATS2").get_attr("TCA_STATS_APP")
    )


def test_a_cake_answer_by_its_bytes():
    tin = b"".join(
        [
            attr(2, u32(70)),  # TCA_CAKE_TIN_STATS_SENT_PACKETS
            attr(3, u64(5 << 32)),  # SENT_BYTES64
            attr(4, u32(7)),  # DROPPED_PACKETS
            attr(8, u32(5)),  # ECN_MARKED_PACKETS
            attr(11, u32(3028)),  # BACKLOG_BYTES
            attr(18, u32(9000)),  # PEAK_DELAY_US
            attr(19, u32(4000)),  # AVG_DELAY_US
            attr(20, u32(30)),  # BASE_DELAY_US
            attr(21, u32(2)),  # SPARSE_FLOWS
            attr(22, u32(1)),  # BULK_FLOWS
        ]
    )
    state = answer(
        attr(2, u64(6_250_000)) + attr(3, u32(3)) + attr(5, u32(7)) + attr(11, u32(1))
        + attr(7, u32(100_000)) + attr(17, u32(1)),
        attr(4, u32(123_456)) + attr(10, attr(1, tin)),
    )  # fmt: skip
    assert state.cake == Cake(bandwidth_bit_s=50_000_000)
    assert state.memory_used_bytes == 123_456
    (told,) = state.tins
    assert (told.sent_packets, told.sent_bytes, told.dropped_packets) == (70, 5 << 32, 7)
    assert (told.marked_packets, told.backlog_bytes) == (5, 3028)
    assert (told.peak_delay_us, told.average_delay_us, told.base_delay_us) == (9000, 4000, 30)
    assert (told.sparse_flows, told.bulk_flows, told.unresponsive_flows) == (2, 1, 0)


def test_a_cake_answer_of_a_kernel():
    from pyroute2.netlink.rtnl.tcmsg import tcmsg

    told = tcmsg(sent("cake"))
    told.decode()
    assert told["handle"] == OUR_HANDLE
    statistics = told.get_attr("TCA_STATS2").get_attr("TCA_STATS_APP")
    state = cakes.decode(told.get_attr("TCA_OPTIONS"), statistics)
    assert state.cake == Cake(bandwidth_bit_s=7_500_000)
    assert state.memory_used_bytes == 960
    (tin,) = state.tins
    assert (tin.sent_packets, tin.sent_bytes) == (30, 2940)
    assert (tin.peak_delay_us, tin.average_delay_us, tin.base_delay_us) == (252, 6, 6)
    assert (tin.sparse_flows, tin.bulk_flows) == (0, 1)


def test_an_answer_that_tells_little_or_what_is_new():
    state = answer(attr(3, u32(99)) + attr(200, u32(1)), b"")
    assert state.cake.diffserv is Diffserv.DIFFSERV3
    assert state.cake.bandwidth_bit_s is None
    assert state.tins == ()
