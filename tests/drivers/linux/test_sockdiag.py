"""TCP connections of the real kernel, read by sock_diag."""

import socket
import struct
import time
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.sockdiag import SockDiag, read_answers
from tests.drivers.linux.netlink_bytes import attr, message


@contextmanager
def connections(count, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server((host, 0), family=family, backlog=count))
        pairs = []
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(server.getsockname()[:2]))
            accepted, _ = server.accept()
            pairs.append((client, stack.enter_context(accepted)))
        yield pairs


def flow_of(sock, flows):
    (found,) = [
        f
        for f in flows
        if (f.local_port, f.peer_port) == (sock.getsockname()[1], sock.getpeername()[1])
    ]
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_figures_are_those_of_getsockopt(host):
    with connections(1, host) as [(client, accepted)]:
        client.sendall(b"x" * 5000)
        while accepted.recv(8192, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b"x" * 5000:
            time.sleep(0.001)
        diag = SockDiag()
        flows = diag.flows()
        flow = flow_of(client, flows)
        info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        diag.close()
        assert flow.local == socket.inet_pton(client.family, host)
        assert flow.peer == flow.local
        assert (flow.rtt_us,) == struct.unpack_from("=I", info, 68)
        assert (flow.min_rtt_us,) == struct.unpack_from("=I", info, 148)
        assert (flow.delivery_bytes_s,) == struct.unpack_from("=Q", info, 160)
        assert flow.bytes_acked == 5001  # and the SYN
        assert flow.unacked == flow.retransmitted == 0
        assert flow.app_limited
        assert flow_of(accepted, flows).bytes_received == 5000


def test_only_the_addresses_asked_for():
    with connections(2):
        diag = SockDiag()
        assert len(diag.flows({b"\x7f\x00\x00\x01"})) >= 4
        assert diag.flows({b"\x0a\x00\x00\x01"}) == []
        diag.close()


def test_500_connections_cost_about_2_ms():
    with connections(250):
        diag = SockDiag()
        costs = []
        for _ in range(10):
            before = time.process_time()
            assert len(diag.flows()) >= 500
            costs.append(time.process_time() - before)
        diag.close()
        assert min(costs) < 0.005  # 1.9 ms on an idle machine


def test_an_error_of_the_kernel_is_named():
    with pytest.raises(UnsupportedError, match="tcp_diag"):
        read_answers(message(2, struct.pack("=i", -2)), [], None)
    with pytest.raises(DriverError, match="Operation not permitted"):
        read_answers(message(2, struct.pack("=i", -1)), [], None)


def test_the_end_of_the_answers():
    assert read_answers(message(3, b""), [], None) is False
    assert read_answers(b"", [], None) is True


def test_a_connection_without_figures_is_left_out():
    found = []
    body = struct.pack(">B3xHH16s16s32x", socket.AF_INET, 1, 2, bytes(16), bytes(16))
    read_answers(message(20, body), found, None)
    read_answers(message(20, body + struct.pack("=HH", 12, 2) + bytes(8)), found, None)
    read_answers(message(20, body[:40]), found, None)
    assert found == []


def test_what_arrived_out_of_order_counts_as_delivered():
    figures = bytearray(232)
    struct.pack_into("=I", figures, 16, 1448)  # tcpi_snd_mss
    struct.pack_into("=I", figures, 28, 3)  # tcpi_sacked
    struct.pack_into("=Q", figures, 120, 10_000)  # tcpi_bytes_acked
    found = []
    body = struct.pack(">B3xHH16s16s32x", socket.AF_INET, 1, 2, bytes(16), bytes(16))
    read_answers(message(20, body + attr(2, bytes(figures))), found, None)
    assert [flow.bytes_acked for flow in found] == [10_000 + 3 * 1448]


@given(st.binary(max_size=400))
def test_any_bytes_end_in_connections_or_a_typed_error(noise):
    found = []
    for answers in (noise, message(20, noise)):
        try:
            read_answers(answers, found, None)
        except DriverError:
            continue
    assert all(len(flow.local) in {4, 16} for flow in found)
