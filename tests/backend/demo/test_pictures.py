"""The demo's pictures: small, and as large as the articles say."""

import struct

from flask.testing import FlaskClient

from backend.demo import timeline
from tests.conftest import START

MOST_BYTES = 25_000


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
