"""The names that an optional recogniser found in articles: kept, and used as candidates.

They are evidence like the names by capitals, and become a tag by the vocabulary alone: a second
publisher, somebody's keyword, or an editor.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.tables.tagging import RecognisedNames
from backend.tagging.known_names import known
from backend.tagging.learning import Vocabulary
from backend.tagging.sections import section_of
from backend.tagging.tagger import MAX_TAGS, FoundTag, Read

MOST_NAMES = 24
LONGEST_NAME = 80
# Like what a lead names: behind everything that the text proves by itself.
SCORE = 2.0


def text_of(article: Read) -> str:
    """Return what a recogniser reads of an article: title and lead."""
    return "\n".join(text for place, text, _ in article.parts if place != "body")


def cleaned(names: Iterable[str]) -> list[str]:
    """The names that can be tags, each once; what the lists know needs no other evidence.

    Raises:
        TypeError: a recogniser gave something else than texts.
    """
    kept: dict[str, str] = {}
    for name in names:
        if not isinstance(name, str):
            raise TypeError("a recogniser names its finds by their text")
        bare = " ".join(name.split())
        shown = display_name(bare)
        is_name = len(bare) <= LONGEST_NAME and problem_of(shown) is None
        if is_name and known(shown) is None and section_of(shown) is None:
            kept.setdefault(key_of(shown), bare)
    return list(kept.values())[:MOST_NAMES]


def keep(session: Session, article_id: int, text_hash: str, names: Sequence[str]) -> None:
    """Keep the names of an article's present text."""
    session.execute(delete(RecognisedNames).where(RecognisedNames.article_id == article_id))
    row = {"article_id": article_id, "text_hash": text_hash, "names": list(names)}
    session.execute(insert(RecognisedNames).values(row))


def hashes_of(session: Session, article_ids: Sequence[int]) -> dict[int, str]:
    """Return, by article, the hash of the text whose names are kept."""
    found = select(RecognisedNames.article_id, RecognisedNames.text_hash)
    rows = session.execute(found.where(RecognisedNames.article_id.in_(article_ids)))
    return {row.article_id: row.text_hash for row in rows}


def names_of(session: Session, article_id: int, article: Read) -> list[str]:
    """The kept names that title and lead still say."""
    kept = session.scalar(
        select(RecognisedNames.names).where(RecognisedNames.article_id == article_id)
    )
    text = text_of(article) if kept else ""
    return [name for name in kept or () if name in text]


def with_names(
    found: Sequence[FoundTag], names: Sequence[str], vocabulary: Vocabulary
) -> Sequence[FoundTag]:
    """The tags with those of the recognised names that the vocabulary knows, behind the others."""
    if not names:
        return found
    there = {key_of(each.name) for each in found}
    words = {key_of(display_name(name)): name for name in names}
    more = [
        FoundTag(each.name, each.kind, (), each.rule, SCORE, (words[key],))
        for key, each in vocabulary.known(words.keys() - there).items()
        if key_of(each.name) not in there
    ]
    more.sort(key=lambda tag: tag.name)
    return [*found, *more[: max(0, MAX_TAGS - len(found))]]
