"""`airsonde doctor` in a network of its own, where a firewall drops or nobody sends."""

import json
import os
import shutil
import subprocess
import sys

import pytest

UNSHARE = shutil.which("unshare")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or UNSHARE is None, reason="only root may make a network"
)

TOML = '[sources.board]\nkind = "udp"\nport = 5005\nfamily = "esp32"\nhost = "{host}"\n'
ACCEPT, DROP = 1, 0  # linux/netfilter.h
NETWORK = """
import socket, struct, sys, threading
from click.testing import CliRunner
from pyroute2 import IPRoute
from airsonde.faces.cli.main import airsonde

config, policy, to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with IPRoute() as links:
    links.link("set", index=1, state="up")
    links.addr("add", index=1, address="10.9.9.9", prefixlen=32)
if policy == 0:
    from pyroute2.nftables.main import NFTables
    with NFTables(nfgen_family=1) as nft:
        nft.table("add", name="filter")
        nft.chain("add", table="filter", name="input", hook="input", type="filter", policy=policy)
over = threading.Event()

def send():
    head = struct.pack("<IBBHIIbbH", 0xC5110001, 1, 1, 64, 2437, 1, -45, -92, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while to and not over.wait(0.02):
            sock.sendto(head + bytes(range(1, 129)), (to, 5005))

sender = threading.Thread(target=send)
sender.start()
done = CliRunner().invoke(airsonde, ["doctor", config, "--seconds", "0.6", "--json"])
over.set()
sender.join()
print(done.output)
"""


def board(tmp_path, *, policy=ACCEPT, to="127.0.0.1", host="0.0.0.0"):  # noqa: S104
    """What the doctor says of a source in such a network."""
    config = tmp_path / "a.toml"
    config.write_text(TOML.format(host=host))
    done = subprocess.run(
        [UNSHARE, "--net", sys.executable, "-c", NETWORK, config, str(policy), to],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "Operation not supported" in done.stderr:
        pytest.skip("this kernel has no nftables")
    assert done.returncode == 0, done.stderr
    return next(check for check in json.loads(done.stdout) if check["name"] == "board")


def test_a_firewall_that_drops_is_found(tmp_path):
    check = board(tmp_path, policy=DROP)
    assert check["well"] is False
    assert "datagrams for that port reached lo" in check["found"]
    assert "firewall drops them" in check["remedy"]


def test_where_nothing_reaches_the_machine_no_firewall_is_blamed(tmp_path):
    check = board(tmp_path, policy=DROP, to="")
    assert "nor did anything reach this machine" in check["found"]
    assert "firewall" not in check["remedy"]


def test_datagrams_to_another_address_are_found(tmp_path):
    check = board(tmp_path, to="10.9.9.9", host="127.0.0.1")
    assert "another address" in check["remedy"]


def test_what_gets_through_is_well(tmp_path):
    check = board(tmp_path)
    assert (check["well"], check["remedy"]) == (True, None)
