"""A link's targets: who is led where, as values."""

import pytest

from deeplinks.short_links.targets import (
    TargetRule,
    Visitor,
    reads_language,
    rule_for,
    target_for,
    visitor_of,
)

KOREAN = TargetRule(path="/tag/ko", language="ko")
BRAZIL = TargetRule(path="/tag/br", language="pt", country="BR")
PORTUGUESE = TargetRule(path="/tag/pt", language="pt")
SWISS = TargetRule(path="/tag/ch", country="CH")
TAIWAN = TargetRule(path="/tag/tw", language="zh-Hant", country="TW")
LATIN_AMERICA = TargetRule(path="/tag/419", language="es-419")
PHONES = TargetRule(path="/tag/android", platform="android")
KOREAN_IPHONES = TargetRule(path="/tag/ko-ios", platform="ios", language="ko")
RULES = (KOREAN_IPHONES, KOREAN, BRAZIL, PORTUGUESE, SWISS, TAIWAN, LATIN_AMERICA, PHONES)


@pytest.mark.parametrize(
    ("platform", "language", "path"),
    [
        ("web", "", "/"),
        ("web", "en-US", "/"),
        ("web", "ko", "/tag/ko"),
        ("web", "KO-kr", "/tag/ko"),
        ("web", "kok", "/"),
        ("ios", "ko-KR", "/tag/ko-ios"),
        ("android", "ko-KR", "/tag/ko"),
        ("web", "pt-BR", "/tag/br"),
        ("web", "pt-PT", "/tag/pt"),
        ("web", "pt", "/tag/pt"),
        ("web", "de-ch", "/tag/ch"),
        ("web", "de-DE", "/"),
        ("web", "zh-Hant-TW", "/tag/tw"),
        ("web", "zh-TW", "/"),
        ("web", "es-419", "/tag/419"),
        ("web", "es-MX", "/"),
        ("android", "en", "/tag/android"),
        ("ios", "en", "/"),
        ("web", "*", "/"),
        ("web", "-", "/"),
    ],
)
def test_the_first_rule_that_fits_decides(platform: str, language: str, path: str) -> None:
    destinations = {"ios": "app_store", "android": "play_store", "web": "landing_with_qr"}

    assert target_for(RULES, "/", visitor_of(destinations[platform], language)) == path  # type: ignore[arg-type]


def test_the_order_of_the_rules_counts() -> None:
    visitor = Visitor(platform="android", language="ko-KR")

    assert rule_for((PHONES, KOREAN), visitor) is PHONES
    assert rule_for((KOREAN, PHONES), visitor) is KOREAN
    assert rule_for((), visitor) is None


@pytest.mark.parametrize(
    ("rules", "reads"),
    [((), False), ((PHONES,), False), ((PHONES, SWISS), True), ((KOREAN,), True)],
)
def test_a_cache_is_told_when_the_language_counts(
    rules: tuple[TargetRule, ...], reads: bool
) -> None:
    assert reads_language(rules) is reads
