"""Find coordinators in the local network by mDNS, and be found; only where it was asked for."""

import asyncio
from ipaddress import IPv4Address
from typing import Any, Final

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.mesh.identity import Address

SERVICE: Final = "_airsonde-mesh._udp.local."
_ANSWER_MS: Final = 3000
_MOST: Final = 16


async def announce(name: str, address: Address) -> Any:
    """Be found as `name` until `aclose_discovery`. Raises UnsupportedError, DriverError."""
    zeroconf = _library()
    host, port = address
    found = zeroconf.ServiceInfo(
        SERVICE, f"{name}.{SERVICE}", addresses=[IPv4Address(host).packed], port=port
    )
    opened = _open(zeroconf, host)
    try:
        await (await opened.async_register_service(found))
    except (OSError, zeroconf.Error) as e:
        await opened.async_close()
        raise DriverError(f"cannot announce {name} by mDNS: {e}", transient=True) from e
    return opened


async def find(host: str, seconds: float) -> list[Address]:
    """Who announces itself within so many seconds, seen from the interface of `host`."""
    zeroconf = _library()
    opened = _open(zeroconf, host)
    names: set[str] = set()

    def seen(name: str, state_change: Any, **_: Any) -> None:
        if state_change is zeroconf.ServiceStateChange.Added and len(names) < _MOST:
            names.add(name)

    browser = zeroconf.asyncio.AsyncServiceBrowser(opened.zeroconf, SERVICE, handlers=[seen])
    try:
        await asyncio.sleep(seconds)
        answers = [await opened.async_get_service_info(SERVICE, n, _ANSWER_MS) for n in names]
    finally:
        await browser.async_cancel()
        await opened.async_close()
    return sorted(
        (str(IPv4Address(packed)), answer.port)
        for answer in answers
        if answer is not None
        for packed in answer.addresses
    )


async def aclose_discovery(opened: Any) -> None:
    """Say goodbye."""
    await opened.async_unregister_all_services()
    await opened.async_close()


def _open(zeroconf: Any, host: str) -> Any:
    everywhere = host == "0.0.0.0"  # noqa: S104  (compared, not bound)
    interfaces = zeroconf.InterfaceChoice.Default if everywhere else [host]
    try:
        return zeroconf.asyncio.AsyncZeroconf(
            interfaces=interfaces, ip_version=zeroconf.IPVersion.V4Only
        )
    except OSError as e:
        raise DriverError(f"mDNS does not work on {host}: {e.strerror or e}") from e


def _library() -> Any:
    try:
        import zeroconf.asyncio
    except ImportError:
        raise UnsupportedError(
            "discovery needs the package zeroconf: pip install 'airsonde[discovery]'"
        ) from None
    return zeroconf
