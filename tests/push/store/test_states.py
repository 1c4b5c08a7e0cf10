"""The state machine of a notification: what ended does not begin again, what is stored is known."""

import ast
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.store.states import (
    DONE,
    ENDED,
    LIVE,
    READY,
    STATES,
    TRANSITIONS,
    WAITING,
    ForbiddenTransition,
    State,
    advance,
)

PUSH = Path(__file__).parents[3] / "push"
# Ways on from an end: see the table.
REOPENED = {("sent", "sending"), ("expired", "sent"), ("expired", "failed"), ("failed", "sending")}

anything = st.lists(st.sampled_from(STATES))


@dataclass
class Stored:
    state: State


def reached(first: State, wanted: list[State]) -> list[State]:
    """The states that a notification went through; what is forbidden is refused."""
    stored, path = Stored(first), [first]
    for to in wanted:
        try:
            advance(stored, to)
        except ForbiddenTransition:
            assert stored.state == path[-1], "a refused transition changes nothing"
        path.append(stored.state)
    return path


@given(st.sampled_from(STATES), anything)
def test_a_recall_is_never_undone(first: State, wanted: list[State]) -> None:
    path = reached(first, ["recalled", *wanted])

    assert set(path[1:]) == {"recalled"}


@given(st.sampled_from(ENDED), anything)
def test_what_ended_is_neither_planned_nor_awaited_again(first: State, wanted: list[State]) -> None:
    assert not {*WAITING, "planning"} & set(reached(first, wanted))


@given(st.sampled_from(STATES), anything)
def test_an_end_is_left_only_on_the_ways_that_are_written_down(
    first: State, wanted: list[State]
) -> None:
    path = reached(first, wanted)
    left = {(a, b) for a, b in pairwise(path) if a in ENDED and a != b}

    assert {(a, b) for a, b in left if b != "recalled"} <= REOPENED


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_recalled(state: State) -> None:
    assert "recalled" in {state, *TRANSITIONS[state]}


def test_every_state_is_waiting_live_or_ended() -> None:
    assert sorted([*WAITING, *LIVE, *ENDED]) == sorted(STATES) == sorted(TRANSITIONS)


def test_every_state_that_the_code_names_is_in_the_table() -> None:
    named = {text for path in PUSH.rglob("*.py") for text in _states_named(ast.parse(_text(path)))}

    assert named >= {"sent", "awaiting_approval"}
    assert named <= {*STATES, READY, DONE}


def test_a_notification_changes_its_state_in_one_function_alone() -> None:
    """A batch sets its own."""
    paths = [path for path in PUSH.rglob("*.py") if path.relative_to(PUSH).parts[0] != "standin"]
    trees = [ast.parse(_text(path)) for path in paths]
    setters = [
        ast.unparse(target)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in _flat(node.targets)
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]

    assert setters.count("notification.state") == 1
    assert set(setters) == {"notification.state", "batch.state"}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _flat(targets: list[ast.expr]) -> list[ast.expr]:
    return [
        part
        for target in targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]


def _states_named(tree: ast.AST) -> set[str]:
    """Texts that a state is compared with, is set to or advances to."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(".state"):
            found |= _texts(*node.comparators)
        elif isinstance(node, ast.keyword) and node.arg == "state":
            found |= _texts(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "advance":
            found |= _texts(*node.args)
    return found


def _texts(*nodes: ast.AST) -> set[str]:
    inner = [each for node in nodes for each in ast.walk(node)]
    return {n.value for n in inner if isinstance(n, ast.Constant) and isinstance(n.value, str)}
