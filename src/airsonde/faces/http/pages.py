"""The dashboard: files of the package, known by name when the agent starts."""

import mimetypes
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_HASHED: Final = re.compile(r".*[-.][A-Za-z0-9_]{8,}\.\w+")
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is sent."""

    body: bytes
    media_type: str
    cache: str


class Pages:
    """Looks names up among the files that are there; none is made into a path."""

    def __init__(self) -> None:
        folder = files("airsonde.faces.http") / "assets"
        self._pages = {
            entry.name: _page(entry.name, entry.read_bytes())
            for entry in (folder.iterdir() if folder.is_dir() else ())
            if entry.is_file() and not entry.name.startswith(".")
        }

    async def index(self, _: Request) -> Response:
        return self._answer("index.html")

    async def asset(self, request: Request) -> Response:
        return self._answer(request.path_params["name"])

    def _answer(self, name: str) -> Response:
        page = self._pages.get(name)
        if page is None:
            return Response("not found\n", 404, media_type="text/plain")
        return Response(
            page.body, media_type=page.media_type, headers={"cache-control": page.cache}
        )


def _page(name: str, body: bytes) -> Page:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    cache = _FOREVER if _HASHED.fullmatch(name) else "no-cache"
    return Page(body=body, media_type=media_type, cache=cache)
