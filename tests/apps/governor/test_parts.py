"""The daemon's parts that need no daemon: delays, the log, the roamer, the doctor, the tuner."""

import asyncio
import json
import os

import pytest

from airsonde.apps.governor import doctor
from airsonde.apps.governor.decisions import Decisions, LogFile
from airsonde.apps.governor.delays import Acknowledged, added_delay_ms, bulk_delay_ms
from airsonde.apps.governor.events import Wakes, unrepeated
from airsonde.apps.governor.host import Host
from airsonde.apps.governor.pace import Pace
from airsonde.apps.governor.roamer import Roamer
from airsonde.apps.governor.settings import GovernorConfig
from airsonde.apps.governor.tuner import cpu_list, cpu_loads
from airsonde.apps.governor.wifi_view import busy_share, text_of
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.core.ids import parse_mac
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.networkmanager import NetworkManager
from airsonde.drivers.linux.proc import DatagramMeter
from airsonde.drivers.linux.sockdiag import TcpFlow
from airsonde.drivers.linux.wifi_facts import Survey
from airsonde.link.model import Observation, Reason, SetCoalescing
from tests.doubles import services
from tests.doubles.networkmanager import NetworkManagerDouble
from tests.doubles.private_bus import private_bus

HERE, THERE = b"\x0a\0\0\1", b"\x0a\0\0\2"
TARGET = parse_mac("02:00:00:00:01:aa")


def flow(rtt_ms, min_ms=10, *, since_ms=0, limited=False, unacked=1, peer=THERE, port=1, acked=0):
    least = None if min_ms is None else min_ms * 1000
    return TcpFlow(HERE, peer, port, 2, rtt_ms * 1000, least, 0, 0, limited, unacked, 0, acked, 0, since_ms, 0)  # fmt: skip


def test_delay_is_what_queues_added_weighted_by_recency():
    assert added_delay_ms([flow(30), flow(50)], {HERE}) == pytest.approx(30)
    assert added_delay_ms([flow(30), flow(90, since_ms=200)], {HERE}) == pytest.approx(40)


@pytest.mark.parametrize(
    "silent",
    [
        flow(900, since_ms=1500),
        flow(900, min_ms=None),
        flow(900, peer=HERE),
        flow(900, limited=True, unacked=0, since_ms=300),
    ],
)
def test_flows_that_say_nothing_are_passed_over(silent):
    assert added_delay_ms([silent], {HERE}) is None
    assert added_delay_ms([flow(30), silent], {HERE}) == 20


MUCH = 10**6


def test_only_flows_that_send_much_right_now_tell_of_the_uplink():
    sending = [flow(30, acked=MUCH), flow(50, acked=MUCH)]
    silent = [
        flow(900, acked=10),
        flow(900, acked=MUCH, unacked=0),
        flow(900, acked=MUCH, since_ms=300),
        flow(900, acked=MUCH, min_ms=None),
        flow(900, acked=MUCH, peer=HERE),
    ]
    assert bulk_delay_ms(sending + silent, {HERE}) == 30
    assert bulk_delay_ms(silent, {HERE}) is None


def test_acknowledged_bytes_are_counted_over_all_flows():
    acknowledged = Acknowledged()
    looks = [
        [flow(10, port=1, acked=500)],  # before the first look
        [flow(10, port=1, acked=700), flow(10, port=2, acked=40)],
        [flow(10, port=2, acked=100), flow(10, port=3, acked=9, peer=HERE)],
        [flow(10, port=2, acked=30)],  # another one of the same ports
    ]
    assert [acknowledged.push(flows, {HERE}) for flows in looks] == [0, 240, 300, 300]


def survey(active, busy, own=0):
    return Survey(frequency_mhz=5180, in_use=True, noise_dbm=-95, active_ms=active, busy_ms=busy,
                  receiving_ms=None, transmitting_ms=own)  # fmt: skip


def test_others_hold_the_channel_for_what_is_not_our_own():
    assert busy_share(survey(0, 0), survey(1000, 400, 100), own_ms=250) == pytest.approx(0.15)
    assert busy_share(survey(0, 0), survey(1000, 400, 100), own_ms=0) == pytest.approx(0.3)
    assert busy_share(survey(1000, 400), survey(1000, 400), own_ms=0) is None
    assert busy_share(survey(1000, 400), survey(10, 4), own_ms=0) is None
    assert busy_share(survey(0, 0), survey(1000, 400), own_ms=900) == 0


def test_a_hidden_ssid_is_unknown():
    assert text_of(b"\0\0") is None
    assert text_of(b"caf\xc3\xa9") == "café"


def test_processors():
    assert cpu_list("0-2,7") == (0, 1, 2, 7)
    with pytest.raises(DriverError):
        cpu_list("all")
    stat = b"cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 0 1 5 1 0 0 0 0 0\ncpu1 3 0 0 1 0 0 0 0 0 0\n"
    assert cpu_loads(stat) == {0: 0.25, 1: 0.75}


def test_datagrams_are_counted_over_both_protocols(tmp_path):
    (tmp_path / "snmp").write_text("Ip: A\nIp: 1\nUdp: InDatagrams OutDatagrams\nUdp: 3 4\n")
    (tmp_path / "snmp6").write_text("Ip6InOctets 9\nUdp6InDatagrams 10\nUdp6OutDatagrams 20\n")
    meter = DatagramMeter(tmp_path)
    told = meter.read()
    meter.close()
    assert (told.received, told.sent) == (13, 24)
    (tmp_path / "snmp").write_text("Tcp: 1\n")
    meter = DatagramMeter(tmp_path)
    with pytest.raises(DriverError):
        meter.read()
    meter.close()


def test_the_log_is_bounded_and_rotated(tmp_path):
    log = Decisions(LogFile(tmp_path / "log", 4096))
    for t_ns in range(200):
        log.decided(t_ns, SetCoalescing(ifname="wlan0", adaptive_rx=True), "applied")
    log.close()
    sizes = [path.stat().st_size for path in sorted(tmp_path.iterdir())]
    assert len(sizes) == 2
    assert max(sizes) <= 4096
    assert len(log.latest) == 200
    last = json.loads((tmp_path / "log").read_text().splitlines()[-1])
    assert (last["t_ns"], last["action"], last["outcome"]) == (199, "set_coalescing", "applied")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    log = Decisions(LogFile(tmp_path / "missing" / "log", 4096))
    log.noted(1, None, "something")
    assert "cannot write" in log.complaint
    assert log.latest[-1]["note"] == "something"


def test_a_rule_is_told_when_it_changes():
    log = Decisions()
    rules = ["no access point", "no access point", "nothing better by the margin"]
    for second, rule in enumerate(rules):
        log.explained(second * 10**9, "wlan0", [Reason(policy="roaming", rule=rule)])
    assert [d["because"]["rule"] for d in log.latest] == ["nothing better by the margin"]


def test_waiting_ends_with_whom_it_concerns():
    async def work():
        wakes = Wakes()
        wakes.wake("a")
        wakes.wake("b")
        some = await wakes.wait(5)
        wakes.wake("a")
        wakes.wake()
        return some, await wakes.wait(5), await wakes.wait(0.01)

    assert asyncio.run(work()) == (frozenset({"a", "b"}), None, None)


async def activated(double):
    for _ in range(250):
        if any(call[0] == "activate" for call in double.calls):
            return
        await asyncio.sleep(0.02)
    pytest.fail("nobody asked NetworkManager to activate")


def roamed(tmp_path, exports, work):
    """Run `work(roamer, manager double)` on a bus with NetworkManager and the given services."""

    async def run(address):
        double = await NetworkManagerDouble.start(address)
        others = [await services.offered(address, name, *what) for name, what in exports]
        bus = await Bus.at(address)
        journal = Journal.open(tmp_path / "state")
        host = Host(rtnl=None, queues=None, ingress=None, bus=bus)
        host.manager = await NetworkManager.open(bus)
        try:
            return await work(Roamer(host, journal), double, host)
        finally:
            journal.close()
            await bus.aclose()
            for other in (*others, double.bus):
                other.disconnect()

    with private_bus(tmp_path) as (address, _):
        return asyncio.run(run(address))


def test_the_supplicant_is_asked_to_roam(tmp_path):
    interface, exports = services.supplicant()

    async def work(roamer, double, host):
        return await roamer.roam("wlan0", TARGET)

    assert roamed(tmp_path, [(services.WPA, exports)], work) == "asked the supplicant"
    assert interface.roams == ["02:00:00:00:01:aa"]


def test_without_a_supplicant_the_access_point_is_pinned_and_unpinned(tmp_path):
    async def work(roamer, double, host):
        async def follow():
            async for _ in host.manager.follow():
                pass

        following = asyncio.create_task(follow())
        said = await roamer.roam("wlan0", TARGET)
        await activated(double)
        pinned = double.profile.settings["802-11-wireless"]["bssid"].value
        with pytest.raises(DriverError, match="another roam is not finished"):
            await roamer.roam("wlan0", TARGET)
        double.wireless.active = 1
        double.wireless.emit_properties_changed(
            {"ActiveAccessPoint": double.wireless.ActiveAccessPoint}
        )
        await asyncio.wait({roamer._pinning}, timeout=5)
        following.cancel()
        return said, pinned, double.profile.settings["802-11-wireless"], double.calls

    said, pinned, after, calls = roamed(tmp_path, [], work)
    assert said.startswith("pinned")
    assert pinned == bytes(TARGET)
    assert "bssid" not in after
    assert [c[0] for c in calls if c[0] != "update2"] == ["checkpoint", "activate", "keep"]


def test_a_supplicant_that_was_pinned_may_move_again(tmp_path):
    interface, exports = services.supplicant()
    interface.connected = False
    network = services.SupplicantNetwork("02:00:00:00:01:aa")
    exports.append(("/fi/w1/wpa_supplicant1/Interfaces/0/Networks/0", network))

    async def work(roamer, double, host):
        double.wireless.active = 1
        await host.manager.load()
        said = await roamer.roam("wlan0", TARGET)
        await asyncio.wait({roamer._pinning}, timeout=5)
        return said, roamer.complaint, network.settings["bssid"].value

    said, complaint, held = roamed(tmp_path, [(services.WPA, exports)], work)
    assert said.startswith("pinned")
    assert complaint is None
    assert held == "any"


def test_a_pinned_roam_that_is_broken_off_is_rolled_back(tmp_path):
    async def work(roamer, double, host):
        await roamer.roam("wlan0", TARGET)
        await activated(double)
        await roamer.aclose()
        return double.calls, double.profile.settings["802-11-wireless"]

    calls, settings = roamed(tmp_path, [], work)
    assert calls[-1][0] == "rollback"
    assert "bssid" not in settings


def test_iwd_cannot_be_told_where_to_roam(tmp_path):
    async def work(roamer, double, host):
        with pytest.raises(UnsupportedError, match="iwd chooses"):
            await roamer.roam("wlan0", TARGET)
        return True

    assert roamed(tmp_path, [(services.IWD, services.iwd())], work)


def put(root, path, text=""):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_the_doctor_reads_the_radio_switches(tmp_path):
    assert doctor.radio_switches(tmp_path).ok is None
    for name, value in (("type", "wlan"), ("soft", "1"), ("hard", "0")):
        put(tmp_path, f"rfkill0/{name}", value)
    found = doctor.radio_switches(tmp_path)
    assert (found.ok, found.remedy) == (False, "rfkill unblock wlan")
    put(tmp_path, "rfkill0/hard", "1")
    assert "switch or key" in doctor.radio_switches(tmp_path).remedy
    put(tmp_path, "rfkill0/soft", "0")
    put(tmp_path, "rfkill0/hard", "0")
    assert doctor.radio_switches(tmp_path).ok


def test_the_doctor_looks_for_cake(tmp_path):
    release = os.uname().release
    assert doctor.queue_module(tmp_path, doctor.CAKE).ok is None
    put(tmp_path, f"lib/modules/{release}/modules.dep", "kernel/net/sched/sch_fq.ko:\n")
    missing = doctor.queue_module(tmp_path, doctor.CAKE)
    assert missing.ok is False
    assert "sch_cake" in missing.remedy
    put(tmp_path, f"lib/modules/{release}/modules.dep", "kernel/net/sched/sch_cake.ko.xz:\n")
    assert doctor.queue_module(tmp_path, doctor.CAKE).ok
    put(tmp_path, f"lib/modules/{release}/modules.dep", "")
    put(tmp_path, f"lib/modules/{release}/modules.builtin", "kernel/net/sched/sch_cake.ko\n")
    assert doctor.queue_module(tmp_path, doctor.CAKE).ok


def test_the_doctor_finds_who_forces_power_save(tmp_path):
    assert doctor.power_save_by_manager(tmp_path).ok
    put(
        tmp_path, "usr/lib/NetworkManager/conf.d/20-wifi.conf", "[connection]\nwifi.powersave = 3\n"
    )
    found = doctor.power_save_by_manager(tmp_path)
    assert not found.ok
    assert "20-wifi.conf sets wifi.powersave=3" in found.found
    put(tmp_path, "etc/NetworkManager/conf.d/99-x.conf", "[connection]\nwifi.powersave = 2\n")
    assert doctor.power_save_by_manager(tmp_path).ok
    put(tmp_path, "etc/NetworkManager/conf.d/99-y.conf", "nonsense \xff\n[")
    assert doctor.power_save_by_manager(tmp_path).ok
    put(tmp_path, "etc/tlp.conf", "#WIFI_PWR_ON_AC=on\nWIFI_PWR_ON_BAT=on\n")
    assert doctor.power_save_by_tlp(tmp_path).ok  # not installed
    put(tmp_path, "usr/sbin/tlp")
    assert not doctor.power_save_by_tlp(tmp_path).ok


ALERT_S = 1.5 * GovernorConfig().delayed_tick_s


def paced(*observations):
    pace, config = Pace(), GovernorConfig()
    for obs in observations:
        pace.push(obs, config)
    return pace.pause_s(config)


def seen(ms, rx_bytes, **words):
    return Observation(t_ns=ms * 10**6, ifname="wlan0", rx_bytes=rx_bytes, tx_bytes=0, **words)


def test_it_looks_more_often_the_more_there_is_to_see():
    assert paced(seen(0, 0)) == 2.0
    assert paced(seen(0, 0), seen(1000, 100_000)) == 2.0
    assert paced(seen(0, 0), seen(1000, 200_000)) == 0.5
    assert paced(seen(0, 0), seen(1000, 200_000, tcp_delay_ms=12.0)) == ALERT_S
    rtts = [seen(k * 300, 10**5 * k, gateway_rtt_ms=ms) for k, ms in enumerate([4.0, 4.0, 20.0])]
    assert paced(*rtts) == ALERT_S
    assert paced(seen(0, 900_000), seen(1000, 0)) == 2.0


def test_it_stays_alert_for_a_while_after_the_queue_is_gone():
    queue = (seen(0, 0), seen(1000, 10**6, tcp_delay_ms=12.0))
    assert paced(*queue, seen(9000, 10**7, tcp_delay_ms=0.0)) == ALERT_S
    assert paced(*queue, seen(12000, 10**7, tcp_delay_ms=0.0)) == 0.5
    assert paced(*queue, seen(1010, 10**6, tcp_delay_ms=0.0)) == ALERT_S


def test_a_fault_that_several_see_is_said_once():
    said = []
    say = unrepeated(said.append)
    for words in ("no bus", "no bus", "no card", "no bus"):
        say(words)
    assert said == ["no bus", "no card", "no bus"]
