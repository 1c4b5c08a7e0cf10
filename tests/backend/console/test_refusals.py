"""Why something cannot be done is told in the person's language, not in the services' English."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.text.catalogue import translations
from backend.text.page_languages import LANGUAGES, SOURCE

ROOT = Path(__file__).parents[3]
ROOMS = ("backend/newsroom", "backend/stories", "backend/console", "push/editorial", "push/console")
# The simulator is no part of the console.
FILES = [
    path
    for room in ROOMS
    for path in (ROOT / room).glob("*.py")
    if not path.name.startswith("simulator")
]
REFUSALS = {"Conflict", "Forbidden", "NotFound"}


def fixed_refusals() -> Iterator[str]:
    """The texts that are whole in the code; of those with names in them only the rest is fixed."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(said)), *_]):
                    if name in REFUSALS:
                        yield said
                case ast.Call(
                    func=ast.Attribute(attr="field"), args=[_, ast.Constant(value=str(said))]
                ):
                    yield said


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != SOURCE])
def test_every_fixed_refusal_of_the_editors_services_is_translated(language: str) -> None:
    texts = {*fixed_refusals()}

    assert len(texts) > 40
    catalog = translations(language)._catalog  # type: ignore[attr-defined]
    assert texts - {key[0] if isinstance(key, tuple) else key for key in catalog} == set()
