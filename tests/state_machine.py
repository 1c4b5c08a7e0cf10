"""Runs Hypothesis's state machines, each against an app of the test."""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_machine(
    make: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int = 25
) -> None:
    run_state_machine_as_test(
        make,  # type: ignore[arg-type]  # its signature asks for a class, its documents for this
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            database=None,
            phases=[Phase.generate],  # looking for a shorter story has no bound
            suppress_health_check=list(HealthCheck),
        ),
    )
