"""Batches put together from columns."""

from dataclasses import fields

import pytest

from airsonde.csi.batches import assembled
from airsonde.csi.model import FrameBatch
from tests.captures.frames import full_batch


def test_assembled_is_what_the_constructor_makes():
    whole = full_batch()
    columns = [getattr(whole, f.name) for f in fields(FrameBatch)]
    batch = assembled(*columns)
    assert type(batch) is FrameBatch
    assert all(getattr(batch, f.name) is c for f, c in zip(fields(batch), columns, strict=True))
    with pytest.raises(ValueError, match="shorter"):
        assembled(*columns[:-1])
