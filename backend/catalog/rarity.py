"""How rare a tag is, in steps of twice as many articles, so that one more or less seldom moves it.

Pure.
"""

# What lists more is as common as this.
COUNTED = 1_024
_STEPS = COUNTED.bit_length()


def rarity(articles: int) -> int:
    """The step of a list of so many articles, of which no more than `COUNTED` need be counted."""
    return min(articles, COUNTED).bit_length()


def rarity_sql(articles: str) -> str:
    """`rarity` of an expression, as SQL of both engines."""
    steps = "".join(f" WHEN {articles} < {1 << step} THEN {step}" for step in range(_STEPS))
    return f"CASE{steps} ELSE {_STEPS} END"
