"""A real MQTT broker in a process of its own, and a client that notes what it says."""

import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """mosquitto on a free loopback port; it keeps nothing when it ends."""

    def __init__(self, folder: Path, *, password=None, tls=None):
        if PROGRAM is None:
            pytest.skip("mosquitto is not on this machine")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(not password).lower()}"]
        if password is not None:
            users = folder / "users"
            program = shutil.which("mosquitto_passwd") or "mosquitto_passwd"
            subprocess.run([program, "-c", "-b", users, "user", password], check=True)
            lines.append(f"password_file {users}")
        if tls is not None:
            lines += [f"certfile {tls.certificate}", f"keyfile {tls.key}"]
        self.tls, self.password = tls, password
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join([*lines, "user root", ""]))
        self.start()

    def start(self):
        """Begin, or begin again on the same port."""
        quiet = subprocess.DEVNULL
        command = [PROGRAM, "-c", self._config]
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def kill(self):
        self._process.kill()
        self._process.wait()


class Listener:
    """Subscribes to everything; `heard` holds topics with payloads, `kept` what was retained."""

    def __init__(self, broker: Broker):
        from paho.mqtt.client import CallbackAPIVersion, Client

        self.heard, self.kept = [], {}
        self._changed = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        if broker.password is not None:
            self._client.username_pw_set("user", broker.password)
        if broker.tls is not None:
            self._client.tls_set(broker.tls.authority)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def until(self, condition, seconds=8.0):
        """What `condition` gives as soon as it is true."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), self.heard[-5:]
            return condition()

    def payloads(self, ending):
        return [payload for topic, payload in self.heard if topic.endswith(ending)]

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client, _userdata, message):
        with self._changed:
            self.heard.append((message.topic, message.payload))
            if message.retain:
                self.kept[message.topic] = message.payload
            self._changed.notify_all()
