"""The drop-in's words reach the governor."""

import pytest
from click.testing import CliRunner

from airsonde.core.errors import DriverError
from airsonde.faces.hifi_wifi.main import hifi_wifi


@pytest.mark.parametrize("words", [["--help"], *([w, "--help"] for w in hifi_wifi.lazy)])
def test_help(words):
    done = CliRunner().invoke(hifi_wifi, words)
    assert done.exit_code == 0
    assert done.output.startswith("Usage:")


@pytest.mark.parametrize("words", [["--monitor", "apply"], ["--dry-run", "status"]])
def test_monitor_stands_alone(words):
    done = CliRunner().invoke(hifi_wifi, words)
    assert done.exit_code == 2
    assert "stands alone" in done.output


@pytest.mark.parametrize("words", [[], ["apply"]])
def test_what_is_not_installed_cannot_be_started(words, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    done = CliRunner().invoke(hifi_wifi, words)
    assert isinstance(done.exception, DriverError)
    assert "run `hifi-wifi install`" in str(done.exception)
