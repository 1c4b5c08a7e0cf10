"""Texts of pages in the reader's language: gettext catalogues, whose keys are the English texts.

Each room that has pages keeps its own `.po` file a language under `locale/`; they are read as
they are, once a process. A language is its folder there: one file with all texts makes one.
"""

from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from backend.text.page_languages import LANGUAGES, SOURCE, files_of


def translated(language: str, message: str, **values: object) -> str:
    """A text with its values put in; what is not translated is English."""
    text = translations(language).gettext(message)
    return text % values if values else text


def gettext_noop(message: str) -> str:
    """Return the text itself: marks one that is translated where it is shown."""
    return message


def counted(language: str, singular: str, plural: str, number: int) -> str:
    """A text about a number, in the form that the language has for it."""
    return translations(language).ngettext(singular, plural, number) % {"number": number}


def best_language(preferred: Sequence[str]) -> str:
    """The first of the reader's languages that there are texts in."""
    wanted = [each.replace("-", "_") for each in preferred]
    found = negotiate_locale(wanted, list(LANGUAGES)) or SOURCE
    # As it was asked for, which may be in capitals.
    return next((each for each in LANGUAGES if each.lower() == found.lower()), SOURCE)


@cache
def translations(language: str) -> NullTranslations:
    if language == SOURCE or language not in LANGUAGES:
        return NullTranslations()
    whole = Catalog(locale=language)
    for path in files_of(language):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    whole.add(message.id, message.string)
    compiled = BytesIO()
    write_mo(compiled, whole)
    return GNUTranslations(BytesIO(compiled.getvalue()))
