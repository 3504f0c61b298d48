"""A room as Home Assistant discovers it: one device, with what is known of the room as entities.

Home Assistant shows `unknown` where a template gives None, and `unavailable` where the agent or
the room is not heard. https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

import re
from typing import Any, Final
from zlib import crc32

from airsonde import __version__
from airsonde.apps.agent.provenance import Provenance

ONLINE, OFFLINE = "online", "offline"
_OCCUPANCY: Final = (
    "{{ {'empty': 'OFF', 'occupied': 'ON', 'moving': 'ON'}.get(value_json.presence) }}"
)
_MOTION: Final = (
    "{{ 'ON' if value_json.presence == 'moving'"
    " else None if value_json.moving is none else 'OFF' }}"
)
_WHY: Final = (
    "{{ {'verdict': value_json.presence, 'reason': value_json.reason,"
    " 'origin': value_json.origin} | tojson }}"
)
_QUALITY: Final = (
    "{{ None if value_json.quality_score is none else (100 * value_json.quality_score) | round }}"
)
_HEARD: Final = f"{{{{ '{OFFLINE}' if value_json.stale else '{ONLINE}' }}}}"
_MODELS: Final = {
    Provenance.LIVE: "Wi-Fi sensing",
    Provenance.REPLAY: "REPLAY of a recording: nothing of this is measured now",
    Provenance.SIMULATED: "SIMULATION: nothing of this was ever measured",
}


def device_id(prefix: str, room: str) -> str:
    """Letters, digits and underscores that belong to one room of one agent."""
    name = re.sub(r"[^a-z0-9]+", "_", f"{prefix} {room}".lower()).strip("_")
    return f"{name}_{crc32(f'{prefix}/{room}'.encode()):08x}"


def device(
    *, prefix: str, room: str, origin: Provenance, status: str, state: str
) -> dict[str, Any]:
    """The discovery payload of a room; `status` and `state` are the topics of agent and room."""
    identity = device_id(prefix, room)
    real = origin is Provenance.LIVE
    return {
        "device": {
            "identifiers": [identity],
            "name": room if real else f"{room} ({origin.value.upper()})",
            "manufacturer": "airsonde",
            "model": _MODELS[origin],
            "sw_version": __version__,
        }
        | ({"suggested_area": room} if real else {}),
        "origin": {"name": "airsonde", "sw_version": __version__},
        "availability": [{"topic": status}, {"topic": state, "value_template": _HEARD}],
        "availability_mode": "all",
        "state_topic": state,
        "qos": 1,
        "components": {
            name: {"unique_id": f"{identity}_{name}", **fields}
            for name, fields in _components(state).items()
        },
    }


def _components(state: str) -> dict[str, dict[str, Any]]:
    measured = {"platform": "sensor", "state_class": "measurement"}
    return {
        "occupancy": {
            "platform": "binary_sensor",
            "name": "Occupancy",
            "device_class": "occupancy",
            "value_template": _OCCUPANCY,
            "json_attributes_topic": state,
            "json_attributes_template": _WHY,
        },
        "motion": {
            "platform": "binary_sensor",
            "name": "Motion",
            "device_class": "motion",
            "value_template": _MOTION,
        },
        "breathing": measured
        | {
            "name": "Breathing rate",
            "unit_of_measurement": "breaths/min",
            "icon": "mdi:lungs",
            "value_template": "{{ value_json.breathing_bpm }}",
        },
        "quality": measured
        | {
            "name": "Signal quality",
            "unit_of_measurement": "%",
            "entity_category": "diagnostic",
            "value_template": _QUALITY,
        },
    }
