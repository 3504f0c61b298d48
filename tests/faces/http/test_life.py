"""The agent's own life: told to systemd, killed, ended in order, behind TLS."""

import datetime as dt
import http.client
import ipaddress
import signal
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from airsonde.captures.capture import open_capture
from tests.faces.http.running import SIMULATED


def test_systemd_is_told_that_it_is_ready_alive_and_stopping(start, tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "4000000")
        running = start(SIMULATED)
        assert systemd.recv(256).startswith(b"READY=1\n")
        assert systemd.recv(256) == b"WATCHDOG=1"
        assert running.stop(signal.SIGINT) == 0
        told = []
        while b"STOPPING=1" not in told:
            told.append(systemd.recv(256))


def test_clients_are_told_when_the_agent_ends(start):
    running = start(SIMULATED)
    with connect(running.url) as client:
        client.recv(timeout=5)
        begin = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - begin < 5
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)
    assert closed.value.rcvd.code == 1012


def test_a_killed_agent_loses_neither_events_nor_the_recording(start):
    running = start(SIMULATED)
    running.until(lambda: running.get("/sources/sim")["state"] == "hearing")
    _, _, begun = running.ask("POST", "/captures", {"source_id": "sim"}, write=True)
    name = begun["capture_id"]
    written = running.until(lambda: (running.get(f"/captures/{name}")["frames"] or 0) > 500 and 500)
    running.until(lambda: running.get("/events")["items"])
    acknowledged = running.get("/events?order=oldest")["items"]
    running.stop(signal.SIGKILL)

    again = start(SIMULATED)
    assert again.get("/events?order=oldest")["items"][: len(acknowledged)] == acknowledged
    kept = again.get(f"/captures/{name}")
    assert (kept["state"], kept["ended_ns"]) == ("kept", None)
    path = next(again.folder.rglob(kept["file"]))
    assert open_capture(path).summary()["decoded"] >= written


def test_a_port_in_use_is_said_and_nothing_runs(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(AssertionError) as refused:
            start(SIMULATED, "--port", port)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "airsonde test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(signed.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls(start, tmp_path):
    cert, key = certificate(tmp_path)
    running = start(SIMULATED + f'[http]\ntls_certificate = "{cert}"\ntls_key = "{key}"\n')
    context = ssl.create_default_context(cafile=cert)
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, context=context, timeout=5)
    connection.request("GET", "/api/v1/health")
    assert connection.getresponse().status == 200
    connection.close()
    plain = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        plain.request("GET", "/api/v1/health")
        refused = plain.getresponse().status >= 400
    except (http.client.HTTPException, OSError):
        refused = True
    plain.close()
    assert refused


def test_a_card_without_wifi_says_so_and_has_nothing_to_record(start):
    agent = start('[sources.card]\nkind = "rssi"\ninterface = "lo"\n')
    waiting = agent.until(lambda: (s := agent.get("/sources/card"))["reason"] and s)
    assert (waiting["kind"], waiting["state"]) == ("rssi", "waiting")
    assert agent.get("/rooms")["items"][0]["presence"] == "unknown"
    for path in ("/captures", "/calibrations"):
        status, _, body = agent.ask("POST", path, {"source_id": "card"}, write=True)
        assert status == 409
        assert "signal strength alone" in body["error"]["message"]
