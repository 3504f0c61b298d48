"""Publishes events and the state of rooms to an MQTT broker, as a part of the agent."""

import asyncio
import time
from typing import Final

import msgspec

from airsonde.apps.agent.home_assistant import OFFLINE, ONLINE
from airsonde.apps.agent.hub import Notice, Told, Topic
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.room_topics import RoomTopics
from airsonde.apps.agent.sink_settings import MqttSettings
from airsonde.apps.agent.teller import Teller
from airsonde.apps.agent.waiting import Waiting
from airsonde.core.errors import DriverError
from airsonde.drivers.bus.mqtt import Broker, Message, Session, connected, trusting
from airsonde.drivers.linux.secret_file import read_secret

_PAUSE_S: Final = 1.0
_GOODBYE_S: Final = 2.0


class MqttSink:
    """Events wait, at most a thousand, while the broker is away; of rooms only the present counts.

    Raises ConfigError, DriverError for a password or an authority that cannot be used.
    """

    def __init__(self, name: str, settings: MqttSettings, teller: Teller, log: Log) -> None:
        self.name = f"sinks.{name}"
        self.waiting: Waiting[Message] = Waiting()
        self._settings = settings
        self._broker = _broker(settings)
        self._teller = teller
        self._log = log
        self._told_dropped = 0
        teller.hub.join(self.take, own=True)

    def take(self, told: Told) -> None:
        """Note an event; look at the rooms soon."""
        if not isinstance(told, Notice):
            return
        if told.topic is Topic.EVENTS:
            payload = msgspec.json.encode(told.fields["event"])
            self.waiting.put(Message(topic=f"{self._settings.prefix}/events", payload=payload))
        elif told.topic is Topic.ROOMS:
            self.waiting.wake()

    async def run(self) -> None:
        """One connection, until it is lost or this is cancelled. Raises DriverError."""
        prefix, discovery = self._settings.prefix, self._settings.discovery or None
        topics = RoomTopics(prefix, discovery, self._settings.every_s)
        offline = Message(topic=topics.status, payload=OFFLINE.encode(), retain=True)
        async with connected(self._broker, offline) as session:
            self._log.info("sink connected", sink=self.name, broker=self._broker)
            lost = asyncio.create_task(session.until_lost())
            speaking = asyncio.create_task(self._speak(session, topics))
            try:
                over, _ = await asyncio.wait({lost, speaking}, return_when="FIRST_COMPLETED")
                await over.pop()
            finally:
                for task in (lost, speaking):
                    task.cancel()
                await asyncio.gather(lost, speaking, return_exceptions=True)
                await _say_goodbye(session, offline)

    async def _speak(self, session: Session, topics: RoomTopics) -> None:
        """That the agent is there, then rooms and events as they come."""
        await session.publish(Message(topic=topics.status, payload=ONLINE.encode(), retain=True))
        while True:
            for message in topics.due(self._teller.rooms(), time.monotonic()):
                await session.publish(message)
            self._tell_dropped()
            for event in self.waiting.take():
                await session.publish(event)
                self.waiting.done(event)
            await self.waiting.pause(_PAUSE_S)

    def _tell_dropped(self) -> None:
        dropped = self.waiting.dropped
        if dropped > self._told_dropped:
            number = dropped - self._told_dropped
            self._log.warning("events dropped", sink=self.name, number=number)
            self._told_dropped = dropped


async def _say_goodbye(session: Session, offline: Message) -> None:
    """A closed connection has no last will; where it is lost already, the broker speaks it."""
    try:
        async with asyncio.timeout(_GOODBYE_S):
            await session.publish(offline)
    except (DriverError, TimeoutError):
        return


def _broker(settings: MqttSettings) -> Broker:
    file = settings.password_file
    return Broker(
        host=settings.host,
        port=settings.port or (8883 if settings.tls else 1883),
        client_id=settings.prefix,
        username=settings.username,
        password=read_secret(file) if file is not None else None,
        tls=trusting(settings.tls_ca) if settings.tls else None,
    )
