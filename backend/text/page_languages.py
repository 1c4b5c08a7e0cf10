"""The languages that pages are translated into: folders of gettext catalogues."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
SOURCE = "en"
# What a language calls itself, in the header of one of its files.
_OWN_NAME = re.compile(r'^"X-Language-Name: (.+)\\n"$', re.MULTILINE)


def files_of(language: str) -> list[Path]:
    return sorted((FOLDER / language).glob("*.po"))


def _own_name(language: str) -> str:
    for path in files_of(language):
        header = path.read_text(encoding="utf-8").partition("\n\n")[0]
        if found := _OWN_NAME.search(header):
            return found[1]
    return language


# By their own names, as a reader looks for them.
LANGUAGES = {SOURCE: "English"} | {
    each.name: _own_name(each.name) for each in sorted(FOLDER.iterdir()) if each.is_dir()
}
