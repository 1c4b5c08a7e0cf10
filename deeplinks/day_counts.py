"""What links came to on a day, for the newsroom's numbers: by campaign, and clicks by article."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

from sqlalchemy.orm import Session

from backend.core.tally import Tally
from backend.http.hooks import LinkTarget
from backend.numbers.kinds import ARTICLES, DOWNLOADS
from deeplinks import queries
from deeplinks.counting import CLICK, KINDS

ARTICLE = "article"
_MEASURES = {kind: f"{kind}s" for kind in KINDS}


def counts_of_day(
    target_of: Callable[[str], LinkTarget | None], session: Session, day: date
) -> Iterator[Tally]:
    """Visits are clicks on short links; what the app did is counted as the campaigns' report is."""
    visits: Counter[str] = Counter()
    clicks: Counter[str] = Counter()
    for kind, label, count in queries.counts_of_day(session, day):
        if kind in _MEASURES:
            yield Tally(kind=DOWNLOADS, subject=label, measure=_MEASURES[kind], count=count)
        elif kind.startswith(CLICK):
            visits[label] += count
            clicks[kind.removeprefix(CLICK)] += count
    for campaign, count in visits.items():
        yield Tally(kind=DOWNLOADS, subject=campaign, measure="visits", count=count)
    for article, count in _by_article(target_of, session, clicks).items():
        yield Tally(kind=ARTICLES, subject=article, measure="clicks", count=count)


def _by_article(
    target_of: Callable[[str], LinkTarget | None], session: Session, clicks: Counter[str]
) -> Counter[str]:
    found: Counter[str] = Counter()
    for code, path in queries.paths_of(session, clicks):
        target = target_of(path)
        if target is not None and target.screen == ARTICLE:
            found[target.params["id"]] += clicks[code]
    return found
