"""Ask a running agent over HTTP."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from airsonde.core.errors import ConfigError, DriverError

_LARGEST_BYTES: Final = 16 << 20
_TIMEOUT_S: Final = 5.0


def get_json(url: str, token: str | None = None) -> dict[str, Any]:
    """The JSON object at an address. Raises DriverError that says why there is none."""
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"{url!r} is no address of an agent; write http://127.0.0.1:8787")
    request = urllib.request.Request(url)  # noqa: S310  (checked in the line above)
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            body = json.loads(answer.read(_LARGEST_BYTES))
    except urllib.error.HTTPError as e:
        with e:
            raise DriverError(f"{url}: {e.code} {_reason(e.read(1 << 16))}") from e
    except (OSError, ValueError) as e:
        reason = getattr(e, "reason", e)
        raise DriverError(f"no agent answers at {url} ({reason}); `airsonde run` starts one") from e
    if not isinstance(body, dict):
        raise DriverError(f"{url} is no agent")
    return body


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "refused"
