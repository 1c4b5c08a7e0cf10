"""Headlines glued to the end of a text, told from a text that goes on."""

import pytest

from backend.tagging.teasers import are_headlines


@pytest.mark.parametrize(
    ("text", "are"),
    [
        ("Read More Analysis: Who Will Gain From Peace? Sports Neymar Back in the List", True),
        ("read more News Prime Minister Opens Two Plants Lifestyle Pistachio Cheesecake", True),
        ("Read more books, the minister said, and the children of the village will.", False),
        ("Read more about the harbour in the report that the council published.", False),
        ("اقرأ المزيد من الأخبار", False),
        ("", False),
    ],
)
def test_headlines_are_known_by_their_capitals(text: str, are: bool) -> None:
    assert are_headlines(text) is are
