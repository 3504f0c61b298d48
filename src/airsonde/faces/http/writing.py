"""What the API does: one function for each POST, PATCH and DELETE."""

from airsonde.apps.agent import views
from airsonde.faces.http.faults import not_found
from airsonde.faces.http.models import NewCalibration, NewCapture, NewLabel, NewReplay
from airsonde.faces.http.reading import Asked, Fields, recorded_named, source_named


async def begin_capture(asked: Asked) -> Fields:
    body: NewCapture = asked.body
    source = source_named(asked, body.source_id)
    recorded = asked.actions.begin_capture(source, body.label, body.seconds)
    return views.capture_view(recorded, asked.agent.recordings)


async def end_capture(asked: Asked) -> Fields:
    recorded = asked.actions.end_capture(recorded_named(asked))
    return views.capture_view(recorded, asked.agent.recordings)


async def label_capture(asked: Asked) -> Fields:
    body: NewLabel = asked.body
    recorded = recorded_named(asked)
    asked.actions.label_capture(recorded, body.label)
    return views.capture_view(recorded, asked.agent.recordings)


async def delete_capture(asked: Asked) -> None:
    asked.actions.delete_capture(recorded_named(asked))


async def replay_capture(asked: Asked) -> Fields:
    body: NewReplay = asked.body
    source = asked.actions.replay(recorded_named(asked), body.speed)
    return views.source_view(source, asked.agent.settings.agent.privacy)


async def end_replay(asked: Asked) -> None:
    await asked.actions.end_replay(source_named(asked, asked.path["source_id"]))


async def calibrate(asked: Asked) -> Fields:
    body: NewCalibration = asked.body
    source = source_named(asked, body.source_id)
    return views.learning_view(asked.actions.calibrate(source, body.seconds))


async def cancel_calibration(asked: Asked) -> Fields:
    learning = asked.agent.calibrating.attempts.get(asked.path["calibration_id"])
    if learning is None:
        raise not_found("calibration of that name in this run")
    asked.actions.cancel_calibration(learning)
    return views.learning_view(learning)
