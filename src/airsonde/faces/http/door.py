"""Who may come in: hosts, origins, tokens and rates are looked at before anything else."""

import ipaddress
import math
import socket
import time
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from airsonde.apps.agent.settings import HttpSettings
from airsonde.faces.http.faults import RefusedError
from airsonde.faces.http.tokens import Access, Tokens

_RATE_HZ: Final = 50.0
_BURST: Final = 100.0
_MOST_CLIENTS: Final = 1024
MOST_BODY_BYTES: Final = 1 << 16
SUBPROTOCOL: Final = "airsonde.v1"
_BEARER_PROTOCOL: Final = "bearer."


class Allowance:
    """A token bucket: `rate_hz` on the long run, `burst` at once."""

    def __init__(self, rate_hz: float, burst: float) -> None:
        self._rate_hz = rate_hz
        self._burst = self._left = burst
        self._at_s = time.monotonic()

    def take(self) -> None:
        """Raises RefusedError that says how long to wait."""
        now_s = time.monotonic()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._rate_hz)
        self._at_s = now_s
        if self._left < 1:
            wait_s = (1 - self._left) / self._rate_hz
            raise RefusedError(
                429,
                "too_many",
                f"more than {self._rate_hz:.0f} a second",
                headers={"retry-after": str(math.ceil(wait_s))},
            )
        self._left -= 1


class Door:
    """Raises RefusedError for whoever may not come in."""

    def __init__(self, settings: HttpSettings, tokens: Tokens) -> None:
        self._loopback = is_loopback(settings.bind)
        names = {"localhost", *(name.lower() for name in settings.names)}
        if not self._loopback:
            own = socket.gethostname().lower()
            names |= {own, f"{own}.local"}
        self._names = frozenset(names)
        self._tokens = tokens
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    def enter(self, scope: Scope) -> Access:
        """What this request may do; pages need no token, they hold no secret."""
        headers = Headers(scope=scope)
        self._check_rate(address_of(scope))
        self._check_host(headers)
        _check_origin(headers)
        access = self._tokens.access(offered_token(headers))
        if access is Access.NONE and _needs_token(scope["path"]):
            raise RefusedError(
                401,
                "token_needed",
                "this needs a token",
                "send `Authorization: Bearer TOKEN`",
                headers={"www-authenticate": "Bearer"},
            )
        return access

    def _check_rate(self, address: str) -> None:
        allowance = self._allowances.get(address)
        if allowance is None:
            while len(self._allowances) >= _MOST_CLIENTS:
                self._allowances.popitem(last=False)
            allowance = self._allowances[address] = Allowance(_RATE_HZ, _BURST)
        self._allowances.move_to_end(address)
        allowance.take()

    def _check_host(self, headers: Headers) -> None:
        """A page of another site that points its own name here (DNS rebinding) sends that name."""
        hosts = headers.getlist("host")
        name = _host_name(hosts[0]) if len(hosts) == 1 else ""
        if name in self._names:
            return
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            address = None
        if address is None or (self._loopback and not address.is_loopback):
            raise RefusedError(
                421,
                "foreign_host",
                "the Host is none of this agent's names",
                "add it to http.names in the configuration",
            )


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


def address_of(scope: Scope) -> str:
    """Who asks."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def offered_token(headers: Headers) -> str | None:
    """The token of a request; of a WebSocket of a browser it is among the subprotocols."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme:
        return token.strip() if scheme.lower() == "bearer" else ""
    for offered in headers.get("sec-websocket-protocol", "").split(","):
        if offered.strip().startswith(_BEARER_PROTOCOL):
            return offered.strip().removeprefix(_BEARER_PROTOCOL)
    return None


def _check_origin(headers: Headers) -> None:
    origins = headers.getlist("origin")
    if not origins:
        return
    scheme, _, place = origins[0].partition("://")
    same = place.lower() == headers.get("host", "").lower()
    if len(origins) > 1 or scheme not in {"http", "https"} or not same:
        raise RefusedError(403, "foreign_origin", "another page may not ask this agent")


def _host_name(host: str) -> str:
    """The name without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _needs_token(path: str) -> bool:
    return path.startswith("/api/") or path == "/metrics"
