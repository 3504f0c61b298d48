"""Installation into folders of a test's own: the copy runs alone, and nothing of it stays."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from airsonde.apps.governor import install, tree
from airsonde.apps.governor.install import Places, unit_text
from airsonde.core.errors import DriverError
from airsonde.drivers.linux import systemctl


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A host with a systemctl that writes down what it is asked."""
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "systemctl"
    fake.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "bin").mkdir()
    return Places(
        state=tmp_path / "state",
        units=tmp_path / "units",
        commands=tmp_path / "bin",
        config=tmp_path / "etc",
    )


@pytest.fixture
def small(monkeypatch):
    """Copy the command line's packages only: NumPy takes seconds."""
    heavy = {"numpy", "nanoarrow", "zstandard", "rich"}
    packages = [p for p in tree.needed_packages() if p.metadata["Name"].lower() not in heavy]
    monkeypatch.setattr(tree, "needed_packages", lambda: packages)


def asked(places):
    return (places.state.parent / "asked").read_text().splitlines()


def test_a_copy_runs_by_itself_and_is_removed_without_a_trace(places, small):
    before = sorted(p.name for p in places.state.parent.iterdir())
    said = install.install(places)
    assert said[-1].startswith("installed in ")
    assert asked(places) == ["daemon-reload", "enable --now airsonde.service"]
    command = places.commands / "airsonde"
    alone = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run([command, "link", "status", "--json"], env=alone, cwd="/",
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert "no governor runs" in done.stderr
    known = subprocess.run([places.commands / "hifi-wifi", "--version"], env=alone,
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert known.stdout.startswith("hifi-wifi, version")
    assert install.uninstall(places, keep_config=False) == [
        "0 settings were put back; nothing of airsonde is left"
    ]
    assert asked(places)[-2:] == ["disable --now airsonde.service", "daemon-reload"]
    left = {p.name for p in places.state.parent.iterdir()} - set(before)
    assert left == {"asked", "units"}
    assert list(places.units.iterdir()) == list(places.commands.iterdir()) == []


def test_installing_again_replaces_and_missing_links_are_made(places, small):
    install.install(places)
    install.install(places)
    assert "--quiet stop airsonde.service" in asked(places)
    (places.commands / "airsonde").unlink()
    assert install.heal(places) == []
    assert (places.commands / "airsonde").readlink() == places.tree / "bin" / "airsonde"


def test_what_belongs_to_somebody_else_is_left_alone(places):
    (places.commands / "airsonde").write_text("theirs")
    said = install.heal(places)
    assert said == [f"{places.commands / 'airsonde'} belongs to somebody else and is left alone"]
    install.uninstall(places, keep_config=False)
    assert (places.commands / "airsonde").read_text() == "theirs"


def test_where_no_link_can_be_made_the_reason_is_said(places):
    shutil.rmtree(places.commands)
    said = install.heal(places)
    assert len(said) == 2
    assert "cannot write" in said[0]


def test_a_refusing_systemctl_is_an_error(places, small):
    fake = places.state.parent / "programs" / "systemctl"
    fake.write_text("#!/bin/sh\necho 'Unit is masked.' >&2; exit 1\n")
    with pytest.raises(DriverError, match="Unit is masked"):
        install.install(places)


def test_the_unit_runs_the_copy_with_few_rights(places):
    text = unit_text(places)
    assert f"ExecStart={places.tree}/bin/airsonde link run" in text
    assert "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW\n" in text
    assert "SYS_ADMIN" not in text
    assert "ProtectSystem=full" in text


def test_packages_of_the_link_are_found():
    names = {package.metadata["Name"].lower() for package in tree.needed_packages()}
    assert {"click", "msgspec", "dbus-fast", "pyroute2"} <= {n.replace("_", "-") for n in names}
    assert not names & {"pytest", "scipy", "matplotlib"}


def test_a_frozen_program_is_copied_whole_and_goes_by_both_names(places, monkeypatch):
    frozen = places.state.parent / "dist"
    (frozen / "_internal").mkdir(parents=True)
    (frozen / "airsonde").write_text('#!/bin/sh\necho "${0##*/}"\n')
    (frozen / "airsonde").chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(frozen / "airsonde"))
    install.install(places)
    assert f"ExecStart={places.tree}/airsonde link run" in places.unit.read_text()
    assert (places.tree / "_internal").is_dir()
    for command in ("airsonde", "hifi-wifi"):
        done = subprocess.run(
            [places.commands / command], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{command}\n"
    monkeypatch.setattr(sys, "executable", str(places.tree / "airsonde"))
    install.install(places)
    assert (places.tree / "airsonde").is_file()
    install.uninstall(places, keep_config=False)
    assert not places.state.exists()


DIES = """
import os, signal, sys
from airsonde.apps.governor import tree
light = {"click", "msgspec"}
packages = [p for p in tree.needed_packages() if p.metadata["Name"].lower() in light]
tree.needed_packages = lambda: packages
from airsonde.apps.governor.install import Places, install
from pathlib import Path
place, event, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def die(happens, args):
    global times
    times -= happens == event
    if times == 0:
        times = -1  # the signal is an event, too
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
install(Places(state=place / "state", units=place / "units", commands=place / "bin",
               config=place / "etc"))
"""


def runs(places):
    done = subprocess.run([places.tree / "bin" / "airsonde", "--version"], capture_output=True,
                          text=True, check=False)  # fmt: skip
    return done.stdout.startswith("airsonde, version")


@pytest.mark.parametrize(
    ("event", "times"),
    [("shutil.copyfile", 50), ("os.symlink", 1)],
)
def test_an_installation_that_was_killed_is_repeated(places, small, event, times):
    install.install(places)
    (places.commands / "airsonde").unlink()
    words = [sys.executable, "-c", DIES, str(places.state.parent), event, str(times)]
    died = subprocess.run(words, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert runs(places)
    install.install(places)
    assert runs(places)
    assert [path.name for path in places.state.iterdir()] == ["program"]
    install.uninstall(places, keep_config=False)
    assert not places.state.exists()
    assert list(places.units.iterdir()) == list(places.commands.iterdir()) == []


def test_where_systemd_does_not_run_everything_is_removed_all_the_same(
    places, small, tmp_path, monkeypatch
):
    monkeypatch.setattr(systemctl, "_BOOTED", tmp_path / "absent")
    install.install(places)
    places.wanted.parent.mkdir()
    places.wanted.symlink_to(places.unit)
    fake = places.state.parent / "programs" / "systemctl"
    fake.write_text("#!/bin/sh\necho 'Failed to connect to bus: Host is down' >&2; exit 1\n")
    install.uninstall(places, keep_config=False)
    assert not places.state.exists()
    assert [path.name for path in places.units.rglob("*")] == ["multi-user.target.wants"]
