"""MQTT 3.1.1: one connection to a broker, on which messages are published."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from airsonde.core.errors import ConfigError, DriverError

if TYPE_CHECKING:
    from aiomqtt import Client, MqttError

_ANSWER_S: Final = 5.0
_KEEPALIVE_S: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is published; a retained one is kept by the broker, and forgotten when it is empty."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where and as whom to connect; `client_id` ends an older connection of the same name."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Session:
    """An open connection."""

    def __init__(self, client: "Client", broker: Broker) -> None:
        self._client = client
        self._broker = broker

    async def publish(self, message: Message) -> None:
        """Return when the broker has it (QoS 1). Raises DriverError when it does not take it."""
        from aiomqtt import MqttError

        try:
            await self._client.publish(
                message.topic, message.payload, qos=1, retain=message.retain, timeout=_ANSWER_S
            )
        except (MqttError, ValueError) as e:
            raise DriverError(f"{self._broker} takes no message: {e}", transient=True) from e

    async def until_lost(self) -> None:
        """Wait until the connection is lost. Raises DriverError then."""
        from aiomqtt import MqttError

        try:
            async for _ in self._client.messages:
                """Nothing was subscribed to."""
        except MqttError as e:
            reason = f"the connection to {self._broker} is lost"
            raise DriverError(reason, transient=True) from e


@asynccontextmanager
async def connected(broker: Broker, will: Message) -> AsyncIterator[Session]:
    """A session; the broker publishes `will` when it ends without having been closed.

    Raises DriverError where the broker is not reached or refuses.
    """
    try:
        from aiomqtt import Client, MqttError, Will
    except ModuleNotFoundError as e:
        raise DriverError("aiomqtt is missing: pip install 'airsonde[mqtt]'") from e
    client = Client(
        broker.host,
        broker.port,
        identifier=broker.client_id,
        username=broker.username,
        password=broker.password,
        will=Will(will.topic, will.payload, qos=1, retain=will.retain),
        tls_context=broker.tls,
        logger=_silent(),
        keepalive=_KEEPALIVE_S,
        timeout=_ANSWER_S,
    )
    try:
        await client.__aenter__()
    except (MqttError, ValueError) as e:
        raise _refusal(broker, e) from e
    try:
        yield Session(client, broker)
    finally:
        await _left(client)


def trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS ≥ 1.2 with the broker's name checked, by the system's authorities or one file's.

    Raises ConfigError where the file holds none.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as e:
        raise ConfigError(f"{authority} cannot be used as an authority for TLS: {e}") from e
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _silent() -> logging.Logger:
    """The libraries' own log is left out: what matters is raised."""
    logger = logging.getLogger("airsonde.mqtt")
    logger.disabled = True
    return logger


def _refusal(broker: Broker, error: "MqttError | ValueError") -> DriverError:
    from aiomqtt.exceptions import MqttConnectError

    if isinstance(error, MqttConnectError):
        return DriverError(f"{broker} refuses: {error}; check username and password_file")
    return DriverError(f"no broker at {broker}: {error}", transient=True)


async def _left(client: "Client") -> None:
    """Say good-bye where somebody still listens."""
    from aiomqtt import MqttError

    try:
        async with asyncio.timeout(_ANSWER_S):
            await client.__aexit__(None, None, None)
    except (MqttError, OSError, TimeoutError):
        return
