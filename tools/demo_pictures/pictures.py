"""The demo's illustrations; `python -m tools.demo_pictures.pictures` draws them as PNG files."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import cos, floor, pi, sin, sqrt
from pathlib import Path

from tools.demo_pictures.canvas import HEIGHT, WIDTH, Canvas

FOLDER = Path(__file__).parents[2] / "backend" / "static" / "demo"


def harbour() -> Canvas:
    canvas = Canvas("#f7d9b0", "#f2a07b")
    canvas.disc("#fbeecb", 700, 300, 74)
    canvas.ground("#7d5a78", _ridge(330, 26, 5))
    for left in (110, 330, 560):
        _crane(canvas, "#3d3356", left, 392)
    canvas.box("#4f6d8f", 0, 392, WIDTH, HEIGHT)
    _ripples(canvas, "#7d97b3", 410, 9)
    canvas.polygon("#2c2742", (600, 404), (900, 404), (868, 452), (640, 452))
    for at, colour in enumerate(("#d9694f", "#e8b45a", "#5f8f8a", "#d9694f", "#e8b45a")):
        canvas.box(colour, 640 + at * 42, 376, 38, 28)
    return canvas


def storm() -> Canvas:
    canvas = Canvas("#26344a", "#7f93a3")
    for at in range(9):
        canvas.disc("#3b4a60", 60 + at * 110, 90 + 26 * sin(at * 2.1), 88)
    for at in range(34):
        x, y = at * 29.0, 210 + (at * 83) % 150
        canvas.line("#a9b9c4", (x + 22, y), (x, y + 62), 2.2)
    _waves(canvas, ("#56738a", "#3f5d77", "#2c4862", "#1d344b"), 350, 22)
    return canvas


def skyline() -> Canvas:
    canvas = Canvas("#cfe3ea", "#f6e3cd")
    canvas.disc("#f4b183", 250, 240, 62)
    _blocks(canvas, "#a9c0c9", 330, 7)
    _blocks(canvas, "#6f8f9f", 390, 4)
    _blocks(canvas, "#3e5c70", 455, 11)
    canvas.box("#2d4355", 0, 505, WIDTH, HEIGHT)
    return canvas


def train() -> Canvas:
    canvas = Canvas("#1c2452", "#6b5b95")
    canvas.disc("#f4e9c8", 180, 120, 40)
    _stars(canvas, "#c9c8e8", 46, 260)
    canvas.ground("#3d3c74", _ridge(290, 44, 3))
    canvas.ground("#2b2a58", _ridge(360, 26, 8))
    canvas.box("#191a3c", 0, 446, WIDTH, 94)
    canvas.polygon("#d8dbe8", (150, 372), (846, 372), (906, 440), (150, 440))
    canvas.box("#b9475a", 150, 416, 738, 10)
    for left in range(180, 800, 62):
        canvas.box("#f6cf73", left, 386, 42, 20)
    canvas.line("#8d8fb4", (0, 452), (WIDTH, 452), 4)
    return canvas


def wind() -> Canvas:
    canvas = Canvas("#bfe3ee", "#eef6ee")
    canvas.disc("#fff4cf", 790, 110, 52)
    for x, size, colour in ((180, 0.7, "#dde9ec"), (430, 1.0, "#ffffff"), (700, 0.8, "#f2f7f7")):
        _turbine(canvas, colour, x, 420, 230 * size, pi * size)
    _waves(canvas, ("#7fbcc4", "#58a0ad", "#3a8194", "#28677c"), 400, 10)
    return canvas


def night() -> Canvas:
    canvas = Canvas("#0d1433", "#3f4c86")
    _stars(canvas, "#dfe4ff", 110, 380)
    canvas.polygon("#6f7fbd", (690, 130), (360, 262), (350, 240))
    canvas.polygon("#aab6e8", (690, 130), (470, 224), (464, 210))
    canvas.disc("#fdf6dc", 690, 130, 17)
    canvas.ground("#232c5c", _ridge(400, 60, 2))
    canvas.ground("#141a3b", _ridge(460, 34, 6))
    return canvas


def mountains() -> Canvas:
    canvas = Canvas("#f9e2c9", "#f3b9a0")
    canvas.disc("#fff3da", 300, 190, 66)
    for height, size, seed, colour in (
        (250, 90, 1, "#d9959a"),
        (320, 80, 5, "#a96f8a"),
        (395, 60, 3, "#6f5078"),
        (465, 40, 9, "#403358"),
    ):
        canvas.ground(colour, _peaks(height, size, seed))
    return canvas


def sea() -> Canvas:
    canvas = Canvas("#fdebd0", "#f8c9a0")
    canvas.disc("#f28f6b", 480, 250, 92)
    _waves(canvas, ("#84c5c0", "#57a9ad", "#328b98", "#1f6c80", "#164f64"), 270, 20)
    return canvas


def chart() -> Canvas:
    canvas = Canvas("#f4f1e8", "#e4ead9")
    for y in range(110, 460, 70):
        canvas.box("#d3d8c8", 80, y, 800, 2)
    heights = (90, 130, 118, 170, 205, 190, 250, 300)
    for at, height in enumerate(heights):
        canvas.box("#7aa38c" if at % 2 else "#9cbfa5", 110 + at * 96, 460 - height, 58, height)
    points = [(139.0 + at * 96, 420.0 - height * 1.05) for at, height in enumerate(heights)]
    for start, end in pairwise(points):
        canvas.line("#d9694f", start, end, 6)
    for point in points:
        canvas.disc("#b94a3a", *point, 9)
    canvas.box("#4a5d52", 80, 460, 800, 4)
    return canvas


def museum() -> Canvas:
    canvas = Canvas("#cfdcec", "#f3ead9")
    canvas.ground("#b8c7a4", lambda x: 440 + 10 * sin(x / 200))
    canvas.polygon("#d8b98a", (200, 216), (480, 110), (760, 216))
    canvas.polygon("#b8946a", (270, 204), (480, 126), (690, 204))
    canvas.box("#e6cfa6", 200, 216, 560, 26)
    canvas.box("#8a6a4f", 226, 242, 508, 178)
    for left in range(228, 720, 82):
        canvas.box("#f0dfbf", left, 242, 38, 178)
    for step in range(3):
        colour, aside = "#d8b98a" if step % 2 else "#e6cfa6", step * 18
        canvas.box(colour, 190 - aside, 420 + step * 15, 580 + 2 * aside, 15)
    return canvas


def lighthouse() -> Canvas:
    canvas = Canvas("#28325f", "#e5937a")
    canvas.polygon("#f5d58a", (640, 150), (0, 60), (0, 190))
    canvas.box("#4b4a78", 0, 400, WIDTH, HEIGHT)
    _ripples(canvas, "#8a6f8d", 418, 8)
    canvas.polygon("#f7efe2", (606, 424), (622, 176), (660, 176), (676, 424))
    for top, left, width in ((230, 618, 46), (304, 613, 56), (378, 609, 64)):
        canvas.box("#c9534b", left, top, width, 34)
    canvas.box("#2a2347", 612, 166, 58, 10)
    canvas.box("#fbe7a8", 624, 134, 34, 32)
    canvas.polygon("#2a2347", (614, 134), (641, 106), (668, 134))
    canvas.ground("#1f1b38", lambda x: 560 - max(0.0, 150 - ((x - 700) / 21) ** 2))
    return canvas


def fjord() -> Canvas:
    canvas = Canvas("#d7ecf2", "#f7f3e3")
    canvas.ground("#a7c4cf", _peaks(220, 60, 4))
    canvas.box("#7fb3bd", 0, 350, WIDTH, HEIGHT)
    canvas.polygon("#4f7f80", (0, 90), (130, 150), (250, 262), (390, 360), (0, 400))
    canvas.polygon("#3b6667", (WIDTH, 60), (820, 140), (720, 250), (560, 366), (WIDTH, 410))
    _ripples(canvas, "#a9d0d5", 372, 10)
    canvas.polygon("#c9534b", (450, 430), (540, 430), (526, 450), (464, 450))
    canvas.polygon("#ffffff", (492, 424), (492, 340), (540, 424))
    return canvas


def houses() -> Canvas:
    canvas = Canvas("#bfe0e8", "#f5efdc")
    canvas.disc("#fff6d8", 150, 110, 46)
    colours = ("#d9694f", "#e8b45a", "#5f8f8a", "#8a6f9d", "#c98a6b", "#6f9bc0", "#d98aa0")
    for at, colour in enumerate(colours):
        left, top = 26 + at * 130, 250 + (at * 47) % 70
        canvas.box(colour, left, top, 122, 460 - top)
        canvas.polygon("#5b4453", (left - 6, top), (left + 61, top - 74), (left + 128, top))
        for y in range(top + 28, 400, 62):
            canvas.box("#fdf1cf", left + 20, y, 28, 36)
            canvas.box("#fdf1cf", left + 74, y, 28, 36)
    canvas.box("#7d8f6a", 0, 460, WIDTH, HEIGHT)
    return canvas


def robot() -> Canvas:
    canvas = Canvas("#e9e4f2", "#d3dcec")
    canvas.box("#8f9bb8", 0, 440, WIDTH, 100)
    for left in range(60, 900, 170):
        canvas.box("#e8b45a", left, 396, 74, 44)
        canvas.box("#c98f3f", left + 32, 396, 10, 44)
    for base, bend, hand in ((300, (390, 190), (520, 330)), (700, (610, 150), (740, 290))):
        canvas.box("#4a557a", base - 50, 410, 100, 30)
        canvas.line("#d9694f", (base, 410), bend, 34)
        canvas.line("#e58a6b", bend, hand, 26)
        canvas.disc("#3b4464", base, 404, 30)
        canvas.disc("#3b4464", *bend, 25)
        canvas.disc("#3b4464", *hand, 18)
        canvas.polygon("#3b4464", (hand[0] - 22, hand[1] + 46), hand, (hand[0] - 8, hand[1] + 46))
        canvas.polygon("#3b4464", (hand[0] + 22, hand[1] + 46), hand, (hand[0] + 8, hand[1] + 46))
    return canvas


def lanterns() -> Canvas:
    canvas = Canvas("#2b1d4f", "#8a4573")
    colours = ("#f6b352", "#f28f6b", "#f4d58a", "#e56b6f")
    for row, (height, sag) in enumerate(((90, 90), (190, 70), (290, 110))):
        places = [(at * 96.0, height + sag * sin(pi * at / 10)) for at in range(11)]
        for start, end in pairwise(places):
            canvas.line("#c9a0c0", start, end, 2)
        for at, (x, y) in enumerate(places):
            canvas.disc(colours[(at + row) % 4], x, y + 20, 20)
    for at in range(25):
        canvas.disc("#1a1033", at * 40 + 6, 512 + 8 * sin(at * 2.3), 24)
    return canvas


def islands() -> Canvas:
    canvas = Canvas("#fbd9c0", "#f7f0dc")
    canvas.disc("#f59f7f", 620, 232, 58)
    for middle, width, top, colour in (
        (220, 210, 200, "#b5a9b8"),
        (780, 180, 220, "#a394ab"),
        (480, 150, 236, "#8a7f9d"),
    ):
        canvas.ground(colour, partial(_hill, middle, width, top))
    canvas.box("#6fa8b3", 0, 310, WIDTH, HEIGHT)
    _ripples(canvas, "#93c3c8", 326, 15)
    canvas.ground("#3f5d6b", partial(_hill, 110, 330, 390))
    return canvas


PICTURES: dict[str, Callable[[], Canvas]] = {
    draw.__name__: draw
    for draw in (
        harbour,
        storm,
        skyline,
        train,
        wind,
        night,
        mountains,
        sea,
        chart,
        museum,
        lighthouse,
        fjord,
        houses,
        robot,
        lanterns,
        islands,
    )
}


def _ridge(height: float, size: float, seed: float) -> Callable[[float], float]:
    return lambda x: (
        height
        + size * (sin(x / 117 + seed) + 0.5 * sin(x / 43 + seed * 2))
        + size * sin(x / 301) / 2
    )


def _peaks(height: float, size: float, seed: int) -> Callable[[float], float]:
    """Straight slopes between points of changing height."""
    step = 80
    tops = [height + size * sin(at * 2.4 + seed) * (1 if at % 2 else -1) for at in range(15)]

    def at_column(x: float) -> float:
        part = floor(x / step)
        return tops[part] + (tops[part + 1] - tops[part]) * (x / step - part)

    return at_column


def _hill(middle: float, width: float, top: float, x: float) -> float:
    away = (x - middle) / width
    return HEIGHT if abs(away) >= 1 else HEIGHT - (HEIGHT - top) * sqrt(1 - away * away)


def _waves(canvas: Canvas, colours: Sequence[str], top: float, size: float) -> None:
    step = (HEIGHT - top) / len(colours)
    for at, colour in enumerate(colours):
        canvas.ground(colour, partial(_wave, top + at * step, size, 70 + at * 12, at * 1.7))


def _wave(middle: float, size: float, length: float, shift: float, x: float) -> float:
    return middle + size * sin(x / length + shift)


def _ripples(canvas: Canvas, colour: str, top: float, count: int) -> None:
    for at in range(count):
        y, left = top + at * (530 - top) / count, (at * 377) % 800
        canvas.box(colour, left, y, 90 + (at * 53) % 120, 4)


def _stars(canvas: Canvas, colour: str, count: int, lowest: int) -> None:
    for at in range(count):
        x, y = (at * 367 + 91 * (at % 7)) % WIDTH, (at * 211 + 37 * (at % 5)) % lowest
        canvas.disc(colour, x, y, 1.2 + (at % 3) * 0.6)


def _blocks(canvas: Canvas, colour: str, base: int, seed: int) -> None:
    for at in range(14):
        height = 60 + (at * 97 * seed) % 150
        canvas.box(colour, at * 72 - 10, base - height, 62 + (at * seed) % 12, HEIGHT)


def _crane(canvas: Canvas, colour: str, left: float, base: float) -> None:
    top = base - 170
    canvas.line(colour, (left, base), (left + 30, top), 9)
    canvas.line(colour, (left + 70, base), (left + 40, top), 9)
    canvas.line(colour, (left - 60, top + 14), (left + 150, top - 34), 9)
    canvas.line(colour, (left + 132, top - 30), (left + 132, top + 40), 3)
    canvas.box(colour, left + 4, base - 80, 62, 7)


def _turbine(
    canvas: Canvas, colour: str, x: float, base: float, height: float, turn: float
) -> None:
    hub = base - height
    canvas.polygon(colour, (x - 8, base), (x - 3, hub), (x + 3, hub), (x + 8, base))
    for blade in range(3):
        angle = turn + blade * 2 * pi / 3
        tip = x + cos(angle) * height * 0.5, hub + sin(angle) * height * 0.5
        canvas.line(colour, (x, hub), tip, 7)
    canvas.disc(colour, x, hub, 9)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.png").write_bytes(draw().png())
