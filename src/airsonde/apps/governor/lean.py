"""What a daemon's own process leaves out of the libraries it loads, because it stays for months."""

import sys
from importlib.util import find_spec, module_from_spec

_OPENSSL = ("ssl", "_hashlib")


def leave_out_unused() -> None:
    """To be called before anything else is imported; concerns the whole process.

    OpenSSL (4.5 MB): asyncio does without TLS and hashlib has code of its own, as on a Python built
    without it. The package pyroute2 (8 MB), which loads every protocol it knows: its submodules are
    loaded one by one instead.
    """
    for module in _OPENSSL:
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # makes it absent
    spec = find_spec("pyroute2") if "pyroute2" not in sys.modules else None
    if spec is not None:
        sys.modules["pyroute2"] = module_from_spec(spec)
