"""Every command says how it is called, by an example that it understands."""

import shlex
from collections.abc import Iterator

import click
import pytest

from tagwire import main

TOP = click.Context(main, info_name="tagwire")


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield words
        return
    for name in command.list_commands(TOP):
        found = command.get_command(TOP, name)
        assert found is not None
        yield from commands(found, (*words, name))


def found(words: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        inner = command.get_command(TOP, word)
        assert inner is not None
        command = inner
    return command


@pytest.mark.parametrize("words", list(commands(main)), ids=" ".join)
def test_every_command_has_an_example_that_it_understands(words: tuple[str, ...]) -> None:
    command = found(words)
    _, _, example = " ".join((command.help or "").split()).partition("Example: tagwire ")
    called = tuple(shlex.split(example.partition(" >")[0]))

    assert called[: len(words)] == words, f"tagwire {' '.join(words)} has no example"
    known = {name for parameter in command.params for name in parameter.opts}
    given = {word for word in called[len(words) :] if word.startswith("--")}
    assert given <= known
