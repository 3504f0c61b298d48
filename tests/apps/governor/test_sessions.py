"""Games on the session bus of another user: a real dbus-daemon that lets only that user in."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from airsonde.apps.governor import sessions
from airsonde.apps.governor.sessions import follow_sessions
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.user_thread import as_user
from tests.apps.governor.governed import LIMIT_S, SOURCE
from tests.doubles import services
from tests.drivers.linux.namespaces import needs_root

pytestmark = needs_root

NOBODY = 65534
FOLLOW = """
import asyncio, pathlib, sys
from airsonde.apps.governor.sessions import follow_sessions
try:
    asyncio.run(follow_sessions(lambda n: print(n, flush=True), pathlib.Path(sys.argv[1])))
except OSError as e:
    print(e)
"""


@contextmanager
def session(users):
    """A session of another user below the folder `users`; its bus is let go of by a call."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("dbus-daemon is not installed")
    folder = users / str(NOBODY)
    folder.mkdir()
    folder.chmod(0o700)
    os.chown(folder, NOBODY, NOBODY)
    process = subprocess.Popen(
        [daemon, "--session", "--nofork", "--nopidfile", "--nosyslog",
         f"--address=unix:path={folder}/bus", "--print-address=1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, user=NOBODY, group=NOBODY,
        extra_groups=[],
    )  # fmt: skip
    try:
        assert process.stdout.readline().startswith(b"unix:path=")
        yield f"unix:path={folder}/bus", process.kill
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def users():
    """A folder like /run/user, which others may enter as pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="airsonde-users-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def until(condition):
    for _ in range(round(LIMIT_S / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing came")


def test_roots_own_connection_is_refused(users):
    with session(users) as (address, _), pytest.raises(DriverError, match="cannot connect"):
        asyncio.run(Bus.at(address))


def test_games_of_another_user_are_counted(users, monkeypatch):
    monkeypatch.setattr(sessions, "SESSIONS_S", 0.2)

    async def run(address, log_out):
        seen = []
        double = services.GameMode()

        async def gamemode():
            await services.offered(
                address, services.GAMEMODE, ("/com/feralinteractive/GameMode", double)
            )
            await asyncio.sleep(0.3)
            double.register(100)
            await asyncio.sleep(0.3)
            double.register(101)
            await asyncio.sleep(LIMIT_S)

        user = asyncio.create_task(as_user(NOBODY, gamemode))
        following = asyncio.create_task(follow_sessions(seen.append, users))
        await until(lambda: seen[-1:] == [2])
        log_out()
        await until(lambda: seen[-1:] == [None])
        for task in (following, user):
            task.cancel()
        await asyncio.gather(following, user, return_exceptions=True)
        assert os.getuid() == 0
        return seen

    with session(users) as (address, log_out):
        seen = asyncio.run(run(address, log_out))
    assert [count for count in seen if count][:2] == [1, 2]


def as_a_service(users, capabilities):
    """The process with no capability but these, as the unit runs it."""
    kept = "".join(f",+{name}" for name in capabilities)
    return subprocess.Popen(
        [shutil.which("setpriv"), f"--bounding-set=-all{kept}", sys.executable, "-c", FOLLOW, str(users)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_capability_to_be_another_user_is_enough(users):
    with session(users) as (_, log_out):
        process = as_a_service(users, ["net_admin", "net_raw", "setuid"])
        assert process.stdout.readline() == "0\n"
        log_out()
        assert process.stdout.readline() == "None\n"
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("mode", "capabilities", "said"),
    [
        (0o755, ["net_admin"], "games in GameMode are not seen: their users' buses need CAP_SETUID\n"),
        (0o000, ["setuid"], "is hidden (Permission denied)\n"),
    ],
)  # fmt: skip
def test_without_the_right_it_is_a_capability(users, mode, capabilities, said):
    users.chmod(mode)
    told, _ = as_a_service(users, capabilities).communicate(timeout=LIMIT_S)
    assert told.endswith(said)


def test_work_of_another_user_has_its_rights_and_its_refusals(users):
    (users / "secret").touch(mode=0o600)

    async def read():
        try:
            (users / "secret").read_text()
        except PermissionError as e:
            raise UnsupportedError("not for this user") from e

    asyncio.run(as_user(0, read))
    with pytest.raises(UnsupportedError, match="not for this user"):
        asyncio.run(as_user(NOBODY, read))
    assert (users / "secret").read_text() == ""
