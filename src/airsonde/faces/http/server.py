"""Serves the application with uvicorn, as a part of the agent."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from airsonde.apps.agent.actions import Actions
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.settings import HttpSettings
from airsonde.core.errors import ConfigError, DriverError
from airsonde.faces.http.app import application
from airsonde.faces.http.connections import HttpConnection, StreamConnection, own_faults
from airsonde.faces.http.door import Door, is_loopback
from airsonde.faces.http.tokens import Tokens, kept_token, read_token

_UNREAD_MS: Final = 60_000  # a peer that takes nothing for so long is gone (tcp(7), RFC 5482)
_SEND_BYTES: Final = 1 << 18  # what waits in the kernel for a slow client is old when it is read
_BACKLOG: Final = 512


class Server:
    """Listens as soon as it is made; `run` answers."""

    name = "http"

    def __init__(self, actions: Actions) -> None:
        """Raises ConfigError where the settings are not safe, DriverError for a port in use."""
        settings = actions.agent.settings.http
        self.tokens = tokens_of(actions.agent)
        self._socket = _listening(settings)
        self._config = uvicorn.Config(
            application(actions, Door(settings, self.tokens)),
            access_log=False,
            log_config=None,
            lifespan="off",
            ws=StreamConnection,
            ws_max_size=1 << 16,
            ws_per_message_deflate=False,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            http=HttpConnection,
            h11_max_incomplete_event_size=1 << 16,
            proxy_headers=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
            backlog=_BACKLOG,
        )
        self._tls = _tls(settings)

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        host, port = self._socket.getsockname()[:2]
        host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{shown}:{port}"

    async def run(self) -> None:
        logging.getLogger("uvicorn.error").addFilter(own_faults)
        self._config.load()
        self._config.ssl = self._tls
        server = _Quiet(self._config)
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True  # clients are told before they are left
            await serving
            raise


class _Quiet(uvicorn.Server):
    """Leaves signals to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def tokens_of(agent: Agent) -> Tokens:
    """The tokens that hold; the one for writing is made where none is configured."""
    settings = agent.settings.http
    if settings.read_token_file is None and not is_loopback(settings.bind):
        raise ConfigError(
            f"http.bind = {settings.bind!r} can be reached by others; set http.read_token_file"
        )
    read = read_token(settings.read_token_file) if settings.read_token_file else None
    if settings.write_token_file is not None:
        return Tokens(read=read, write=read_token(settings.write_token_file))
    return Tokens(read=read, write=kept_token(agent.settings.agent.folder / "write-token"))


def _tls(settings: HttpSettings) -> ssl.SSLContext | None:
    certificate, key = settings.tls_certificate, settings.tls_key
    if (certificate is None) != (key is None):
        raise ConfigError("http.tls_certificate and http.tls_key belong together")
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as e:
        raise ConfigError(f"{certificate} and {key} cannot be used for TLS: {e}") from e
    return context


def _listening(settings: HttpSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        sock.bind((settings.bind, settings.port))
        sock.listen(_BACKLOG)
    except OSError as e:
        sock.close()
        raise DriverError(
            f"cannot listen on {settings.bind}:{settings.port}: {e.strerror}; "
            "--port chooses another"
        ) from e
    return sock
