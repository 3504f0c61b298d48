"""Run the link benchmarks named on the command line, or all of them."""

import sys

from bench.link import daemon, latency, roaming, shaping
from bench.table import print_table

_BENCHES = {
    "shaping": ("Shaping by bitrate (synthetic traces, 20 seeds)", shaping.rows),
    "roaming": ("Roaming (synthetic traces, 20 seeds)", roaming.rows),
    "latency": ("Latency under load (fluid model, not a kernel)", latency.rows),
    "daemon": ("The daemon (a network namespace, needs root)", daemon.rows),
}


def main(names: list[str]) -> None:
    if unknown := set(names) - set(_BENCHES):
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(_BENCHES)}")
    for name in names or _BENCHES:
        title, rows = _BENCHES[name]
        print_table(title, rows())


main(sys.argv[1:])
