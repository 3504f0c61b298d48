"""Who is kept out, each by a request of its own."""

import json
import socket
import stat

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from airsonde.apps.agent.settings import HttpSettings
from airsonde.core.errors import ConfigError
from airsonde.drivers.stores.events import EventStore
from airsonde.faces.http.door import Door
from airsonde.faces.http.faults import RefusedError
from airsonde.faces.http.tokens import Access, Tokens, kept_token, read_token
from tests.faces.http.running import SIMULATED

TOKEN = "a-token-that-is-long-enough"  # noqa: S105  (of tests)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "", "10.0.0.1", "[::2]"]
)
def test_a_foreign_host_is_misdirected(agent, host):
    status, _, body = agent.ask("GET", "/health", headers={"Host": host})
    assert (status, body["error"]["code"]) == (421, "foreign_host")
    assert agent.ask("GET", "//", headers={"Host": host})[0] == 421


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8787", "LOCALHOST"])
def test_the_agents_own_names_are_served(agent, host):
    assert agent.ask("GET", "/health", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://"]
)
def test_pages_of_others_may_not_ask(agent, origin):
    status, headers, body = agent.ask("GET", "/health", headers={"Origin": origin})
    assert (status, body["error"]["code"]) == (403, "foreign_origin")
    assert not [name for name in headers if name.lower().startswith("access-control")]
    with pytest.raises(InvalidStatus) as refused, connect(agent.url, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_the_agents_own_page_may_ask(agent):
    origin = f"http://127.0.0.1:{agent.port}"
    status, headers, _ = agent.ask("GET", "/health", headers={"Origin": origin})
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control")]
    with connect(agent.url, origin=origin) as client:
        assert json.loads(client.recv(timeout=5))["type"] == "hello"


def test_preflight_is_not_answered(agent):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert agent.ask("OPTIONS", "/captures", headers=headers)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["//assets/../models.py", "//assets/%2e%2e%2fmodels.py", "//assets/..%5c..%5cx", "//assets//etc",
     "/captures/..%2f..%2fwrite-token", "/captures/..%2fwrite-token/file", "//../../etc/passwd",
     "/captures/20261121-073117-000-sim%00/file", "/calibrations/..%2f..%2fx"],
)  # fmt: skip
def test_no_path_reaches_the_disk(agent, path):
    status, _, body = agent.ask("GET", path)
    assert status == 404
    assert TOKEN not in str(body)
    assert agent.token not in str(body)


def test_writing_needs_the_write_token_and_is_audited(agent):
    before = agent.get("/captures")["items"]
    status, _, body = agent.ask("POST", "/captures", {"source_id": "sim"})
    assert (status, body["error"]["code"]) == (401, "write_token_needed")
    wrong = {"Authorization": "Bearer " + "x" * 40}
    assert agent.ask("POST", "/captures", {"source_id": "sim"}, headers=wrong)[0] == 401
    assert agent.ask("GET", f"/health?token={agent.token}")[0] == 400
    assert agent.get("/captures")["items"] == before
    assert agent.ask("POST", "/captures", {"source_id": "nobody"}, write=True)[0] == 404
    assert 'action="POST /api/v1/captures" status=404' in agent.log.read_text()
    trail = EventStore.open(agent.folder / "airsonde" / "events.sqlite")
    last = trail.audit()[-1]
    trail.close()
    assert (last.who, last.action, last.outcome) == (agent.address, "POST /api/v1/captures", "404")


def test_no_token_is_in_the_log(agent):
    agent.ask("GET", "/health", write=True)
    agent.ask("GET", f"/health?{agent.token}")
    assert agent.token not in agent.log.read_text()
    assert agent.token not in json.dumps(agent.get("/config"))


def test_bodies_are_limited_and_typed(agent):
    big = b'{"source_id": "' + b"x" * 70_000 + b'"}'
    assert agent.ask("POST", "/captures", big, write=True)[0] == 413
    plain = {"Content-Type": "text/plain"}
    body = b'{"source_id": "sim"}'
    assert agent.ask("POST", "/captures", body, headers=plain, write=True)[0] == 415


def test_rates_are_limited_for_each_address(agent):
    asked = b"GET /api/v1/config HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 400
    where = ("127.0.0.1", agent.port)
    with socket.create_connection(where, 10, source_address=("127.0.0.250", 0)) as sock:
        sock.sendall(asked)
        heard = b""
        while b" 429 " not in heard:
            part = sock.recv(65536)
            assert part, "every request was answered"
            heard = heard[-8:] + part
    assert agent.ask("GET", "/config")[0] == 200


def test_browsers_are_told_to_be_strict(agent):
    _, headers, _ = agent.ask("GET", "//")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_with_a_read_token_reading_needs_it(start, tmp_path):
    file = tmp_path / "read-token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    running = start(SIMULATED + f'[http]\nread_token_file = "{file}"\n')
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert running.ask("GET", "/health")[0] == 401
    assert running.ask("GET", "//metrics")[0] == 401
    assert running.ask("GET", "/health", headers=bearer)[0] == 200
    assert running.ask("GET", "/health", write=True)[2]["writable"] is True
    assert running.ask("POST", "/captures", {"source_id": "sim"}, headers=bearer)[0] == 403
    config = running.ask("GET", "/config", headers=bearer)[2]["config"]
    assert str(file) not in json.dumps(config)
    with pytest.raises(InvalidStatus) as refused, connect(running.url):
        pass
    assert refused.value.response.status_code == 401
    with connect(running.url, subprotocols=["airsonde.v1", f"bearer.{TOKEN}"]) as client:
        assert client.subprotocol == "airsonde.v1"
        assert json.loads(client.recv(timeout=5))["writable"] is False


def test_another_bind_needs_a_read_token(start):
    with pytest.raises(AssertionError, match=r"set http\.read_token_file"):
        start(SIMULATED + '[http]\nbind = "0.0.0.0"\n')


def test_token_files_are_for_their_owner_alone(tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_token(file)
    file.chmod(0o600)
    assert read_token(file) == TOKEN
    file.write_text("short")
    with pytest.raises(ConfigError, match="holds no token"):
        read_token(file)


def test_a_token_is_made_once(tmp_path):
    file = tmp_path / "state" / "write-token"
    token = kept_token(file)
    assert kept_token(file) == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_tokens_open_what_they_are_for():
    tokens = Tokens(read="r" * 16, write="w" * 16)
    assert tokens.access("w" * 16) is Access.WRITE
    assert tokens.access("r" * 16) is Access.READ
    assert [tokens.access(t) for t in (None, "", "r" * 15, "ü")] == [Access.NONE] * 4
    open_ = Tokens(read=None, write="w" * 16)
    assert [open_.access(None), open_.access(""), open_.access("w")] == [
        Access.READ, Access.NONE, Access.NONE,
    ]  # fmt: skip
    assert "w" * 16 not in repr(tokens)


def test_names_from_the_configuration_are_let_in():
    door = Door(HttpSettings(names=("pi.lan",)), Tokens(read=None, write="w" * 16))

    def enter(host):
        headers = [(b"host", host)]
        return door.enter({"type": "http", "path": "/", "headers": headers, "client": ("::1", 1)})

    assert enter(b"pi.lan:8787") is Access.READ
    with pytest.raises(RefusedError, match="none of this agent's names"):
        enter(b"pi.lan.evil.example")
