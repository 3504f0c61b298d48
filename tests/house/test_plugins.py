"""Plugins are found without being imported, and their faults are said by name."""

import sys

import pytest

from airsonde import plugins
from airsonde.core.errors import PluginError


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution that offers one format."""
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins._known.cache_clear()

    def write(name, line):
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[airsonde.formats]\n{line}\n")

    yield write
    plugins._known.cache_clear()


def test_found_but_not_imported(install):
    install("one", "mine = nowhere.at_all:FORMATS")
    assert plugins.names("airsonde.formats") == ["mine"]
    assert "nowhere" not in sys.modules
    with pytest.raises(PluginError, match="failed to load"):
        plugins.load("airsonde.formats", "mine")


def test_a_plugin_is_loaded_by_name(install):
    install("one", "mine = airsonde.captures.nexmon_pcap:FORMATS")
    assert plugins.load("airsonde.formats", "mine")[0].name == "nexmon-pcap"


def test_two_owners_of_one_name(install):
    install("one", "mine = a:X")
    install("two", "mine = b:X")
    with pytest.raises(PluginError, match="claimed by"):
        plugins.names("airsonde.formats")


def test_unknown_names_say_what_there_is(install):
    with pytest.raises(PluginError, match="installed: none"):
        plugins.load("airsonde.formats", "mine")
    with pytest.raises(PluginError, match="no plugin group"):
        plugins.names("airsonde.sorcery")
