"""A host behind a bottleneck whose rate a script changes, made of network namespaces.

    H [wan 10.9.1.2, what it receives through ifb-wan] -- B [bh, bs] -- S [10.9.2.2, netem 20 ms]

B holds both directions to one rate by HTB over a FIFO of 1000 packets. Needs root and iproute2.
"""

import subprocess
from collections.abc import Sequence

EGRESS, IFB = "wan", "ifb-wan"
HOST, GATEWAY, SERVER = "10.9.1.2", "10.9.1.1", "10.9.2.2"
WAN_RTT_MS = 20
SIDES = ("bs", "bh")  # B towards the server (up) and towards the host (down)

_MODULES = "veth ifb sch_cake sch_netem sch_htb sch_ingress cls_matchall act_mirred tcp_diag"
# They look at every new interface, at the expense of emulated processors.
_IDLE = "NetworkManager systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd"

_LINKS = f"""\
link add {EGRESS} netns H type veth peer name bh netns B
link add bs netns B type veth peer name srv netns S
"""
_ADDRESSES = {
    "H": f"""\
link add {IFB} type ifb
address add {HOST}/24 dev {EGRESS}
link set lo up
link set {EGRESS} up
link set {IFB} up
route add default via {GATEWAY}
""",
    "B": f"""\
address add {GATEWAY}/24 dev bh
address add 10.9.2.1/24 dev bs
link set bh up
link set bs up
""",
    "S": f"""\
address add {SERVER}/24 dev srv
link set srv up
route add default via 10.9.2.1
""",
}


def prepare() -> None:
    """Once a boot: modules, and quiet."""
    run("modprobe", "-a", *_MODULES.split())
    run("systemctl", "stop", *_IDLE.split())


def build(mbit: float) -> None:
    """The three namespaces anew, without any queue of a contender."""
    for name in "HBS":
        subprocess.run(("ip", "netns", "delete", name), capture_output=True, check=False)
        run("ip", "netns", "add", name)
    run("ip", "-batch", "-", given=_LINKS)
    for name, batch in _ADDRESSES.items():
        run("ip", "-n", name, "-batch", "-", given=batch)
    for name, ifname in (("H", EGRESS), ("B", "bh"), ("B", "bs"), ("S", "srv")):
        run(*inside(name), "ethtool", "-K", ifname, "tso", "off", "gso", "off", "gro", "off")
    run(*inside("B"), "sysctl", "-q", "net.ipv4.ip_forward=1")
    for name in "HS":
        run(*inside(name), "sysctl", "-q", "net.ipv4.tcp_no_metrics_save=1")
    _queues(mbit)


def shape(mbit: float) -> None:
    """CAKE at one rate on both queues of the host."""
    row = "qdisc replace dev {} root cake bandwidth {}kbit besteffort\n"
    tc("H", "".join(row.format(ifname, round(mbit * 1e3)) for ifname in (EGRESS, IFB)))


def rate_lines(mbit: float) -> str:
    """Batch lines that change the bottleneck's rate."""
    return "".join(
        f"class change dev {side} parent 1: classid 1:1 {_htb(mbit)}\n" for side in SIDES
    )


def inside(namespace: str) -> tuple[str, ...]:
    """The words that run a command in a namespace."""
    return "ip", "netns", "exec", namespace


def tc(namespace: str, batch: str) -> None:
    run(*inside(namespace), "tc", "-batch", "-", given=batch)


def run(*words: str, given: str | None = None) -> str:
    """What a command printed; raises RuntimeError with what it complained of."""
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def _queues(mbit: float) -> None:
    rows: list[str] = []
    for side in SIDES:
        rows += (
            f"qdisc add dev {side} root handle 1: htb default 1",
            f"class add dev {side} parent 1: classid 1:1 {_htb(mbit)}",
            f"qdisc add dev {side} parent 1:1 pfifo limit 1000",
        )
    tc("B", _batch(rows))
    tc("S", _batch([f"qdisc add dev srv root netem delay {WAN_RTT_MS}ms limit 20000"]))
    redirect = f"matchall action mirred egress redirect dev {IFB}"
    rows = [
        f"qdisc add dev {EGRESS} handle ffff: ingress",
        f"filter add dev {EGRESS} parent ffff: {redirect}",
        *(f"qdisc replace dev {ifname} root pfifo limit 1000" for ifname in (EGRESS, IFB)),
    ]
    tc("H", _batch(rows))


def _batch(rows: Sequence[str]) -> str:
    return "\n".join(rows) + "\n"


def _htb(mbit: float) -> str:
    kbit = round(mbit * 1e3)
    return f"htb rate {kbit}kbit ceil {kbit}kbit burst 6k cburst 6k quantum 1514"
