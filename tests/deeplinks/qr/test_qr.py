"""QR codes of short links are read by a decoder, with and without the newsroom's logo."""

import io
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from backend.core.settings import SettingsError
from deeplinks.qr.images import qr_png, qr_svg
from deeplinks.qr.logo import BadLogo, read_logo
from tests.conftest import EDITOR, SITE

zxingcpp = pytest.importorskip("zxingcpp")

SHORT = "https://news.example/l/abcdefgh"


@pytest.fixture
def logo_file(tmp_path: Path) -> Path:
    """A logo as newsrooms have them: wide, dark, transparent around."""
    picture = Image.new("RGBA", (900, 600), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((20, 20, 880, 580), fill="#16324f", outline="black", width=20)
    path = tmp_path / "logo.png"
    picture.save(path)
    return path


def words_of(png: bytes) -> list[str]:
    with Image.open(io.BytesIO(png)) as picture:
        return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


def drawn(svg: str) -> bytes:
    """The SVG as PNG: the one path of strokes that segno writes, then the margin and the logo."""
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    path = re.search(r' d="([^"]+)"', svg)[1]  # type: ignore[index]
    picture = Image.new("RGB", (side, side), "white")
    pen, x, y = ImageDraw.Draw(picture), 0.0, 0.0
    for letter, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        given = [float(number) for number in numbers.split()]
        if letter == "h":
            pen.rectangle((x * 4, y * 4 - 2, (x + given[0]) * 4 - 1, y * 4 + 1), fill="black")
            x += given[0]
        else:
            x, y = (given[0], given[1]) if letter == "M" else (x + given[0], y + given[1])
    for name in ("rect", "image"):
        found = re.search(rf'<{name} x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
        if found:
            at, size = round(float(found[1])), round(float(found[3]))
            if name == "rect":
                pen.rectangle((at, at, at + size, at + size), fill="white")
            else:
                inner = b64decode(re.search(r"base64,([^\"]+)", svg)[1])  # type: ignore[index]
                with Image.open(io.BytesIO(inner)) as logo:
                    shown = logo.convert("RGBA").resize((size, size))
                picture.paste(shown, (at, at), shown)
    out = io.BytesIO()
    picture.resize((side * 4, side * 4)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("url", [SHORT, "https://n.ex/l/a", f"https://news.example/l/{'a' * 64}"])
@pytest.mark.parametrize("with_logo", [False, True])
def test_a_code_reads_with_and_without_a_logo(logo_file: Path, url: str, with_logo: bool) -> None:
    logo = read_logo(logo_file) if with_logo else None
    png, svg = qr_png(url, logo), qr_svg(url, logo)
    assert png is not None
    assert svg is not None

    assert words_of(png) == [url]
    assert words_of(drawn(svg.decode())) == [url]
    assert (b"<image" in svg) is with_logo


def test_a_third_of_a_code_may_be_hidden(logo_file: Path) -> None:
    """Level H, whatever the logo looks like: here it is a block of noise."""
    noise = Image.effect_noise((300, 300), 200)
    path = logo_file.with_name("noise.png")
    noise.save(path)

    png = qr_png(SHORT, read_logo(path))

    assert png is not None
    assert words_of(png) == [SHORT]


def test_the_newsrooms_logo_is_on_its_links(
    make_app: Callable[..., Flask], app_toml: Path, logo_file: Path
) -> None:
    config = logo_file.with_name("logo.toml")
    own = app_toml.read_text().replace("[links]", f'[links]\nqr_logo = "{logo_file}"')
    config.write_text(own)
    client = make_app(APP_CONFIG=str(config)).test_client()
    made = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": f"{SITE}/tag/x"})
    addresses = (made.get_json()["qr_png_url"], made.get_json()["qr_svg_url"])
    png, svg = (client.get(urlsplit(address).path) for address in addresses)

    assert (png.mimetype, svg.mimetype) == ("image/png", "image/svg+xml")
    assert words_of(png.data) == [made.get_json()["short_url"]]
    assert "<image" in svg.text
    assert svg.headers["Content-Security-Policy"] == "default-src 'none'; img-src data:"
    page = client.get("/download?to=/tag/x", headers={"User-Agent": "x"})
    assert "<image" not in page.text


def test_there_is_no_code_for_what_is_no_link(client: FlaskClient) -> None:
    for kind in ("svg", "png"):
        assert client.get(f"/l/unknown/qr.{kind}").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a", "neither PNG nor JPEG"),
        (b"<svg/>", "neither PNG nor JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "logo"),
        (b"x" * 1_000_001, "larger than 1,000,000 bytes"),
        (None, "cannot be read"),
    ],
)
def test_a_logo_that_cannot_be_used_stops_the_start(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path, content: bytes | None, said: str
) -> None:
    logo = tmp_path / "logo.png"
    if content is not None:
        logo.write_bytes(content)
    with pytest.raises(BadLogo, match=said):
        read_logo(logo)

    config = tmp_path / "logo.toml"
    config.write_text(app_toml.read_text().replace("[links]", f'[links]\nqr_logo = "{logo}"'))
    with pytest.raises(SettingsError, match=r"links\.qr_logo"):
        make_app(APP_CONFIG=str(config))
