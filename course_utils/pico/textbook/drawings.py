"""Pictures like those that pico-vision has learned from, drawn with Pillow: shapes, text, charts, tables and scenes."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from course_utils.pico.textbook.lists import family

Paint = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

SIDE = 336  # pixels: one crop of Phi-3-Vision
SCALE = 2  # everything is drawn at twice the size and made smaller, so that edges are smooth

COLOURS = {
    "red": (214, 40, 40),
    "green": (46, 150, 62),
    "blue": (38, 92, 205),
    "yellow": (246, 205, 36),
    "orange": (250, 130, 20),
    "purple": (142, 72, 178),
    "pink": (245, 130, 180),
    "black": (28, 28, 30),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "diamond")
ANIMALS = ("cat", "hare", "owl", "snake", "duck")
LETTERS = "abcdefghijklmnopqrstuvwxyzäö"


@dataclass
class Thing:
    """Something in a picture: its middle and its radius in pixels, its colour by name."""

    shape: str
    colour: str
    x: float
    y: float
    size: float
    hollow: bool = False
    angle: float = 0.0
    unrest: float = 0.0  # how far, in shares of the size, the corners are off: the hand that drew it

    @property
    def name(self) -> str:
        return f"{self.colour} {self.shape}"

    @property
    def at(self) -> tuple[float, float]:
        return self.x, self.y


class Page:
    """A picture in the making, on paper of some paint. `things` are the shapes on it."""

    def __init__(self, paper: Paint = (255, 255, 255)):
        from PIL import Image, ImageDraw

        self.things: list[Thing] = []
        self._image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), paper)
        self._pen = ImageDraw.Draw(self._image)

    @property
    def picture(self):
        """The picture, 336 x 336, RGB."""
        return self._image.reduce(SCALE)

    def polygon(self, points: Points, paint: Paint, hollow: float = 0) -> None:
        """A filled polygon, or with `hollow` its outline of so many pixels. Points in pixels."""
        large = scaled(points, SCALE)
        if hollow:
            self._pen.line([*large, large[0], large[1]], fill=paint, width=round(hollow * SCALE), joint="curve")
        else:
            self._pen.polygon(large, fill=paint)

    def line(self, points: Points, paint: Paint, width: float) -> None:
        """A line that is part of no thing. Points and width in pixels."""
        self._pen.line(scaled(points, SCALE), fill=paint, width=round(width * SCALE))

    def ellipse(self, x: float, y: float, wide: float, high: float, paint: Paint) -> None:
        """An ellipse around (x, y); `wide` and `high` are its half axes in pixels."""
        turns = [2 * math.pi * i / 24 for i in range(24)]
        self.polygon([(x + wide * math.cos(t), y + high * math.sin(t)) for t in turns], paint)

    def text(self, x: float, y: float, words: str, size: int, tone: str = "black", face: int = 0) -> None:
        """Words whose first letter begins at (x, y), the top left corner, `size` pixels high."""
        letters = font(face, size * SCALE)
        self._pen.text((x * SCALE, y * SCALE), words, font=letters, fill=COLOURS[tone])

    def thing(self, thing: Thing, rng: random.Random | None = None) -> None:
        """One of the six shapes; `rng` draws its shade and the unrest of its corners."""
        rng = rng or random.Random(0)
        shade = tuple(max(0, min(255, part + rng.randint(-12, 12))) for part in COLOURS[thing.colour])
        points, cos, sin = [], math.cos(thing.angle), math.sin(thing.angle)
        for x, y in outline(thing.shape):
            points.append((thing.x + thing.size * (x * cos - y * sin), thing.y + thing.size * (x * sin + y * cos)))
        if thing.unrest:
            points = [tuple(part + rng.gauss(0, 1) * thing.unrest * thing.size for part in point) for point in points]
        self.polygon(points, shade, max(4, thing.size / 6) if thing.hollow else 0)
        self.things.append(thing)


def scaled(points: Points, scale: float) -> list[tuple[float, float]]:
    """The points, so many times as far from the corner."""
    return [(x * scale, y * scale) for x, y in points]


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """The corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def in_twos(numbers: Sequence[str]) -> list[tuple[float, float]]:
    """Numbers as points: x, y, x, y, ..."""
    return [(float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]


def outline(shape: str) -> list[tuple[float, float]]:
    """The corners of a shape that fits into a circle of radius 1."""
    if shape not in ("circle", "star"):
        return in_twos(" ".join(family("pictures", "outline")[shape]).split())
    if shape == "circle":
        turns = [2 * math.pi * i / 28 for i in range(28)]
        return [(math.cos(turn), math.sin(turn)) for turn in turns]
    turns = [math.pi * (i / 5 - 0.5) for i in range(10)]
    return [
        (radius * math.cos(turn), radius * math.sin(turn)) for radius, turn in zip((1, 0.45) * 5, turns, strict=True)
    ]


@lru_cache(maxsize=256)
def font(face: int, size: int):
    """One of three typefaces that every installation of the course has: Pillow's own, and two of Matplotlib's."""
    from PIL import ImageFont

    if face == 0:
        return ImageFont.load_default(size)
    import matplotlib

    names = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / names[face - 1], size)


def animal(page: Page, what: str, tone: str, x: float, y: float, size: float) -> None:
    """An animal of the textbook's world, in the few strokes of `data/pictures.txt`."""
    own = COLOURS[tone]
    paints = {"white": (250, 250, 250), "cream": (250, 250, 245), "pupil": (15, 15, 15), "beak": (240, 150, 20)}
    paints["dark"] = (20, 20, 20) if tone != "black" else (230, 230, 230)

    def blob(dx: float, dy: float, wide: float, high: float, paint: Paint = own) -> None:
        page.ellipse(x + dx * size, y + dy * size, wide * size, high * size, paint)

    for line in family("pictures", "animal")[what]:
        stroke, *parts = line.split()
        paint = paints[parts.pop()] if parts and parts[-1] in paints else own
        points = [(x + dx * size, y + dy * size) for dx, dy in in_twos(parts)]
        if stroke == "blob":
            blob(*map(float, parts), paint)
        elif stroke == "wave":
            for i in range(30):
                blob(-1 + i / 14.5, 0.3 * math.sin(i / 3), 0.16, 0.16)
        elif stroke == "line":
            page.line(points, paint, size * float(parts[-1]))
        else:
            page.polygon(points, paint)


def scenery(page: Page, where: str, rng: random.Random) -> None:
    """A place of the textbook's world as a background."""

    def block(left: float, top: float, right: float, bottom: float, paint: Paint) -> None:
        page.polygon(box(left, top, right, bottom), paint)

    block(0, 0, SIDE, SIDE, (200, 228, 247))
    if where in ("forest", "town"):
        block(0, 220, SIDE, SIDE, (150, 190, 120) if where == "forest" else (190, 190, 185))
        for i in range(5):
            x, top = 34 + 67 * i + rng.randint(-10, 10), rng.randint(40, 80)
            if where == "forest":
                block(x - 6, 180, x + 6, 226, (110, 75, 45))
                page.polygon([(x, top), (x + 34, 190), (x - 34, 190)], (35, 95, 50))
            else:
                block(x - 26, top + 60, x + 26, 222, ((205, 130, 110), (225, 205, 160), (160, 170, 200))[i % 3])
                page.polygon([(x, top + 20), (x + 32, top + 62), (x - 32, top + 62)], (120, 60, 50))
                block(x - 12, top + 80, x + 12, top + 104, (245, 240, 200))
    elif where == "beach":
        block(0, 130, SIDE, 210, (60, 130, 200))
        block(0, 205, SIDE, SIDE, (238, 216, 160))
        page.ellipse(rng.randint(50, 286), 60, 30, 30, (250, 225, 110))
    elif where == "lake":
        block(0, 120, SIDE, SIDE, (120, 175, 100))
        page.ellipse(168, 240, 150, 75, (80, 150, 215))
    else:
        block(0, 250, SIDE, SIDE, (140, 195, 110))
        page.ellipse(168 + rng.randint(-30, 30), 300, 190, 170, (120, 180, 90))
