"""RVNX files: the same bytes again, recognised by their chain of records."""

from airsonde.captures.capture import open_capture
from airsonde.captures.model import Head, OpenOptions, Origin
from airsonde.captures.registry import named
from airsonde.csi.model import Family
from tests.recordings import vector


def test_reference_dump_comes_back_byte_for_byte(tmp_path):
    source = vector("rvnx.bin")
    capture = open_capture(source)
    assert capture.format == "rvnx"
    row = named("rvnx")
    writer = row.writer(tmp_path / "out.rvnx", Origin(source="s", family=Family.NEXMON))
    for block in row.reader(source, OpenOptions()).blocks():
        writer.write(block)
    writer.close()
    assert (tmp_path / "out.rvnx").read_bytes() == source.read_bytes()
    assert capture.summary()["decoded"] == 2


def test_other_files_are_not_taken(tmp_path):
    for data in (b"", b"XNVR", b"XNVR\x02" + bytes(40), b"XNVR\x01\x00\x00\x00" + bytes(40)):
        head = Head(path=tmp_path / "x", data=data, size=len(data))
        assert not named("rvnx").matches(head)
