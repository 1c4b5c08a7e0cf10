"""Unforeseen faults of sending: logged once under an id, counted by step, never quoted."""

from dataclasses import dataclass

from backend.core.faults import log_fault
from push.store import metrics
from push.store.metrics import Step

# Faults about one row after which it is given up.
FAULT_TRIES = 5


@dataclass(slots=True)
class Subject:
    """The row that a step is about, for attributing its fault; 0 while it is not known.

    `fault` is the id of the fault that the step ended with, empty when there was none.
    """

    id: int = 0
    fault: str = ""


def report(step: Step, error: Exception, subject_id: int = 0) -> str:
    """Log and count an unforeseen fault; return the id under which the log has it."""
    metrics.count_fault(step)
    return log_fault(error, step=step, subject=subject_id).id
