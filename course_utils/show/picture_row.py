"""Pictures as a learner looks at them: side by side, with the grid of their patches, and with where a model looked."""

from html import escape

import numpy
from PIL import Image, ImageDraw

from course_utils.base import CourseError
from course_utils.models.pictures import open_picture, to_data_url
from course_utils.pico.textbook.drawings import SIDE

from .charts import Plot, canvas
from .page import BORDER, LOOK
from .view import View


class PictureRow(View):
    """Pictures (of Pillow) side by side, each with a caption, which is also its alt text; `width` in pixels."""

    def __init__(self, pictures: list, captions: list[str] | None = None, width: int = 220):
        pictures = pictures if isinstance(pictures, list | tuple) else [pictures]
        self.pictures = [open_picture(picture) for picture in pictures]
        self.captions = [f"Picture {i + 1}" for i in range(len(pictures))] if captions is None else list(captions)
        if not 0 < len(self.pictures) == len(self.captions):
            raise CourseError(f"Give some pictures and as many captions; not {len(pictures)} and {len(self.captions)}.")
        self.sizes, self.width = [picture.size for picture in self.pictures], width

    def text(self) -> str:
        rows = zip(self.captions, self.sizes, strict=True)
        return "\n".join(f"[{caption}: {wide:,} x {high:,} pixels]" for caption, (wide, high) in rows)

    def html(self) -> str:
        figures = "".join(map(self._figure, self.pictures, self.captions))
        look = "display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start"
        return f'<div class="course-pictures" style="{look}">{figures}</div>'

    def _figure(self, picture, caption: str) -> str:
        small = picture.copy()
        small.thumbnail((2 * self.width, 4 * self.width))
        look = f"width:{self.width}px;max-width:100%;border:{BORDER};display:block"
        look += ";image-rendering:pixelated" if small.width < self.width else ""
        words = f"width:{self.width}px;overflow-wrap:anywhere;{LOOK}"  # an answer may be one long word
        return (
            f'<figure style="margin:0.3em 0"><img alt="{escape(caption)}" src="{to_data_url(small)}" style="{look}">'
            f'<figcaption style="{words}">{escape(caption)}</figcaption></figure>'
        )


def patches(picture, size: int = 14) -> PictureRow:
    """A picture, and beside it the same with the grid of its patches: 14 pixels for the eye, 28 for the decoder. The
    grid lies over 336 x 336 pixels; a picture of another form is squeezed into that, and the caption says so."""
    if not isinstance(size, int) or not 4 <= size <= SIDE or SIDE % size:
        raise CourseError(f"Patches of {size!r} pixels do not fill {SIDE} pixels. Take 14, or 28 for the larger ones.")
    picture = open_picture(picture)
    small = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    large = small.resize((2 * SIDE + 1, 2 * SIDE + 1), Image.Resampling.NEAREST)
    pen, end = ImageDraw.Draw(large, "RGBA"), 2 * SIDE
    for at in range(0, end + 1, 2 * size):  # a dark and a light line side by side: seen on every ground
        for step, paint in ((0, (0, 0, 0, 150)), (1, (255, 255, 255, 110))):
            pen.line([(at + step, 0), (at + step, end)], fill=paint)
            pen.line([(0, at + step), (end, at + step)], fill=paint)
    count = SIDE // size
    squeezed = f", squeezed from {picture.width:,} x {picture.height:,}" if picture.width != picture.height else ""
    words = [f"The picture{squeezed}", f"{count} x {count} = {count * count} patches of {size} x {size} pixels"]
    row = PictureRow([small, large], words, SIDE)
    row.sizes = [small.size, small.size]  # the second is enlarged for its lines only
    return row


def look(picture, weights, caption: str = "") -> Plot:
    """How much of a model's attention each place of a picture got: the picture, and a heat map beside it. `weights`:
    [rows, columns], [12, 12] for pico-vision, as an array or a tensor: shares of the attention, which is 1 in all. The
    picture is squeezed into the square that the model sees. Raises CourseError."""
    try:
        weights = 100 * numpy.asarray(getattr(weights, "tolist", lambda: weights)(), dtype=float)
        rows, columns = weights.shape
        best = [divmod(int(at), columns) for at in numpy.argsort(-weights, axis=None, kind="stable")[:3]]
    except (TypeError, ValueError) as error:
        raise CourseError("Weights are a grid of numbers; 144 in a row become one with reshape(12, 12).") from error
    if not best or not numpy.isfinite(weights).all() or weights.min() < 0:
        raise CourseError("Weights are a grid of numbers from 0 upwards; some here are negative, infinite or none.")
    figure, (left, right) = canvas(3.5, caption, 2, 7.6)
    place, box = {"extent": (0, columns, rows, 0), "aspect": "auto"}, {"fc": "white", "boxstyle": "round,pad=0.15"}
    left.imshow(open_picture(picture).resize((SIDE, SIDE)), **place)
    figure.colorbar(right.imshow(weights, cmap="cividis", vmin=0, **place), ax=right, label="% of the attention")
    for axes in (left, right):
        axes.set(xticks=[], yticks=[], box_aspect=1)
        for rank, (row, column) in enumerate(best, 1):  # seen without the colours
            axes.text(column + 0.5, row + 0.5, rank, ha="center", va="center", fontsize=7, bbox=box)
    told = [f"row {row + 1}, column {column + 1}: {weights[row, column]:.3g} %" for row, column in best]
    alt = f"{caption or 'Where the model looks'}. The brightest of {rows} x {columns} places is {told[0]}."
    lines = [f"The brightest places, counted from the top left ({len(best)} are marked in the picture):"]
    lines += [f"{rank}. {words}" for rank, words in enumerate(told, 1)]
    lines += [f"All {weights.size} places together: {weights.sum():.3g} %. Row by row:"]
    lines += [" ".join(f"{value:5.1f}" for value in row) for row in weights]
    return Plot(figure, alt, "\n".join(lines))
