"""The daemon as a contender: its configuration, then `airsonde link run` in place of this process.

    python -m bench.bloat.plug

By the contract of `trial` it is told its interface, the rate at which CAKE stands and the greatest
rate; it governs that interface alone, and shapes without tuning anything else, so that all
contenders' flows are those of the same kernel settings.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_CONFIG = """
[governor]
interfaces = ["{egress}"]
state_dir = "{folder}/state"
run_dir = "{folder}/run"
[governor.tuning]
sysctls = false
driver_options = false
offloads = false
interrupts = false
iwd = false
[link.bandwidth]
start_mbit = {start_mbit}
most_mbit = {most_mbit}
"""


def main() -> None:
    egress, ready = os.environ["EGRESS"], os.environ["READY"]
    folder = Path(tempfile.mkdtemp(dir="/run"))
    config = folder / "airsonde.toml"
    start_mbit, most_mbit = float(os.environ["BASE_MBIT"]), float(os.environ["MOST_MBIT"])
    config.write_text(
        _CONFIG.format(egress=egress, folder=folder, start_mbit=start_mbit, most_mbit=most_mbit)
    )
    # the daemon leads what is received through an IFB of its own
    subprocess.run(("tc", "qdisc", "delete", "dev", egress, "ingress"), check=True)
    answers = f"until test -S {folder}/run/governor.sock; do sleep 0.2; done; touch {ready}"
    subprocess.Popen(("sh", "-c", answers))
    command = (sys.executable, "-m", "airsonde", "link", "run", "--config", str(config))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
