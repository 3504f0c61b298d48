"""Vectors of the RF memory against the reference's own."""

import numpy as np
import pytest

from airsonde.csi.events import EventKind
from airsonde.csi.reference.embeddings import event_embedding, window_embedding
from airsonde.csi.reference.model import Event, Window
from tests.csi.reference.build import published, window


def test_a_window():
    fields = published("window")
    for name in ("session_id", "source_id"):
        del fields[name]
    for name in ("mean_amplitude", "phase_variance"):
        fields[name] = np.array(fields[name], np.float32)
    for name in ("motion_energy", "presence_score", "quality_score"):
        fields[name] = np.float32(fields[name])
    embedding = window_embedding(Window(**fields))
    assert embedding == pytest.approx(published("wemb"), rel=1e-6)


def test_an_event():
    event = Event(
        event_id=3,
        kind=EventKind.BREATHING_CANDIDATE,
        t_ns=5000,
        confidence=np.float32(0.75),
        evidence=(1, 2),
    )
    assert event_embedding(event) == pytest.approx(published("eemb"), rel=1e-6)


def test_one_subcarrier_is_constant_and_none_is_zero():
    one = window_embedding(window(shape=(2.0,)))
    assert len(set(one[:32].tolist())) == 1
    assert not window_embedding(window(shape=())).astype(bool)[:64].any()


def test_what_has_no_length_stays_as_it_is():
    endless = window_embedding(window(shape=(np.inf, 1.0)))
    assert endless[64:67] == pytest.approx([0, 0.4, 1])
