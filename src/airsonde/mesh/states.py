"""The states of a node as a table; the diagram in the documentation is drawn from it."""

from enum import StrEnum

from airsonde.mesh.model import NodeState


class Signal(StrEnum):
    """What may move a node from one state to another."""

    STARTED = "started"
    PASSED = "self-test passed"
    FAILED = "failed"
    RADIO_OPEN = "radio open"
    CLOCK_SETTLED = "clock settled or waived"
    CALIBRATED = "calibrated"
    QUIET = "quiet"
    MOTION = "motion"
    ANOMALY = "anomaly"
    COLLAPSE = "yield or coherence collapsed"
    RECALIBRATE = "new role, disagreement or drift"


_SENSING = (NodeState.SENSE_IDLE, NodeState.SENSE_ACTIVE, NodeState.ALERT, NodeState.DEGRADED)
_TARGETS = {
    Signal.QUIET: NodeState.SENSE_IDLE,
    Signal.MOTION: NodeState.SENSE_ACTIVE,
    Signal.ANOMALY: NodeState.ALERT,
    Signal.COLLAPSE: NodeState.DEGRADED,
}
SENSED_AS = {state: signal for signal, state in _TARGETS.items()}

TRANSITIONS: dict[tuple[NodeState, Signal], NodeState] = {
    (NodeState.BOOT, Signal.STARTED): NodeState.SELF_TEST,
    (NodeState.SELF_TEST, Signal.PASSED): NodeState.RADIO_INIT,
    (NodeState.SELF_TEST, Signal.FAILED): NodeState.DEGRADED,
    (NodeState.RADIO_INIT, Signal.RADIO_OPEN): NodeState.TIME_SYNC,
    (NodeState.RADIO_INIT, Signal.FAILED): NodeState.DEGRADED,
    (NodeState.TIME_SYNC, Signal.CLOCK_SETTLED): NodeState.CALIBRATION,
    (NodeState.CALIBRATION, Signal.CALIBRATED): NodeState.SENSE_IDLE,
    (NodeState.CALIBRATION, Signal.COLLAPSE): NodeState.DEGRADED,
    (NodeState.SENSE_IDLE, Signal.RECALIBRATE): NodeState.CALIBRATION,
    (NodeState.SENSE_ACTIVE, Signal.RECALIBRATE): NodeState.CALIBRATION,
    (NodeState.DEGRADED, Signal.RECALIBRATE): NodeState.CALIBRATION,
    **{
        (state, signal): target
        for state in _SENSING
        for signal, target in _TARGETS.items()
        if state is not target
    },
}


def next_state(state: NodeState, signal: Signal) -> NodeState:
    """Where a signal leads; a signal that the table does not name changes nothing."""
    return TRANSITIONS.get((state, signal), state)


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> BOOT"]
    lines += [
        f"    {state.name} --> {target.name}: {signal}"
        for (state, signal), target in TRANSITIONS.items()
    ]
    return "\n".join(lines)
