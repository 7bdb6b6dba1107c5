"""A sheet of paper that keeps what is drawn on it as a list of steps; Pillow draws them.

So what a model sees never depends on pixels that a browser sends back, and each step can be undone and told in words.
"""

from PIL import Image, ImageDraw, ImageOps

from course_utils.models.pictures import BadPicture, open_picture
from course_utils.pico.textbook.drawings import COLOURS as PAINTS
from course_utils.pico.textbook.drawings import SIDE

from .answering import Answering

COLOURS = ("red", "green", "blue", "yellow", "purple", "black")
SHAPES = ("circle", "square", "triangle")
TWICE = 2 * SIDE  # drawn at twice the size, then made smaller, which gives smooth edges
FAR = 10 * SIDE  # pixels: no step lies outside of this
MOST_LISTED = 4  # steps, below the sheet


class Sheet(Answering):
    """`steps` is what was done: (words, what, colour, points, size), (words, "open", picture), or ("", "clear")."""

    def __init__(self):
        super().__init__()
        self.steps: list[tuple] = []

    @property
    def picture(self):
        """The picture as the model sees it, 336 x 336, RGB."""
        sheet = Image.new("RGB", (TWICE, TWICE), "white")
        pen = ImageDraw.Draw(sheet)
        for _, what, *how in self._seen():
            if what == "open":  # whole, with white beside or above it
                sheet.paste(how[0], ((TWICE - how[0].width) // 2, (TWICE - how[0].height) // 2))
            else:
                _draw(pen, what, *how)
        return sheet.reduce(2)

    def stroke(self, colour: str, points, width: float = 8) -> None:
        """A line with the pen through these points, (x, y) in pixels from the top left. Raises BadPicture."""
        points = _points(points)
        (x, y), (to_x, to_y) = points[0], points[-1]
        line = f"line from ({x:.0f}, {y:.0f}) to ({to_x:.0f}, {to_y:.0f})"
        words = f"a {colour} {line if len(points) > 1 else f'dot at ({x:.0f}, {y:.0f})'}"
        self._add(words, "line", _known(colour, COLOURS), points, _size(width))

    def shape(self, shape: str, colour: str, at: tuple[float, float], size: float = 40) -> None:
        """A filled circle, square or triangle around `at`, `size` pixels from its middle. Raises BadPicture."""
        points = _points([at])
        words = "a {} {} at ({:.0f}, {:.0f})".format(colour, shape, *points[0])
        self._add(words, _known(shape, SHAPES), _known(colour, COLOURS), points, _size(size))

    def open(self, source) -> str:
        """A picture of one's own instead of what was there: a path, bytes or a Pillow image. Says what became of it.
        Raises BadPicture, and then the sheet stays as it was."""
        picture = open_picture(source)
        words = f"a picture of {picture.width:,} x {picture.height:,} pixels"
        self._add(words, "open", ImageOps.contain(picture, (TWICE, TWICE)))
        return words

    def clear(self) -> None:
        """An empty sheet. Undo brings the old one back."""
        if self._seen():
            self._add("", "clear")

    def undo(self) -> None:
        """Take back the last step."""
        self.steps = self.steps[:-1]
        self.refresh()

    def described(self) -> list[str]:
        """What is on the sheet, step by step, in words."""
        return [step[0] for step in self._seen()]

    def listing(self) -> str:
        """The same in a line, of many steps the last few."""
        told = self.described()
        more = f"{len(told)} steps, the last of them " if len(told) > MOST_LISTED else ""
        return f"On the sheet: {more}{'; '.join(told[-MOST_LISTED:]) or 'nothing yet'}."

    def _add(self, *step) -> None:
        self.steps = [*self.steps, step]  # a new list, for an answer may be reading the old one
        self.refresh()

    def _seen(self) -> list[tuple]:
        """The steps since the sheet was last cleared or covered by a picture."""
        seen: list[tuple] = []
        for step in self.steps:
            if step[1] in ("clear", "open"):
                seen = []
            if step[1] != "clear":
                seen.append(step)
        return seen


def _draw(pen, what: str, colour: str, points, size: float) -> None:
    """One step, on a sheet of twice the size."""
    paint, size = PAINTS[colour], 2 * size
    points = [(2 * x, 2 * y) for x, y in points]
    x, y = points[0]
    if what == "line":
        pen.line(points, fill=paint, width=round(size), joint="curve")
        for end in (points[0], points[-1]):  # round ends; a single point becomes a dot
            pen.circle(end, size / 2, fill=paint)
    elif what == "circle":
        pen.circle((x, y), size, fill=paint)
    elif what == "square":
        pen.rectangle((x - 0.85 * size, y - 0.85 * size, x + 0.85 * size, y + 0.85 * size), fill=paint)
    else:
        pen.polygon([(x, y - size), (x + size, y + 0.75 * size), (x - size, y + 0.75 * size)], fill=paint)


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise BadPicture(f"There is no {name!r} here. There are: {', '.join(names)}.")
    return name


def _points(points) -> tuple[tuple[float, float], ...]:
    """The points, checked: a NaN would only be noticed deep inside of Pillow."""
    try:
        pairs = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError):
        pairs = ()
    if not pairs or not all(abs(place) <= FAR for pair in pairs for place in pair):
        raise BadPicture(
            f"Points are pairs of numbers, [(x, y), ...], one at least, and not far from the sheet, whose corners are "
            f"(0, 0) and ({SIDE}, {SIDE}); this is {points!r:.80}."
        )
    return pairs


def _size(size: object) -> float:
    if not isinstance(size, int | float) or not 0 < size <= SIDE:
        raise BadPicture(f"A size is a number of pixels from 1 to {SIDE}, for example 40; this is {size!r}.")
    return size
