"""Decides whether the text of a page is taken for its article, with the reason. Pure."""

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

import regex

from backend.feed.search_text import document_terms
from backend.ingest.pages.page import Page
from backend.ingest.pages.wholeness import is_cut, is_whole, weight

Verdict = Literal[
    "taken", "kept", "short", "missing", "consent", "paywall", "other_language", "other_article"
]
# What can become of a page besides: never asked for, not to be had, or no longer wanted.
Outcome = Literal[Verdict, "whole", "robots", "failed", "no_page", "withdrawn"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)

SHORTEST = 250
# Below this a text with the marks of a paywall is what everybody may read of it.
EXCERPT = 1_500
LONGEST_NOTICE = 4_000
TITLE_SHARE = 0.5
# Least share of the feed's own text in the text that was found, and of the title where the feed's
# text has too few terms: a list of jobs has less.
LEAD_SHARE = 0.35
LEAD_TERMS = 8
BARE_SHARE = 0.15
# The page has to say clearly more: a byline or a caption is no reason to leave the feed's text.
LONGER = 1.2
_ALIKE = (frozenset({"no", "nb", "nn", "da"}), frozenset({"sr", "hr", "bs", "sh"}),
          frozenset({"id", "ms"}), frozenset({"hi", "mr", "ne"}))  # fmt: skip

_missing = regex.compile(
    r"\b404\b|not found|(?:does not|doesn.t|no longer) exists?|nicht gefunden|introuvable"
    r"|no (?:se ha |fue )?encontrad|não encontrad|non (?:è stata )?trovat|niet gevonden"
    r"|찾을 수 없|見つかりません|不存在|未找到|找不到|غير موجود|не найден|bulunamad",
    regex.IGNORECASE,
)
_consent = regex.compile(
    r"cookie|consent|privacy|datenschutz|zustimm|einwillig|tracking|gdpr|dsgvo|vie privée"
    r"|confidentialité|privacidad|privacidade|consentim|쿠키|개인정보|隐私|クッキー"
    r"|ملفات تعريف الارتباط",
    regex.IGNORECASE,
)
_paywall = regex.compile(
    r"subscribe (?:now |today )?(?:to (?:continue|read|unlock)|for (?:full|unlimited))"
    r"|already (?:a )?(?:subscriber|subscribed)|subscribers? only|subscription required"
    r"|(?:sign|log) in to (?:continue|read)|to continue reading"
    r"|this (?:article|content) is (?:for|reserved)"
    r"|réservé aux abonnés|abonnez-vous|déjà abonné|(?:jetzt|weiter) ?lesen mit|nur für abonnent"
    r"|(?:leseberechtigung|abo abschließen|bereits abonnent)|suscríbete para|solo para suscriptores"
    r"|exclusivo para (?:suscriptores|assinantes)|assine para|riservato agli abbonati|abbonati per"
    r"|alleen voor abonnees|会員限定|有料会員|구독자 전용|유료 기사|订阅后|订阅者专享"
    r"|только для подписчиков|للمشتركين فقط",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The article whose page it should be, as its feed gave it.

    `text` is the feed's own; None when the article has the page's text already. `languages` are
    those it may be in.
    """

    url: str
    title: str
    text: str | None
    languages: frozenset[str] = frozenset()
    is_corrected: bool = False


def judged(page: Page, wanted: Wanted) -> Verdict:
    """Judge whether a page's text is taken; an article that an editor corrected stays as it is."""
    if _is_missing(page, wanted):
        return "missing"
    if _is_consent(page, wanted):
        return "consent"
    if _is_paid(page):
        return "paywall"
    if weight(page.text) < SHORTEST:
        return "short"
    if not _is_language(page, wanted):
        return "other_language"
    if not _is_about(page, wanted):
        return "other_article"
    return "kept" if wanted.is_corrected or not _is_longer(page.text, wanted.text) else "taken"


def _is_missing(page: Page, wanted: Wanted) -> bool:
    """Whether the page says that it does not exist any more, or leads to the front page instead."""
    was, is_now = (urlsplit(each) for each in (wanted.url, page.url))
    if len(was.path) > 1 and len(is_now.path) <= 1 and not is_now.query:
        return True
    said = page.title if page.title else page.text[:300]
    return (
        bool(_missing.search(said))
        and not _missing.search(wanted.title)
        and _share(wanted.title, said) < TITLE_SHARE
    )


def _is_consent(page: Page, wanted: Wanted) -> bool:
    """Whether a notice about cookies stands where the article should be."""
    if weight(page.text) > LONGEST_NOTICE or _consent.search(wanted.title):
        return False
    found = len(_consent.findall(page.text))
    return found >= 3 and found * 40 >= len(page.text.split())


def _is_paid(page: Page) -> bool:
    is_excerpt = weight(page.text) < EXCERPT
    if page.is_free is False and (is_excerpt or is_cut(page.text)):
        return True
    parts = page.text if is_excerpt else f"{page.text[:300]}\n{page.text[-400:]}"
    return bool(_paywall.search(parts))


def _is_language(page: Page, wanted: Wanted) -> bool:
    """Whether it may be the article's language; one that is unknown is no reason to refuse."""
    if page.language is None or not wanted.languages or page.language in wanted.languages:
        return True
    return any(page.language in group and group & wanted.languages for group in _ALIKE)


def _is_about(page: Page, wanted: Wanted) -> bool:
    """Whether the page carries the title, and its text is about what the feed tells."""
    if _share(wanted.title, f"{page.title}\n{page.text}") < TITLE_SHARE:
        return False
    lead = wanted.text or ""
    if len(document_terms(lead)) < LEAD_TERMS:
        return _share(wanted.title, page.text) >= BARE_SHARE
    return _share(lead, page.text) >= LEAD_SHARE


def _share(words: str, text: str) -> float:
    """Return which share of the terms of `words` a text has."""
    terms = set(document_terms(words))
    return len(terms & set(document_terms(text))) / len(terms) if terms else 1.0


def _is_longer(text: str, of_feed: str | None) -> bool:
    if of_feed is None:
        return True
    return not is_whole(of_feed) and weight(text) > LONGER * weight(of_feed)
