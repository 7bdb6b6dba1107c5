"""Pictures of shapes, drawn with Pillow, like those that pico-vision has learned from; and six that were held out. The
examination of pico-vision, with text, charts, tables and scenes, is drawn by `tests/picture_book.py`."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from PIL import Image, ImageDraw

from course_utils.base import data
from course_utils.pico.textbook.lists import DATA, columns, family, section

Paint = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

SIDE = 336  # pixels: one crop of Phi-3-Vision
SCALE = 2  # everything is drawn at twice the size and made smaller, so that edges are smooth

COLOURS = {name: tuple(map(int, paint)) for name, *paint in columns(section("pictures", "colours"), 4)}
SHAPES = ("circle", "square", "triangle", "star", "cross", "diamond")


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


class Page:
    """A picture in the making, on paper of some paint. `things` are the shapes on it."""

    def __init__(self, paper: Paint = (255, 255, 255)):
        self.things: list[Thing] = []
        self._image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), paper)
        self._pen = ImageDraw.Draw(self._image)

    @property
    def picture(self):
        """The picture, 336 x 336, RGB."""
        return self._image.reduce(SCALE)

    def polygon(self, points: Points, paint: Paint, hollow: float = 0) -> None:
        """A filled polygon, or with `hollow` its outline of so many pixels. Points in pixels."""
        large = [(x * SCALE, y * SCALE) for x, y in points]
        if hollow:
            self._pen.line([*large, large[0], large[1]], fill=paint, width=round(hollow * SCALE), joint="curve")
        else:
            self._pen.polygon(large, fill=paint)

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


def outline(shape: str) -> list[tuple[float, float]]:
    """The corners of a shape that fits into a circle of radius 1."""
    if shape not in ("circle", "star"):
        numbers = map(float, " ".join(family("pictures", "outline")[shape]).split())
        return list(zip(numbers, numbers, strict=True))  # x, y, x, y, ...
    if shape == "circle":
        turns = [2 * math.pi * i / 28 for i in range(28)]
        return [(math.cos(turn), math.sin(turn)) for turn in turns]
    turns = [math.pi * (i / 5 - 0.5) for i in range(10)]
    return [(far * math.cos(turn), far * math.sin(turn)) for far, turn in zip((1, 0.45) * 5, turns, strict=True)]


def held_out(skill: str):
    """(picture, question) of one of six skills: "colour", "count", "read", "chart", "table", "scene". The question has
    its `text` and the right `answer`. Each picture shows a combination that training never showed."""
    questions = data(__file__, "data/held_out.json")
    return Image.open(DATA / f"held_out_{skill}.png").convert("RGB"), SimpleNamespace(**questions[skill])
