"""The daemon as a process, and what a host does to it: sleep, renames, unplugging, full memory."""

from pathlib import Path

import pytest

from tests.apps.governor.governed import governed_host, needs_root

pytestmark = needs_root


@pytest.fixture
def host(tmp_path):
    with governed_host(tmp_path) as host:
        yield host


def test_the_process_is_small(host):
    host.governs()
    process = Path(f"/proc/{host.daemon.pid}")
    resident_kib = int((process / "status").read_text().split("VmRSS:")[1].split()[0])
    assert resident_kib < 40 * 1024
    mapped = (process / "maps").read_text()
    assert "/libcrypto" not in mapped
    assert "dbus_fast" in mapped
