"""The tuning of a host is planned from what is known of it, and touches nothing."""

import pytest

from airsonde.link.enforcement import EnforcementConfig, enforcement
from airsonde.link.tuning import (
    DRIVER_OPTIONS,
    SYSCTLS,
    Host,
    Vector,
    driver_options,
    modprobe_files,
    plan,
    sysctl_text,
)

IWLWIFI = {
    "iwlwifi": frozenset({"power_save", "uapsd_disable"}),
    "iwlmvm": frozenset({"power_scheme"}),
}


def test_bbr_over_fq_codel():
    lines = sysctl_text(SYSCTLS).splitlines()
    assert "net.core.default_qdisc = fq_codel" in lines
    assert "net.ipv4.tcp_congestion_control = bbr" in lines


def test_only_parameters_that_the_module_knows():
    known, notes = driver_options(Host(ifname="wlan0", driver="iwlwifi", module_parameters=IWLWIFI))
    assert modprobe_files(known) == {
        "/etc/modprobe.d/zz-airsonde-iwlwifi.conf": "options iwlwifi power_save=0 uapsd_disable=3\n",
        "/etc/modprobe.d/zz-airsonde-iwlmvm.conf": "options iwlmvm power_scheme=1\n",
    }
    assert "driver options take effect when the module is loaded next" in notes
    assert "iwlmld has no parameter power_scheme here: not written" in notes


@pytest.mark.parametrize("driver", ["ath11k_pci", None, "somebody"])
def test_a_driver_without_options_gets_none(driver):
    assert driver_options(Host(ifname="wlan0", driver=driver)) == ((), ())


@pytest.mark.parametrize("driver", DRIVER_OPTIONS)
def test_every_row_is_found_by_its_name(driver):
    parameters = {}
    for option in DRIVER_OPTIONS[driver]:
        parameters[option.module] = parameters.get(option.module, frozenset()) | {option.name}
    host = Host(ifname="wlan0", driver=driver, module_parameters=parameters)
    assert driver_options(host)[0] == DRIVER_OPTIONS[driver]


VECTORS = (
    Vector(irq=40, names="iwlwifi:queue_1"),
    Vector(irq=41, names="iwlwifi:exception"),
    Vector(irq=9, names="acpi"),
)


def irqs(preset, **fields):
    fields = {
        "permitted_cpus": (0, 1, 2, 3),
        "cpu_loads": {0: 0.9, 1: 0.5, 2: 0.1, 3: 0.4},
    } | fields
    return plan(Host(ifname="wlan0", driver="iwlwifi", vectors=VECTORS, **fields), preset).irq_cpus


def test_every_vector_to_cpu_1_or_the_least_loaded():
    assert irqs("v3") == {40: 1, 41: 1}
    assert irqs("adaptive") == {40: 2, 41: 2}
    assert irqs("v3", permitted_cpus=(0,)) == {40: 0, 41: 0}


def test_irqbalance_is_respected():
    assert irqs("adaptive", irqbalance=True) == {}
    assert irqs("v3", irqbalance=True) == {40: 1, 41: 1}


def test_an_interface_without_interrupts_is_normal():
    done = plan(Host(ifname="wlan0", driver="mt7921u"), "adaptive")
    assert done.irq_cpus == {}
    assert "wlan0 has no interrupt of its own" in done.notes


@pytest.mark.parametrize(("preset", "periodic"), [("v3", "true"), ("adaptive", None)])
def test_iwd_keeps_to_itself(preset, periodic):
    done = plan(Host(ifname="wlan0", iwd=True), preset)
    assert done.iwd["Scan"]["DisableRoamingScan"] == "true"
    assert done.iwd["Scan"].get("DisablePeriodicScan") == periodic
    assert any("after sleep" in note for note in done.notes) == (preset == "v3")
    assert plan(Host(ifname="wlan0"), preset).iwd == {}


def test_a_wired_link_does_not_sleep_between_packets():
    assert plan(Host(ifname="eth0", kind="ethernet"), "adaptive").energy_efficient is False
    assert plan(Host(ifname="wlan0"), "adaptive").energy_efficient is None


def test_offloads():
    assert dict(plan(Host(ifname="wlan0"), "v3").offloads) == {
        "tso": False,
        "gso": False,
        "gro": True,
    }


def test_profiles_are_left_alone_unless_asked():
    config = EnforcementConfig(no_ipv6=frozenset({"a"}), permanent_mac=frozenset({"a", "b"}))
    assert not enforcement("c", {}, config).needs_activation
    both = enforcement("a", {"ipv6": {"method": "auto"}}, config)
    assert both.settings == {
        "ipv6": {"method": "disabled"},
        "802-11-wireless": {"assigned-mac-address": "permanent"},
    }
    assert any("only IPv6" in note for note in both.notes)
    stands = {"802-11-wireless": {"assigned-mac-address": "permanent"}}
    assert not enforcement("b", stands, config).needs_activation
