"""Which may look at which, as grids of squares: the masks of attention, and which head uses which notes."""

from __future__ import annotations

from course_utils.base import CourseError

from .charts import Plot


def masks(named: dict, title: str = "", rows: str = "token that looks") -> Plot:
    """A grid for each entry of `named`, name: a matrix of True and False, all with the same number of rows.

    Row i, column j: may token i look at token j? Filled with a dot: yes; empty: no. `rows` says what a row is.
    Raises CourseError for what is no matrix, and for matrices of different height.
    """
    import numpy
    from matplotlib.figure import Figure

    grids = {name: numpy.asarray(mask, dtype=bool) for name, mask in named.items()}
    for name, grid in grids.items():
        if grid.ndim != 2 or grid.size == 0:
            raise CourseError(
                f"{name} has the shape {grid.shape}. A mask has rows and columns: try [:, None] on one side."
            )
    if not grids:
        raise CourseError("Give at least one mask, by its name.")
    heights = {len(grid) for grid in grids.values()}
    if len(heights) > 1:
        raise CourseError(
            f"These masks have {' and '.join(map(str, sorted(heights)))} rows. Beside each other they need as many."
        )
    size = heights.pop()
    widths = [max(2.1 * grid.shape[1] / size, 2.0) for grid in grids.values()]  # a narrow grid has a long name, too
    figure = Figure(figsize=(sum(widths) + 0.3 * (len(grids) + 1), 3.0), layout="constrained")
    told = []
    panels = figure.subplots(1, len(grids), squeeze=False, width_ratios=widths)[0]
    for axes, (name, grid) in zip(panels, grids.items(), strict=True):
        axes.imshow(grid, cmap="Blues", vmin=0, vmax=1.6)
        seen, looked_at = numpy.nonzero(grid)
        axes.scatter(looked_at, seen, s=220 / size, color="black")
        axes.set_xticks(numpy.arange(grid.shape[1] + 1) - 0.5, [])
        axes.set_yticks(numpy.arange(size + 1) - 0.5, [])
        axes.grid(color="black", linewidth=0.4)
        axes.tick_params(length=0)
        pairs = int(grid.sum())
        axes.set_title(name, fontsize=10)
        axes.set_xlabel(f"{pairs} of {grid.size} pairs", fontsize=9)
        told.append(f"{name}: {pairs} of {grid.size} pairs")
    figure.supylabel(rows, fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    alt = f"Grids of squares, a row for the {rows}, a column for what is looked at. {', '.join(told)}."
    pictures = ["\n".join("".join("x" if seen else "." for seen in row) for row in grid) for grid in grids.values()]
    numbers = "\n\n".join(f"{words}\n{picture}" for words, picture in zip(told, pictures, strict=True))
    return Plot(figure, alt, numbers)
