"""Which Phi fits this computer: a table and a picture, with controls for context length and precision."""

from typing import Self

from course_utils.base import CourseError
from course_utils.phi import facts, fit
from course_utils.phi.speed import Speed
from course_utils.setup.machine import GB

from .charts import BLUE, HATCHED, Plot, canvas, draw_bars
from .view import Controlled

CONTEXTS = tuple(2**power for power in range(9, 18))  # 512 to 131,072 tokens
NAMES = {"int4": "int4", "int8": "int8", "bf16": "16 bits", "fp32": "32 bits"}


class MachineFit(Controlled):
    """Which Phi fits this computer, and how fast it would be; with controls for precision and context length.

    `speed` is what `course_utils.phi.speed.measure()` found; `context` and `prompt` are in tokens.
    `.set(precision="fp32")` is the control for plain Python.
    """

    def __init__(self, speed: Speed, precision: str = "int4", context: int = 4096, prompt: int = 128):
        self.speed, self.prompt = speed, prompt
        self.free = speed.memory.available / GB
        self.set(precision, context)

    def set(self, precision: str | None = None, context: int | None = None) -> Self:
        """Choose the precision and the context (None leaves them as they are), and predict again."""
        precision = self.precision if precision is None else precision
        context = self.context if context is None else context
        if context not in CONTEXTS:
            raise CourseError(f"A context here is one of {', '.join(map(str, CONTEXTS))} tokens; not {context!r}.")
        self.rows = fit.table(self.speed, [precision], self.prompt, context)
        self.precision, self.context = precision, context
        self.redraw()
        return self

    def text(self) -> str:
        head = (
            f"{self.precision}, room for {self.context:,} tokens, a question of {self.prompt} tokens; "
            f"{self.free:.1f} GB of memory free, {self.speed.cores} cores"
        )
        columns = f"{'model':22} {'':5} {'memory':>9}  fits  first      then"
        return "\n".join([head, columns, *map(str, self.rows)])

    def html(self) -> str:
        names = [facts.model(row.model).name for row in self.rows]
        title = f"Memory needed, {NAMES[self.precision]}, {self.context:,} tokens"
        figure, (axes,) = canvas(1.1 + 0.34 * len(names), title)
        marks = ["fits" if row.fits else "no engine" if row.needed <= row.free else "too large" for row in self.rows]
        shown = [f"{row.needed / GB:.1f} GB, {mark}" for row, mark in zip(self.rows, marks, strict=True)]
        looks = [BLUE if row.fits else HATCHED for row in self.rows]
        draw_bars(axes, names, [row.needed / GB for row in self.rows], shown, looks, room=0.25)
        axes.axvline(self.free, color="black", linestyle="--", linewidth=1)
        axes.text(self.free, -0.8, f" {self.free:.1f} GB free", va="bottom", fontsize=9)
        axes.set_ylim(len(names) - 0.4, -1)
        axes.set_xlabel("GB")
        alt = f"Bars of the memory that each Phi needs in {self.precision}, against {self.free:.1f} GB free."
        return Plot(figure, alt, self.text()).html()

    def controls(self) -> dict:
        import ipywidgets as w

        kinds = [(NAMES[name], name) for name in fit.ENGINES]
        contexts = [(f"{tokens:,}", tokens) for tokens in CONTEXTS]
        precision = w.Dropdown(options=kinds, value=self.precision, description="Precision")
        context = w.SelectionSlider(options=contexts, value=self.context, description="Context")
        context.continuous_update = False
        return {"precision": precision, "context": context}
