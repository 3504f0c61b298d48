"""Processor time, packets, power, interrupts and systemd: real files, and trees like them."""

import asyncio
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.irq import Interrupts
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.power import read_power
from airsonde.drivers.linux.proc import CpuMeter, PacketMeter
from airsonde.drivers.linux.systemd import Notifier


def tree(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_processor_time_grows():
    meter = CpuMeter()
    first = meter.read()
    sum(range(3_000_000))
    second = meter.read()
    meter.close()
    assert second.busy + second.idle > first.busy + first.idle
    assert second.busy >= first.busy


def test_processor_time_by_the_kernels_fields(tmp_path):
    tree(tmp_path, {"stat": "cpu  10 1 5 100 20 2 3 4 7 7\ncpu0 1 1 1 1\n"})
    read = CpuMeter(tmp_path / "stat").read()
    assert (read.busy, read.idle) == (25, 120)


@pytest.mark.parametrize("text", ["", "cpu", "cpu a b c d e f g h", "intr 1 2"])
def test_a_file_that_is_no_stat(tmp_path, text):
    tree(tmp_path, {"stat": text})
    with pytest.raises(DriverError, match="processors"):
        CpuMeter(tmp_path / "stat").read()


def test_packets_of_loopback_are_counted():
    meter = PacketMeter.open("lo")
    first = meter.read()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(20):
            sock.sendto(b"x" * 100, ("127.0.0.1", 9))
    second = meter.read()
    meter.close()
    assert second.tx_packets - first.tx_packets >= 20
    assert second.tx_bytes - first.tx_bytes >= 2000


def test_no_such_interface_leaves_no_file_open():
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(UnsupportedError, match="does not exist"):
        PacketMeter.open("wlan77")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_counter_that_is_none(tmp_path):
    names = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
    tree(tmp_path, {f"w/statistics/{name}": "lots" for name in names})
    with pytest.raises(DriverError, match="no numbers"):
        PacketMeter.open("w", tmp_path).read()


DECK = {
    "ACAD/type": "Mains",
    "ACAD/online": "0",
    "BAT1/type": "Battery",
    "BAT1/status": "Discharging",
}
MOUSE = {
    "hidpp_battery_0/type": "Battery",
    "hidpp_battery_0/scope": "Device",
    "hidpp_battery_0/status": "Discharging",
}


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({}, False),
        (DECK, True),
        ({**DECK, "ACAD/online": "1"}, False),
        ({**DECK, "ucsi/type": "USB", "ucsi/online": "1"}, False),
        ({**DECK, "BAT1/status": "Not charging"}, False),
        ({**DECK, "BAT1/status": "Unknown"}, None),
        (MOUSE, False),
        ({**MOUSE, "AC/type": "Mains", "AC/online": "1"}, False),
        ({"BAT0/type": "Battery"}, None),
    ],
)  # fmt: skip
def test_where_the_power_comes_from(tmp_path, supplies, on_battery):
    tree(tmp_path, supplies)
    assert asyncio.run(read_power(tmp_path)).on_battery is on_battery


def test_a_machine_that_tells_nothing(tmp_path):
    assert asyncio.run(read_power(tmp_path / "none")).on_battery is None


def test_a_supply_that_hangs_is_unknown(tmp_path):
    tree(tmp_path, {"BAT0/type": "Battery"})
    os.mkfifo(tmp_path / "BAT0" / "status")

    async def look():
        power = await read_power(tmp_path)
        with (tmp_path / "BAT0" / "status").open("w"):  # let the thread end
            return power

    assert asyncio.run(look()).on_battery is None


@pytest.fixture
def machine(tmp_path):
    """A PCI Wi-Fi card with three vectors, one of them unused, and a USB one without any."""
    pci = tmp_path / "sys/devices/pci0000:00/0000:01:00.0"
    for irq in (40, 41, 42):
        tree(pci / "msi_irqs", {str(irq): "msix"})
    actions = {
        40: "iwlwifi:default_queue",
        41: "iwlwifi:queue_1",
        42: "",
        9: "acpi",
        50: "ath11k_hif",
        51: "bhi,ce0",
        52: "certificate",
    }
    for irq, name in actions.items():
        tree(
            tmp_path,
            {
                f"sys/kernel/irq/{irq}/actions": f"{name}\n",
                f"proc/irq/{irq}/smp_affinity_list": "0-3\n",
            },
        )
    net = tmp_path / "sys/class/net"
    for name, device, driver in (
        ("wlan0", pci, "iwlwifi"),
        ("wlan1", tmp_path / "sys/devices/platform/x", "ath11k_pci"),
    ):
        device.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sys/drivers" / driver).mkdir(parents=True)
        (device / "driver").symlink_to(tmp_path / "sys/drivers" / driver)
        (net / name).mkdir(parents=True)
        (net / name / "device").symlink_to(device)
    (net / "veth0").mkdir()
    return Interrupts(sys=tmp_path / "sys", proc=tmp_path / "proc")


def test_every_vector_of_a_card(machine):
    assert [v.irq for v in machine.vectors("wlan0")] == [40, 41]
    assert machine.driver("wlan0") == "iwlwifi"


def test_vectors_by_the_names_a_driver_uses(machine):
    found = machine.vectors("wlan1")
    assert [(v.irq, v.shared) for v in found] == [(50, False), (51, True)]


@pytest.mark.parametrize("name", ["veth0", "wlan9"])
def test_an_interface_without_vectors_is_normal(machine, name):
    assert machine.vectors(name) == []
    assert machine.driver(name) is None


def test_affinity_is_turned_and_put_back(machine, tmp_path):
    journal = Journal.open(tmp_path / "state", "b1")
    asyncio.run(journal.turn(machine, "40", "1"))
    report = asyncio.run(journal.revert({"irq": machine}))
    journal.close()
    assert [done.outcome for done in report] == [Outcome.RESTORED]
    assert asyncio.run(machine.read("40")) == "0-3"


@pytest.mark.parametrize(
    ("target", "value"), [("40", "x"), ("40", "1\n2"), ("40", 3), ("../40", "1"), ("", "1")]
)
def test_what_is_no_interrupt_or_no_processor(machine, target, value):
    with pytest.raises(DriverError, match="is no"):
        asyncio.run(machine.write(target, value))


def test_the_running_kernel_refuses_an_impossible_processor():
    real = Interrupts()
    numbers = sorted(int(p.name) for p in (real.sys / "kernel/irq").glob("[0-9]*"))
    stands = {}
    for irq in numbers:
        try:
            stands[irq] = asyncio.run(real.read(str(irq)))
        except DriverError:
            continue
    assert stands
    with pytest.raises(DriverError):
        asyncio.run(real.write(str(min(stands)), "4095"))
    assert asyncio.run(real.read(str(min(stands)))) == stands[min(stands)]


@given(st.text(alphabet="0123456789,-ab \n", max_size=20))
def test_any_text_is_written_only_as_a_processor_list(text):
    absent = Interrupts()
    with pytest.raises(DriverError):
        asyncio.run(absent.write("99999999", text))


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path, abstract):
    name = f"@airsonde-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name[1:] if abstract else name)
        listening.settimeout(2)
        notifier = Notifier(
            {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
        )
        assert notifier.watchdog_s == 30
        notifier.ready("steering wlan0\nREADY=0")
        notifier.alive()
        notifier.stopping()
        got = [listening.recv(256) for _ in range(3)]
    assert got == [b"READY=1\nSTATUS=steering wlan0 READY=0", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "x"},
        {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"},
    ],
)
def test_without_systemd_nothing_happens(told):
    notifier = Notifier(told)
    notifier.ready("x")
    assert notifier.watchdog_s is None
    assert not notifier.listening


def test_a_systemd_that_went_away(tmp_path):
    with pytest.raises(DriverError, match="systemd cannot be told"):
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "none")}).alive()
