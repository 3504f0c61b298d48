"""Makes the configured sinks; what each of them needs is imported when it is asked for."""

from collections.abc import Mapping
from typing import Protocol

from airsonde.apps.agent.log import Log
from airsonde.apps.agent.parts import Part
from airsonde.apps.agent.sink_settings import JsonlSettings, MqttSettings, SinkSettings
from airsonde.apps.agent.teller import Teller


class Queue(Protocol):
    """What has gone out of a sink, and what went instead of waiting on."""

    sent: int
    dropped: int


class Sink(Part, Protocol):
    """A part that passes on what the hub tells."""

    @property
    def waiting(self) -> Queue: ...


def sinks_of(settings: Mapping[str, SinkSettings], teller: Teller, log: Log) -> list[Sink]:
    """One for each table. Raises ConfigError, DriverError for secrets that cannot be used."""
    return [_sink(name, one, teller, log) for name, one in settings.items()]


def _sink(name: str, settings: SinkSettings, teller: Teller, log: Log) -> Sink:
    match settings:
        case MqttSettings():
            from airsonde.apps.agent.mqtt_sink import MqttSink

            return MqttSink(name, settings, teller, log)
        case JsonlSettings():
            from airsonde.apps.agent.jsonl_sink import JsonlSink

            return JsonlSink(name, settings, teller.hub)
