"""What the governor costs while nothing happens: ten minutes of the guest's clock."""

import pytest

pytestmark = pytest.mark.lab

SECONDS = 600


def cost(pid, seconds):
    """Megabytes resident, share of a core, wake-ups a second, page faults of ended children."""
    import os
    import time
    from pathlib import Path

    def read():
        process = Path(f"/proc/{pid}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        statuses = [(task / "status").read_text() for task in (process / "task").iterdir()]
        switches = [s.split("\nvoluntary_ctxt_switches:")[1].split()[0] for s in statuses]
        return int(fields[11]) + int(fields[12]), sum(map(int, switches)), int(fields[8])

    before = read()
    time.sleep(seconds)
    ticks, switches, faults = (b - a for a, b in zip(before, read(), strict=True))
    status = Path(f"/proc/{pid}/status").read_text()
    rss_mb = int(status.split("VmRSS:")[1].split()[0]) / 1024
    cpu = ticks / os.sysconf("SC_CLK_TCK") / seconds
    return {"rss_mb": rss_mb, "cpu": cpu, "wakeups_per_s": switches / seconds, "faults": faults}


def test_an_idle_governor_costs_next_to_nothing(governor):
    guest = governor.guest
    governor.run()
    guest.sh("sleep 60")
    pid = int(guest.sh("systemctl show -P MainPID airsonde"))
    found = guest.call(cost, pid, SECONDS, limit_s=3600)
    bounds = {"faults": 0, "rss_mb": 45, "wakeups_per_s": 2, "cpu": 0.005}
    assert {name for name, most in bounds.items() if found[name] > most} == set(), found
