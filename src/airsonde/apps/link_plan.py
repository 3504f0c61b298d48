"""The tuning plan of a described host, as records and files."""

from dataclasses import asdict, fields
from typing import Any

import msgspec

from airsonde.core.errors import ConfigError
from airsonde.link.tuning import SYSCTL_FILE, Host, Plan, modprobe_files, sysctl_text


def read_host(text: bytes) -> Host:
    """A host from one JSON object. Raises ConfigError for anything that is no description."""
    try:
        raw = msgspec.json.decode(text)
        host = msgspec.convert(raw, Host, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise ConfigError(f"this describes no host: {e}") from None
    if unknown := set(raw) - {f.name for f in fields(Host)}:
        raise ConfigError(f"this describes no host: unknown field {', '.join(sorted(unknown))}")
    if not host.permitted_cpus:
        raise ConfigError("this describes no host: permitted_cpus is empty")
    return host


def plan_record(plan: Plan) -> dict[str, Any]:
    """A plan as the command prints it: settings by kind, and the texts of our own files."""
    files = {SYSCTL_FILE: sysctl_text(plan.sysctls), **modprobe_files(plan.driver_options)}
    return {
        "sysctls": dict(plan.sysctls),
        "driver_options": [asdict(option) for option in plan.driver_options],
        "iwd": {section: dict(keys) for section, keys in plan.iwd.items()},
        "irq_cpus": {str(irq): cpu for irq, cpu in plan.irq_cpus.items()},
        "offloads": dict(plan.offloads),
        "energy_efficient": plan.energy_efficient,
        "files": files,
        "notes": list(plan.notes),
    }
