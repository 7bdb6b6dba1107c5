"""Which token may look at which, as grids of squares: the masks of attention, side by side."""

from __future__ import annotations

from course_utils import CourseError

from .plots import Plot


def masks(named: dict, title: str = "") -> Plot:
    """A grid for each entry of `named`, name: a square matrix of True and False.

    Row i, column j: may token i look at token j? Filled with a dot: yes; empty: no. Raises CourseError for a matrix
    that is not square.
    """
    import numpy
    from matplotlib.figure import Figure

    grids = {name: numpy.asarray(mask, dtype=bool) for name, mask in named.items()}
    for name, grid in grids.items():
        if grid.ndim != 2 or grid.shape[0] != grid.shape[1] or grid.shape[0] == 0:
            raise CourseError(f"{name} has the shape {grid.shape}. A mask has a row and a column for each token.")
    if not grids:
        raise CourseError("Give at least one mask, by its name.")
    figure = Figure(figsize=(2.4 * len(grids) + 0.3, 3.0), layout="constrained")
    told = []
    for axes, (name, grid) in zip(figure.subplots(1, len(grids), squeeze=False)[0], grids.items(), strict=True):
        size = len(grid)
        axes.imshow(grid, cmap="Blues", vmin=0, vmax=1.6)
        rows, columns = numpy.nonzero(grid)
        axes.scatter(columns, rows, s=220 / size, color="black")
        axes.set_xticks(numpy.arange(size + 1) - 0.5, [])
        axes.set_yticks(numpy.arange(size + 1) - 0.5, [])
        axes.grid(color="black", linewidth=0.4)
        axes.tick_params(length=0)
        pairs = int(grid.sum())
        axes.set_title(name, fontsize=10)
        axes.set_xlabel(f"{pairs} of {grid.size} pairs", fontsize=9)
        told.append(f"{name}: {pairs} of {grid.size} pairs")
    figure.supylabel("token that looks", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    alt = f"Grids of squares, a row for the token that looks, a column for the one looked at. {', '.join(told)}."
    pictures = ["\n".join("".join("x" if seen else "." for seen in row) for row in grid) for grid in grids.values()]
    numbers = "\n\n".join(f"{words}\n{picture}" for words, picture in zip(told, pictures, strict=True))
    return Plot(figure, alt, numbers)
