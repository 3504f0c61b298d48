"""Run the benchmarks named on the command line, or all of them."""

import sys
from importlib import import_module

from bench.table import print_table

_BENCHES = {
    "decoding": ("Decoding (CPU seconds, csiread in the same run)", "bench.decoding"),
    "files": ("Capture files (CPU seconds)", "bench.capture_files"),
    "live": ("One live payload", "bench.live_payload"),
    "memory": (
        "RF memory (nearest neighbour, the rvCSI embedding in the same run)",
        "bench.memory",
    ),
    "mesh": ("The mesh, a message and a node", "bench.mesh"),
    "mesh-scale": ("A coordinator under load", "bench.mesh_scale"),
    "agent": ("The agent, asked over its API", "bench.agent"),
    "udp": ("Live UDP, 30 s from another process", "bench.live_udp"),
}


_LONG = {"agent-soak": "bench.agent_soak"}  # named alone, with options of their own


def main(names: list[str]) -> None:
    if names and names[0] in _LONG:
        import_module(_LONG[names[0]]).main(names[1:])
        return
    unknown = set(names) - set(_BENCHES)
    if unknown:
        raise SystemExit(
            f"no benchmark {', '.join(unknown)}; there are {', '.join([*_BENCHES, *_LONG])}"
        )
    for name in names or _BENCHES:
        title, module = _BENCHES[name]
        print_table(title, import_module(module).rows())


main(sys.argv[1:])
