"""How the reference reports a failure: `Error:` and the chain of causes, exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from airsonde.core.errors import AirsondeError, ConfigError, DecodeError


class CommandError(Exception):
    """A failed command; the outermost reason first."""

    def __init__(self, *chain: str) -> None:
        super().__init__(chain[0])
        self.chain = chain

    def text(self) -> str:
        """What goes to stderr, without the line end."""
        first, *causes = self.chain
        if not causes:
            return f"Error: {first}"
        numbered = [f"    {i}: {c}" for i, c in enumerate(causes)] if len(causes) > 1 else None
        return "\n".join([f"Error: {first}", "", "Caused by:", *(numbered or [f"    {causes[0]}"])])


@contextmanager
def context(*outer: str, plain_io: bool = False) -> Iterator[None]:
    """Put what was being done in front of why it failed.

    `plain_io`: the operating system's words stand alone, not wrapped as `io error`.
    """
    try:
        yield
    except DecodeError as e:
        raise CommandError(
            *outer, f"parse error at offset {e.offset or 0}: {_parse_text(e)}"
        ) from e
    except ConfigError as e:
        raise CommandError(*outer, f"invalid configuration: {e}") from e
    except (OSError, AirsondeError) as e:
        raise CommandError(*outer, *_io_chain(e, plain=plain_io)) from e


def _parse_text(error: DecodeError) -> str:
    if error.offset:
        return f"invalid frame line {error.offset}: {error.reason}"
    return error.reason


def _io_chain(error: Exception, *, plain: bool) -> tuple[str, ...]:
    found = error if isinstance(error, OSError) and error.errno else None
    cause = found or error.__cause__ or error.__context__
    if not isinstance(cause, OSError) or cause.errno is None:
        return (str(error),)
    text = f"{cause.strerror} (os error {cause.errno})"
    return (text,) if plain else (f"io error: {text}", text)
