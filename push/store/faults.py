"""Unforeseen faults of sending: logged once under an id, counted, never quoted.

The message of an exception may hold an address or a token; its kind and where it came from say
enough to find it.
"""

import logging
import secrets
import traceback
from dataclasses import dataclass
from typing import Literal

from push.store import metrics

log = logging.getLogger(__name__)

# So many faults about one row are the end of trying.
FAULT_TRIES = 5
MOST_FRAMES = 20

Step = Literal[
    "lifecycle",
    "fan_out",
    "decide",
    "claim",
    "compose",
    "submit",
    "collect",
    "classify",
    "quota",
    "pause",
    "record",
    "settle",
    "reap",
    "forget",
    "halt",
    "canary",
    "loop",
]


@dataclass(slots=True)
class Subject:
    """The row that a step is about, for attributing its fault; 0 while it is not known.

    `fault` is the id of the fault that the step ended with, empty when there was none.
    """

    id: int = 0
    fault: str = ""


def report(step: Step, error: Exception, subject_id: int = 0) -> str:
    """Log and count an unforeseen fault; the id under which the log has it."""
    fault_id = secrets.token_hex(8)
    metrics.count_fault(step)
    log.error(
        "unforeseen fault while sending",
        extra={
            "fault_id": fault_id,
            "step": step,
            "subject": subject_id,
            "kind": type(error).__name__,
            "stack": _stack(error),
        },
    )
    return fault_id


def _stack(error: Exception) -> list[str]:
    """Stack frames, innermost last, without values or lines of source."""
    frames = [*traceback.walk_tb(error.__traceback__)][-MOST_FRAMES:]
    return [f"{f.f_code.co_filename}:{line} {f.f_code.co_name}" for f, line in frames]
