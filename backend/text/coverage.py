"""Checks catalogues: missing texts, texts that no page says, and translations without a value."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from backend.text.page_languages import LANGUAGES, SOURCE, files_of

ROOT = Path(__file__).parents[2]
ROOMS = ("backend", "deeplinks", "push", "schemas")
# Functions whose first argument is a text of the catalogue; `text` is another one elsewhere.
IN_TEMPLATES = {"_", "marked", "counted", "edition.text", "edition.counted"}
IN_PYTHON, IN_CONSOLE = {"gettext_noop"}, {"gettext_noop", "text"}
# The least length of a fixed part in a text with values; a shorter one would match every text.
_LEAST_WORDS = 5
_VALUE = re.compile(r"%\(\w+\)[sd]")
_BEGINNING = re.compile(r'"([^"\n]{1,12})')

Modules = Mapping[Path, str]  # what is written in each of them


@dataclass(frozen=True, slots=True)
class Said:
    """The texts of pages: `asked` are those of the catalogue, `written` all that stand there.

    `composed` are patterns of those with values in them.
    """

    asked: set[str]
    written: set[str]
    composed: set[str]

    def may_say(self, text: str) -> bool:
        return text in self.written or any(re.fullmatch(each, text) for each in self.composed)


def findings() -> list[str]:
    """Return a line for each fault of a catalogue; none when all of them are whole."""
    known = {language: _messages(language) for language in LANGUAGES if language != SOURCE}
    translated = set[str]().union(*known.values())
    said = said_by_pages(translated)
    wanted = said.asked | translated
    return [
        *(f"{each}: missing: {text}" for each in known for text in sorted(wanted - {*known[each]})),
        *(
            f"{each}: superfluous: {text}"
            for each in known
            for text in sorted(known[each])
            if not said.may_say(text)
        ),
        *(
            f"{each}: other values than in English: {text}"
            for each, messages in known.items()
            for text, message in sorted(messages.items())
            if not _holds_its_values(message)
        ),
    ]


def said_by_pages(looked_for: Collection[str]) -> Said:
    """Collect the texts that pages ask for, and of all written ones enough to find `looked_for`.

    Reading every module takes a second: most are read only when a text is nowhere else.
    """
    said, unread = Said(set(), set(), set()), dict[Path, str]()
    for room in ROOMS:
        for path in (ROOT / room / "templates").rglob("*.html"):
            _read_template(path, said)
        unread |= {path: path.read_text(encoding="utf-8") for path in (ROOT / room).rglob("*.py")}
    for chosen in (_that_may_ask, _that_may_hold, _all_for):
        missing = [text for text in looked_for if not said.may_say(text)]
        for path in chosen(unread, missing):
            _read_module(path, unread.pop(path), said)
    return said


def _that_may_ask(modules: Modules, _missing: list[str]) -> list[Path]:
    return [path for path in modules if any(mark in modules[path] for mark in _marks_of(path))]


def _that_may_hold(modules: Modules, missing: list[str]) -> list[Path]:
    """Choose modules where anything between quotes begins as one of the texts does."""
    begun = {beginning for text in missing for beginning in _BEGINNING.findall(f'"{text}')}
    return [
        path
        for path, module in modules.items()
        if not begun.isdisjoint(_strings(_BEGINNING.findall(module)))
    ]


def _all_for(modules: Modules, missing: list[str]) -> list[Path]:
    return [*modules] if missing else []


def _read_template(path: Path, said: Said) -> None:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for node in tree.find_all((nodes.Const, nodes.Call)):
        if isinstance(node, nodes.Const):
            said.written.update(_strings([node.value]))
        elif isinstance(node, nodes.Call) and _called(node.node) in IN_TEMPLATES:
            first = node.args[0] if node.args else None
            if isinstance(first, nodes.Const):
                said.asked.add(first.value)


def _called(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_called(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


def _marks_of(path: Path) -> set[str]:
    return IN_CONSOLE if "console" in path.relative_to(ROOT).as_posix() else IN_PYTHON


def _read_module(path: Path, module: str, said: Said) -> None:
    marks = _marks_of(path)
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Constant):
            said.written.update(_strings([node.value]))
        if isinstance(node, ast.JoinedStr):
            said.composed.add(_pattern(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                said.asked.add(str(first.value))


def _pattern(text: ast.JoinedStr) -> str:
    parts = [each.value if isinstance(each, ast.Constant) else None for each in text.values]
    is_text = any(isinstance(part, str) and len(part) >= _LEAST_WORDS for part in parts)
    return "".join(re.escape(str(each)) if each else ".+" for each in parts) if is_text else ""


def _strings(values: Iterable[object]) -> Iterator[str]:
    """Yield the texts, also without underscores, as names of states are shown."""
    for value in values:
        if isinstance(value, str):
            yield from (value, value.replace("_", " "))


def _messages(language: str) -> dict[str, Message]:
    """Return the translated messages by their English text, of a plural by its singular."""
    found: dict[str, Message] = {}
    for path in files_of(language):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and all(_forms(message)):
                    found[_key(message)] = message
    return found


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _forms(message: Message) -> list[str]:
    forms = message.string or ""
    return [forms] if isinstance(forms, str) else [*forms]


def _holds_its_values(message: Message) -> bool:
    """Whether it has the English text's values; one form of a plural may spell its number out."""
    own = {*_VALUE.findall(_key(message))}
    found = [{*_VALUE.findall(form)} for form in _forms(message)]
    if isinstance(message.id, str):
        return found == [own]
    return own == {*chain.from_iterable(found)}
