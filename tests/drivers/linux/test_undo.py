"""Everything at once, killed at any moment: the host ends as it was found."""

import asyncio
import random
import subprocess
import sys
import time

from airsonde.drivers.linux.ethtool import features
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.knobs import Sysctl
from airsonde.drivers.linux.undo import revert_host
from tests.drivers.linux.namespaces import ip, needs_root, tc, veth

KILLS = 6
SYSCTLS = {"net/ipv4/tcp_ecn": "1", "net/ipv4/tcp_rmem": "4096 131072 4194304"}

CHILD = """
import asyncio, sys
from pathlib import Path
from airsonde.drivers.linux.ethtool import GSO_FEATURE, Offload
from airsonde.drivers.linux.ingress import Ingress
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import Sysctl, WholeFile, file_value
from airsonde.drivers.linux.rtnl import Rtnl
from airsonde.drivers.linux.tc import OUR_HANDLE, TrafficControl
folder = Path(sys.argv[1])
async def main():
    rtnl, journal, v0 = await Rtnl.open(), Journal.open(folder / "state"), Interface.named("v0")
    control, ingress = TrafficControl(rtnl), Ingress(rtnl)
    print("ready", flush=True)
    for i in range(10_000):
        for target, value in SYSCTLS.items():
            await journal.turn(Sysctl(), target, value)
        await journal.turn(Offload(), f"{v0.target}/{GSO_FEATURE}", False)
        await journal.turn(WholeFile(), str(folder / "drop-in.conf"), file_value(b"%d" % i))
        ifb = await ingress.redirect(journal, v0)
        for place in (v0, ifb):
            before = await control.read(place.target)
            journal.note("qdisc", place.target, before=before, after="airsonde")
            await control.put(place, "bfifo", OUR_HANDLE, None)
asyncio.run(main())
"""


def reverted(folder):
    journal = Journal.open(folder / "state")
    report = asyncio.run(revert_host(journal))
    journal.close()
    return {done.outcome for done in report}


def snapshot(folder):
    stands = [asyncio.run(Sysctl().read(name)) for name in SYSCTLS]
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    return tc("qdisc"), ip("-br", "link"), features(Interface.named("v0")), stands, files


@needs_root
def test_a_host_is_healed_after_kill_9(tmp_path):
    chance = random.Random(9)
    with veth():
        tc("qdisc", "replace", "dev", "v0", "root", "handle", "20:", "bfifo", "limit", "9000")
        before = snapshot(tmp_path)
        for _ in range(KILLS):
            child = subprocess.Popen(
                [sys.executable, "-c", f"SYSCTLS = {SYSCTLS!r}\n{CHILD}", str(tmp_path)],
                stdout=subprocess.PIPE,
            )
            assert child.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.0, 0.06))
            child.kill()
            child.communicate()
            assert child.returncode == -9
            outcomes = reverted(tmp_path)
            assert outcomes <= {Outcome.RESTORED, Outcome.UNCHANGED}
            assert snapshot(tmp_path) == before


def test_what_a_missing_service_holds_stays_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    journal = Journal.open(tmp_path, "b1")
    journal.note("nm_setting", "a/ipv6.method", before="auto", after="ignore")
    journal.note("file", str(tmp_path / "x"), before=None, after="x")
    report = asyncio.run(revert_host(journal))
    assert [(d.kind, d.outcome) for d in report] == [
        ("file", Outcome.UNCHANGED),
        ("nm_setting", Outcome.FAILED),
    ]
    assert [entry.kind for entry in journal.entries] == ["nm_setting"]
    journal.close()
