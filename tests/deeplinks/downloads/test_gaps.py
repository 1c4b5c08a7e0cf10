"""A page with gaps is, as it is and in gzip, what it would be if it were made for each visitor."""

import gzip

import pytest

from deeplinks.downloads.gaps import GappedPage, GappedText

GAP = "-gap-"


@pytest.mark.parametrize("filling", [b"", b"x", b"token_" * 500, bytes(range(256))])
@pytest.mark.parametrize(
    "text", ["", "no gap", GAP, f"a{GAP}", f"{GAP}{GAP}b", f"{'words ' * 900}{GAP}폭풍{GAP}" * 3]
)
def test_gaps_are_filled(text: str, filling: bytes) -> None:
    page = GappedPage.of(text, GAP)
    whole = text.encode().replace(GAP.encode(), filling)

    assert page.filled(filling) == whole
    assert gzip.decompress(page.gzipped(filling)) == whole


def test_the_length_says_nothing_of_how_a_secret_is_like_the_page() -> None:
    page = GappedPage.of(f"secret=abcdefgh {GAP}", GAP)

    assert len(page.gzipped(b"secret=abcdefgh")) == len(page.gzipped(b"8d2k1-fQz0_7xPw"))


def test_an_address_without_a_gap_says_so() -> None:
    assert GappedText.of(f"a={GAP}&b", GAP).filled("x") == "a=x&b"
    assert [GappedText.of(text, GAP).has_gap for text in ("a", GAP)] == [False, True]
