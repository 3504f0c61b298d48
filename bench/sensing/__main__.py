"""Run the scores named on the command line: `python -m bench.sensing motion [--sensitivity]`."""

import os
import sys
from importlib import import_module

NAMES = ("motion", "breathing", "speed")


def main(arguments: list[str]) -> None:
    named = [a for a in arguments if not a.startswith("-")]
    if unknown := set(named) - set(NAMES):
        raise SystemExit(f"no score {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in named or NAMES:
        import_module(f"bench.sensing.{name}").main([a for a in arguments if a.startswith("-")])


os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands do
main(sys.argv[1:])
