"""Log lines in logfmt on stderr: `at=… level=info what="source changed" source=desk`."""

import json
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

_PLAIN: Final = re.compile(r"[\w./:@+-]+")


class Log:
    """Writes one line at a time; values are quoted where they need it, None is left out."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def info(self, what: str, **fields: object) -> None:
        self._write("info", what, fields)

    def warning(self, what: str, **fields: object) -> None:
        self._write("warning", what, fields)

    def _write(self, level: str, what: str, fields: dict[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        pairs = {"at": at, "level": level, "what": what, **fields}
        words = [f"{name}={_value(v)}" for name, v in pairs.items() if v is not None]
        print(*words, file=self._stream, flush=True)


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
