"""Pictures as a learner looks at them: side by side, with the grid of their patches, and with where a model looked."""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.models.pictures import open_picture, to_data_url
from course_utils.pico.textbook.drawings import SIDE

from .charts import Plot, canvas
from .page import BORDER, LOOK
from .view import View


class PictureRow(View):
    """Pictures (of Pillow) side by side, each with a caption, which is also its alt text; `width` in pixels."""

    def __init__(self, pictures: list, captions: list[str] | None = None, width: int = 220):
        pictures = list(pictures) if isinstance(pictures, list | tuple) else [pictures]
        self.pictures = [open_picture(picture) for picture in pictures]
        captions = [f"Picture {i + 1}" for i in range(len(pictures))] if captions is None else captions
        self.captions = [str(caption) for caption in ([captions] if isinstance(captions, str) else captions)]
        if not self.pictures:
            raise CourseError("There is no picture to show. Give a list of them.")
        if len(self.captions) != len(self.pictures):
            raise CourseError(f"{len(self.pictures)} pictures need as many captions; there are {len(self.captions)}.")
        self.sizes = [picture.size for picture in self.pictures]
        self.width = width

    def text(self) -> str:
        return "\n".join(
            f"[{caption}: {wide:,} x {high:,} pixels]"
            for caption, (wide, high) in zip(self.captions, self.sizes, strict=True)
        )

    def html(self) -> str:
        return (
            '<div class="course-pictures" style="display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start">'
            f"{''.join(map(self._figure, self.pictures, self.captions))}</div>"
        )

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
    """A picture, and beside it the same with the grid of its patches: 14 pixels for the eye, 28 for the decoder.

    The grid lies over 336 x 336 pixels; a picture of another form is squeezed into that, and the caption says so.
    """
    from PIL import Image, ImageDraw

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
    """How much of a model's attention each place of a picture got: a heat map, with the outlines of the picture.

    `weights`: [rows, columns], [12, 12] for pico-vision, as an array or a tensor: shares of the attention, which is
    1 in all. The picture is squeezed into the square that the model sees. Raises CourseError.
    """
    import numpy
    from PIL import ImageFilter

    weights, unit = _grid(weights)
    rows, columns = weights.shape
    picture = open_picture(picture).resize((SIDE, SIDE))
    figure, (left, right) = canvas(3.5, caption, 2, 7.6)
    place = {"extent": (0, columns, rows, 0), "aspect": "auto"}
    left.imshow(picture, **place)
    shades = right.imshow(weights, cmap="cividis", vmin=0, **place)
    # Only the outlines of the picture lie on the map: a shadow of it all would change the colours, and what they mean.
    edges = numpy.clip(numpy.asarray(picture.convert("L").filter(ImageFilter.FIND_EDGES)) / 60, 0, 1)
    right.imshow(numpy.dstack([*[numpy.full_like(edges, 0.75)] * 3, 0.7 * edges]), **place)
    figure.colorbar(shades, ax=right, label=f"share of the attention, {unit}" if unit else "weight")
    best = [divmod(int(at), columns) for at in numpy.argsort(-weights, axis=None, kind="stable")[:3]]
    for axes in (left, right):
        axes.set(xticks=[], yticks=[], box_aspect=1)
        axes.spines[:].set_visible(True)
        for rank, at in enumerate(best):
            _mark(axes, *at, str(rank + 1))
    told = [f"row {row + 1}, column {column + 1}: {weights[row, column]:.3g} {unit}".strip() for row, column in best]
    alt = f"{caption or 'Where the model looks'}. The brightest of {rows} x {columns} places is {told[0]}."
    lines = [f"The brightest places, counted from the top left ({len(best)} are marked in the picture):"]
    lines += [f"{rank + 1}. {words}" for rank, words in enumerate(told)]
    lines += [f"All {weights.size} places together: {weights.sum():.3g} {unit}".strip() + ". Row by row:"]
    lines += [" ".join(f"{value:5.1f}" if unit else f"{value:8.3g}" for value in row) for row in weights]
    return Plot(figure, alt, "\n".join(lines))


def _grid(weights):
    """(the weights as an array of two dimensions, their unit): shares of 1 become per cent. Raises CourseError."""
    import numpy

    if hasattr(weights, "detach"):  # a tensor, perhaps one of a training or in half precision
        weights = weights.detach().float().cpu()
    try:
        weights = numpy.asarray(weights, dtype=float)
    except (TypeError, ValueError) as error:
        raise CourseError(f"Weights are a grid of numbers, [rows, columns]. These are not: {error}.") from error
    if weights.ndim != 2 or not weights.size:
        raise CourseError(
            f"Weights are a grid of numbers, [rows, columns]; these have the shape {list(weights.shape)}. "
            "144 in a row become one with weights.reshape(12, 12)."
        )
    if not numpy.isfinite(weights).all() or weights.min() < 0:
        raise CourseError("Weights are numbers from 0 upwards; some of these are negative, infinite or no numbers.")
    return (100 * weights, "%") if weights.sum() < 1.001 else (weights, "")


def _mark(axes, row: int, column: int, rank: str) -> None:
    """A square around a place, with its rank, to be seen without the colours."""
    from matplotlib.patches import Rectangle

    for paint, width in (("black", 3), ("white", 1.2)):
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=paint, linewidth=width))
    look = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "black", "linewidth": 0.6}
    axes.text(column + 0.5, row + 0.5, rank, ha="center", va="center", fontsize=7, bbox=look)
