"""The demo's pictures are what their code draws."""

import struct
import zlib

import pytest

from tools.demo_pictures.pictures import FOLDER, PICTURES


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_is_what_its_code_draws(name: str) -> None:
    kept = (FOLDER / f"{name}.png").read_bytes()

    # Compressed bytes may differ from one zlib to another; pixels and palette may not.
    assert chunks(kept) == chunks(PICTURES[name]().png())


def test_there_is_no_picture_without_code() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PICTURES)


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, the pixels unpacked."""
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        found.append((kind, zlib.decompress(data) if kind == b"IDAT" else data))
        at += length + 12
    return found
