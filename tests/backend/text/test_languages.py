"""A reader's language finds what is written in it, however either is spelled."""

import pytest

from backend.text.languages import list_asked_for, lists_of


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("en-US", "en"),
        ("en", "en-GB"),
        ("en-us", "en-GB"),
        ("ko-KR", "ko"),
        ("iw", "he"),
        ("he-IL", "iw"),
        ("nb-NO", "no"),
        ("en-Latn-US", "en"),
        ("zh-Hant-TW", "zh"),
        ("zh-Hant-TW", "zh-HK"),
        ("zh", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("cmn-Hans", "zh-SG"),
        ("sr-Latn-RS", "sr-ME"),
    ],
)
def test_a_language_is_found(asked: str, written: str) -> None:
    assert list_asked_for(asked) in lists_of(written)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("en", "de"),
        ("zh-TW", "zh-CN"),
        ("zh-Hans", "zh-Hant"),
        ("sr-Latn", "sr-Cyrl"),
        ("he", "hi"),
    ],
)
def test_what_its_reader_cannot_read_is_not(asked: str, written: str) -> None:
    assert list_asked_for(asked) not in lists_of(written)


@pytest.mark.parametrize("language", ["en", "en-GB", "ko", "und", "x-klingon", "qqq"])
def test_most_languages_are_one_list(language: str) -> None:
    assert lists_of(language) == (list_asked_for(language),)
