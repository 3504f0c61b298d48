"""Add and remove simulated radios in a running kernel, by generic netlink.

Linux drivers/net/wireless/virtual/mac80211_hwsim.h (commands, attributes),
include/uapi/linux/genetlink.h (controller).
"""

import os
import socket
import struct

_NETLINK_GENERIC = 16
_NLMSG_ERROR = 2
_NLM_F_REQUEST, _NLM_F_ACK = 1, 4
_GENL_ID_CTRL, _CTRL_CMD_GETFAMILY = 16, 3
_CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 1, 2
_CMD_NEW_RADIO, _CMD_DEL_RADIO = 4, 5
_ATTR_CHANNELS, _ATTR_RADIO_ID = 9, 10


def new_radio() -> int:
    """Make a radio and answer its number; the kernel gives it an interface of its own."""
    return _request(_CMD_NEW_RADIO, _attribute(_ATTR_CHANNELS, struct.pack("=I", 1)))


def delete_radio(number: int) -> None:
    _request(_CMD_DEL_RADIO, _attribute(_ATTR_RADIO_ID, struct.pack("=I", number)))


def _request(command: int, attributes: bytes) -> int:
    """Ask the hwsim family; answers what the acknowledgement holds, raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC) as netlink:
        netlink.settimeout(30)
        name = _attribute(_CTRL_ATTR_FAMILY_NAME, b"MAC80211_HWSIM\0")
        netlink.send(_message(_GENL_ID_CTRL, _NLM_F_REQUEST, _CTRL_CMD_GETFAMILY, name))
        family = _family(netlink.recv(65536))
        netlink.send(_message(family, _NLM_F_REQUEST | _NLM_F_ACK, command, attributes))
        kind, code = struct.unpack_from("=4xH10xi", netlink.recv(65536))
    if kind != _NLMSG_ERROR:
        raise OSError(f"unexpected answer {kind} from mac80211_hwsim")
    if code < 0:
        raise OSError(-code, os.strerror(-code))
    return int(code)


def _message(kind: int, flags: int, command: int, attributes: bytes) -> bytes:
    body = struct.pack("=BBH", command, 1, 0) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    padding = b"\0" * (-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding


def _family(answer: bytes) -> int:
    """The family's number in the controller's answer."""
    kind, code = struct.unpack_from("=4xH10xi", answer)
    if kind == _NLMSG_ERROR:
        raise OSError(-code, "mac80211_hwsim is not loaded")
    offset = 20
    while offset < len(answer):
        size, attribute = struct.unpack_from("=HH", answer, offset)
        if attribute == _CTRL_ATTR_FAMILY_ID:
            return int(struct.unpack_from("=H", answer, offset + 4)[0])
        offset += size + 3 & ~3
    raise OSError("the kernel's answer names no family")
