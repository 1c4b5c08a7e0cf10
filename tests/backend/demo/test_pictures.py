"""The demo's pictures: drawn by the project, small, and as large as the articles say."""

import struct
import zlib

import pytest
from flask.testing import FlaskClient

from backend.demo import timeline
from backend.demo.pictures import FOLDER, PICTURES
from tests.conftest import START

MOST_BYTES = 25_000


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_is_what_its_code_draws(name: str) -> None:
    kept = (FOLDER / f"{name}.png").read_bytes()

    # Compressed bytes may differ from one zlib to another; pixels and palette may not.
    assert chunks(kept) == chunks(PICTURES[name]().png())


def test_there_is_no_picture_without_code() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PICTURES)


def test_every_article_has_a_picture_of_the_stated_size(client: FlaskClient) -> None:
    images = {step.draft.image for step in timeline.history(START)}

    for image in images:
        assert image is not None
        answer = client.get(image.url)
        assert answer.status_code == 200
        assert answer.content_type == "image/png"
        assert struct.unpack(">II", answer.data[16:24]) == (image.width, image.height)
        assert len(answer.data) < MOST_BYTES
        assert image.alt


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, the pixels unpacked."""
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        found.append((kind, zlib.decompress(data) if kind == b"IDAT" else data))
        at += length + 12
    return found
