"""The stores' own badges, from the folder where the newsroom put them; until then there are ours.

Apple and Google give them out a language each, and allow no others: no copy comes with Tagwire.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from flask import Blueprint, Flask, url_for

from backend.core.settings import Settings
from backend.text.page_languages import LANGUAGES

# What their files begin with: `app-store.svg` is for every language, `app-store.ko.svg` for one.
STORES = ("app-store", "google-play")
ENDINGS = ("svg", "png")
_ROOM = "badges"


def init_app(app: Flask, settings: Settings) -> None:
    files = files_in(settings.badges_folder)
    if settings.badges_folder is not None:
        folder = str(settings.badges_folder)
        app.register_blueprint(
            Blueprint(_ROOM, __name__, static_folder=folder, static_url_path="/badges")
        )

    def badge_art(store: str, language: str) -> str | None:
        name = badge_of(files, store, language)
        return url_for(f"{_ROOM}.static", filename=name) if name else None

    app.add_template_global(badge_art)


def files_in(folder: Path | None) -> frozenset[str]:
    return frozenset(each.name for each in folder.iterdir()) if folder else frozenset()


def badge_of(files: Collection[str], store: str, language: str) -> str | None:
    """The file of a store's badge in this language, or else for every language."""
    stems = (f"{store}.{language}", store)
    names = (f"{stem}.{ending}" for stem in stems for ending in ENDINGS)
    return next((name for name in names if name in files), None)


def lacking(files: Collection[str], languages: Iterable[str] = LANGUAGES) -> Iterator[str]:
    """A line for each badge that a folder lacks."""
    wanted = [*languages]
    for store in STORES:
        other = [each for each in wanted if badge_of(files, f"{store}.{each}", "") is None]
        if badge_of(files, store, "") is None and other:
            yield f"no {store} badge for {', '.join(other)}: ours is shown there."
        elif other and other != wanted:
            yield f"no {store} badge for {', '.join(other)}: the one for every language is shown."
