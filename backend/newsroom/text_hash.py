"""The digest by which a text is known again, also where it may not be kept. Pure.

It has no key: nobody tries all texts of forty words and more, and what was taken down has to stay
down when `SECRET_KEY` is replaced. Shorter texts have none, for they say too little to tell.
"""

import hashlib

from backend.stories.sketch import sketch_of

TOO_SHORT = ""


def text_hash(text: str) -> str:
    """The digest of a text, however its white space is set; empty for one that is too short."""
    if not sketch_of(text):
        return TOO_SHORT
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()
