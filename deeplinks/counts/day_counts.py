"""Daily counts of links, for the newsroom's numbers: by campaign, and clicks by article."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import date

from sqlalchemy.orm import Session

from backend.core.tally import Tally
from backend.http.hooks import LinkTarget
from backend.numbers.floor import sum_told
from backend.numbers.kinds import ARTICLES, DOWNLOADS
from deeplinks.counts import queries
from deeplinks.counts.values import CLICK, KINDS

ARTICLE = "article"
_MEASURES = {kind: f"{kind}s" for kind in KINDS}


def counts_of_day(
    target_of: Callable[[str], LinkTarget | None], session: Session, day: date
) -> Iterator[Tally]:
    """Yield visits (clicks on short links), and counts of the app as campaigns report them."""
    clicks: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, label, count in queries.counts_of_day(session, day):
        if kind in _MEASURES:
            yield Tally(kind=DOWNLOADS, subject=label, measure=_MEASURES[kind], count=count)
        elif kind.startswith(CLICK):
            clicks[label][kind.removeprefix(CLICK)] = count
    articles = _articles(target_of, session, {code for codes in clicks.values() for code in codes})
    for campaign, codes in clicks.items():
        visits = sum_told(codes.values())
        yield Tally(kind=DOWNLOADS, subject=campaign, measure="visits", count=visits)
        for code in codes.keys() & articles.keys():
            yield Tally(kind=ARTICLES, subject=articles[code], measure="clicks", count=codes[code])


def _articles(
    target_of: Callable[[str], LinkTarget | None], session: Session, codes: Collection[str]
) -> dict[str, str]:
    """Return the article that each code leads to, of those that lead to one."""
    targets = {code: target_of(path) for code, path in queries.paths_of(session, codes)}
    return {
        code: target.params["id"]
        for code, target in targets.items()
        if target is not None and target.screen == ARTICLE and "id" in target.params
    }
