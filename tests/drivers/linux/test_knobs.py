"""Kernel settings and files: read back, put back, and refusals that say why."""

import asyncio
import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.ini_edit import edited
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import Sysctl, WholeFile, file_value
from airsonde.drivers.linux.module_options import ModuleFiles, ModuleOptions
from tests.drivers.linux.namespaces import command, needs_root, network_namespace


@pytest.fixture
def journal(tmp_path):
    journal = Journal.open(tmp_path / "state", "b1")
    yield journal
    journal.close()


@needs_root
def test_a_kernel_setting_is_turned_and_put_back(journal):
    with network_namespace():
        sysctl = Sysctl()
        before = asyncio.run(sysctl.read("net/ipv4/tcp_rmem"))
        assert len(before.split(" ")) == 3
        assert asyncio.run(journal.turn(sysctl, "net/ipv4/tcp_rmem", "4096 131072 4194304"))
        assert asyncio.run(sysctl.read("net/ipv4/tcp_rmem")) == "4096 131072 4194304"
        asyncio.run(journal.revert({"sysctl": sysctl}))
        assert asyncio.run(sysctl.read("net/ipv4/tcp_rmem")) == before


@needs_root
@pytest.mark.parametrize("value", ["no_such_control", "cubic\nreno"])
def test_a_value_the_kernel_refuses(journal, value):
    with network_namespace(), pytest.raises(DriverError, match="tcp_congestion_control"):
        asyncio.run(journal.turn(Sysctl(), "net/ipv4/tcp_congestion_control", value))


def test_a_setting_this_kernel_lacks():
    with pytest.raises(UnsupportedError, match=r"no setting net\.ipv4\.tcp_sorcery"):
        asyncio.run(Sysctl().read("net/ipv4/tcp_sorcery"))
    with pytest.raises(UnsupportedError, match=r"no setting net\.ipv4\.tcp_sorcery"):
        asyncio.run(Sysctl().write("net/ipv4/tcp_sorcery", "1"))


@pytest.mark.parametrize(
    "target", ["", "net", "../etc/passwd", "net/../../etc/passwd", "/etc/x", "net/ipv4/a b"]
)
def test_a_target_outside_is_refused(target):
    with pytest.raises(DriverError, match="no kernel setting"):
        asyncio.run(Sysctl().read(target))


def test_files_come_back_with_content_and_mode(journal, tmp_path):
    path = tmp_path / "main.conf"
    path.write_bytes(b"\xff\x00")
    path.chmod(0o600)
    fresh = tmp_path / "fresh.conf"
    asyncio.run(journal.turn(WholeFile(), str(path), file_value(b"ours", 0o640)))
    asyncio.run(journal.turn(WholeFile(), str(fresh), file_value(b"ours")))
    assert path.read_bytes() == fresh.read_bytes() == b"ours"
    asyncio.run(journal.revert({"file": WholeFile()}))
    assert path.read_bytes() == b"\xff\x00"
    assert path.stat().st_mode & 0o7777 == 0o600
    assert not fresh.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["main.conf", "state"]


def test_a_link_is_not_followed(journal, tmp_path):
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(DriverError, match="no plain file"):
        asyncio.run(journal.turn(WholeFile(), str(tmp_path / "link"), file_value(b"x")))


def test_a_damaged_record_of_a_file_is_refused(tmp_path):
    for value in ({"base64": "!", "mode": 1}, {"mode": 1}, 3, {"base64": "", "mode": "x"}):
        with pytest.raises(DriverError, match="damaged"):
            asyncio.run(WholeFile().write(str(tmp_path / "x"), value))


@needs_root
def test_a_read_only_file_system_says_so(journal, tmp_path):
    folder = tmp_path / "ro"
    folder.mkdir()
    command("mount", "-t", "tmpfs", "-o", "ro", "none", folder)
    try:
        with pytest.raises(DriverError, match="the file system is read-only"):
            asyncio.run(WholeFile().write(str(folder / "x.conf"), file_value(b"x")))
    finally:
        command("umount", folder)


@pytest.fixture
def modules(tmp_path):
    """A tree as /sys/module shows it."""
    folder = tmp_path / "module" / "rtw89_core" / "parameters"
    folder.mkdir(parents=True)
    (folder / "disable_ps_mode").write_text("N\n")
    (tmp_path / "modprobe.d").mkdir()
    return ModuleFiles(sys_module=tmp_path / "module", modprobe_d=tmp_path / "modprobe.d")


def test_a_known_option_is_written_to_our_own_file(journal, modules):
    wanted = ModuleOptions(module="rtw89_core", options={"disable_ps_mode": "y"})
    assert asyncio.run(modules.put(journal, wanted))
    path = modules.modprobe_d / "zz-airsonde-rtw89_core.conf"
    assert path.read_text().splitlines()[-1] == "options rtw89_core disable_ps_mode=y"
    assert not asyncio.run(modules.put(journal, wanted))
    asyncio.run(journal.revert({"file": WholeFile()}))
    assert not path.exists()


def test_an_invented_option_is_refused_and_nothing_written(journal, modules):
    wanted = ModuleOptions(module="rtw89_core", options={"tx_power_reduction": "0"})
    with pytest.raises(UnsupportedError, match="no option tx_power_reduction; it knows disable_ps"):
        asyncio.run(modules.put(journal, wanted))
    assert list(modules.modprobe_d.iterdir()) == []


def test_a_module_that_is_not_loaded(journal, modules):
    with pytest.raises(UnsupportedError, match="ath11k_pci is not loaded"):
        asyncio.run(modules.put(journal, ModuleOptions(module="ath11k_pci", options={"a": "1"})))


@pytest.mark.parametrize(
    ("module", "value"), [("../x", "y"), ("rtw89_core", "y\noptions x a=1"), ("", "y")]
)
def test_words_that_would_break_the_file(journal, modules, module, value):
    wanted = ModuleOptions(module=module, options={"disable_ps_mode": value})
    with pytest.raises(DriverError, match="is no"):
        asyncio.run(modules.put(journal, wanted))


def test_the_running_kernel_names_its_parameters():
    known = ModuleFiles().parameters("tcp_cubic")
    assert known["fast_convergence"] == "1"


KEY = {("Scan", "DisableRoamingScan"): "true"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"[Scan]\nDisableRoamingScan=true\n"),
        (b"[General]\nA=1\n", b"[General]\nA=1\n\n[Scan]\nDisableRoamingScan=true\n"),
        (b"[Scan]\nX=1\n\n[General]\nA=1", b"[Scan]\nX=1\nDisableRoamingScan=true\n\n[General]\nA=1\n"),
        (b"# c\n[Scan]\n DisableRoamingScan = false\n", b"# c\n[Scan]\nDisableRoamingScan=true\n"),
        (b"[Scan]\n#DisableRoamingScan=false\n", b"[Scan]\n#DisableRoamingScan=false\nDisableRoamingScan=true\n"),
        (b"[Other]\nDisableRoamingScan=1\n", b"[Other]\nDisableRoamingScan=1\n\n[Scan]\nDisableRoamingScan=true\n"),
        (b"[Scan]\nDisableRoamingScan=0\n[Scan]\nDisableRoamingScan=0\n", b"[Scan]\nDisableRoamingScan=true\n[Scan]\nDisableRoamingScan=true\n"),
    ],
)  # fmt: skip
def test_one_key_is_set_and_the_rest_kept(before, after):
    assert edited(before, KEY) == after
    assert edited(after, KEY) == after


@given(st.text(alphabet="[]#=ab \n", max_size=60))
def test_other_lines_stay_as_they_were(text):
    wanted = "b=1"
    others = [x for x in text.splitlines() if x.replace(" ", "").partition("=")[0] != "b"]
    after = edited(text.encode(), {("a", "b"): "1"}).decode().splitlines()
    assert wanted in after
    left = iter(after)
    assert all(line in left for line in others)  # in this order


def test_text_that_cannot_be_kept_is_refused():
    with pytest.raises(DriverError, match="UTF-8"):
        edited(b"\xff", KEY)
    with pytest.raises(DriverError, match="one line"):
        edited(b"", {("Scan", "x"): "1\n[General]"})


def test_a_file_value_is_exact():
    assert base64.b64decode(file_value(b"\x00\xff")["base64"]) == b"\x00\xff"
