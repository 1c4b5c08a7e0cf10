"""Decides which keywords of a publisher are its system's own, by how it uses them. Pure.

A word that stands on nearly everything and hardly ever in the text tells nothing of an article,
whatever it looks like.
"""

# Fewer articles than this prove nothing.
ARTICLES_NEEDED = 12
ARTICLES_LOOKED_AT = 50
_ON_NEARLY_ALL = 0.6
_HARDLY_EVER = 0.25


def is_machinery(articles: int, filed: int, said: int) -> bool:
    """Whether a keyword is the system's own.

    Of `articles`, `filed` were filed under it, and `said` of these say it in title or lead.
    """
    if articles < ARTICLES_NEEDED or filed < articles * _ON_NEARLY_ALL:
        return False
    return said <= filed * _HARDLY_EVER
