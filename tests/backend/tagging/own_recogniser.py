"""Recognisers as a newsroom would bring them. Their names are lower-case: the tagger finds none."""

import re
import threading
from collections.abc import Iterable

hang = threading.Event()


def bands(text: str, language: str) -> Iterable[str]:
    """What stands before or after the word band."""
    return re.findall(r"(?:band (\w+))", text) if language == "en" else []


def raising(text: str, language: str) -> Iterable[str]:
    if "odd" in text:
        raise ValueError(text)
    return bands(text, language)


def hanging(text: str, language: str) -> Iterable[str]:
    if "slow" in text:
        hang.wait(30)
    return bands(text, language)


def numbers(text: str, language: str) -> Iterable[object]:
    return [len(text)]
