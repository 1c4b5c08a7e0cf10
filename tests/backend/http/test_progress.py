"""Bars tell rate and time left to who watches a terminal, and nobody else."""

import io
import threading
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from backend.core.growing_file import told_as_it_grows
from backend.http.progress import above, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_how_far_it_is_and_how_fast() -> None:
    with redirect_stderr(Terminal()) as terminal, progress("Rows") as step:
        step(500, 1_000)
        step(500, 1_000)

    assert "Rows" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert "/s" in terminal.getvalue()


def test_what_is_done_before_anybody_looks_shows_no_bar() -> None:
    with redirect_stderr(Terminal()) as terminal, progress("Reading", 3, many=5) as step:
        step(3, 3)

    assert terminal.getvalue() == ""


def test_a_program_is_told_nothing_but_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Rows") as step:
        above("an answer")
        step(1, 1)

    assert capsys.readouterr() == ("an answer\n", "")


def test_a_file_tells_by_its_size_how_far_it_is(tmp_path: Path) -> None:
    path, told = tmp_path / "draft", list[tuple[int, int]]()
    path.write_bytes(b"x" * 40)
    reached = threading.Event()

    def step(brought: int, total: int) -> None:
        told.append((brought, total))
        reached.set()

    with told_as_it_grows(path, 100, step):
        assert reached.wait(10)

    assert told == [(40, 100)]
