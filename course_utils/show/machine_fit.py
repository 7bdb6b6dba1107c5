"""Which Phi fits this computer: a table and a picture, with controls for context length and precision."""

from __future__ import annotations

from html import escape

from course_utils.phi import facts, fit
from course_utils.phi.speed import Speed
from course_utils.setup.machine import GB

from .charts import Plot, _canvas
from .view import View

CONTEXTS = tuple(2**power for power in range(9, 18))  # 512 to 131,072 tokens
NAMES = {"int4": "int4", "int8": "int8", "bf16": "16 bits", "fp32": "32 bits"}


class MachineFit(View):
    """Memory and speed of every Phi in one precision, with room for one length of context."""

    def __init__(self, speed: Speed, precision: str = "int4", context: int = 4096, prompt: int = 128):
        self.speed = speed
        self.prompt = prompt
        self.set(precision, context)

    def set(self, precision: str | None = None, context: int | None = None) -> MachineFit:
        """Choose the precision and the context (None leaves them as they are), and predict again."""
        precision = precision or self.precision
        context = context or self.context
        self.rows = fit.table(self.speed, [precision], self.prompt, context)
        self.precision, self.context = precision, context
        return self

    def text(self) -> str:
        """The table: memory needed, whether it fits, time to first token, tokens a second, and what decides."""
        free = fit.usable(self.speed.memory) / GB
        head = (
            f"{self.precision}, room for {self.context:,} tokens, a question of {self.prompt} tokens; "
            f"{free:.1f} GB of memory free, {self.speed.cores} cores"
        )
        columns = f"{'model':22} {'':5} {'memory':>9}  fits  first      then"
        return "\n".join([head, columns, *map(str, self.rows)])

    def html(self) -> str:
        """The picture, and the table under it."""
        return self._plot().html() + self._table()

    def _plot(self) -> Plot:
        free = fit.usable(self.speed.memory) / GB
        names = [facts.model(row.model).name for row in self.rows]
        title = f"Memory needed, {NAMES[self.precision]}, {self.context:,} tokens"
        figure, axes = _canvas(1.1 + 0.34 * len(names), title)
        for place, row in enumerate(self.rows):
            look = {"color": "#1f77b4"} if row.fits else {"color": "white", "hatch": "////"}
            axes.barh(place, row.needed / GB, edgecolor="black", linewidth=0.6, **look)
            mark = "fits" if row.fits else "no engine" if row.needed <= row.free else "too large"
            axes.text(row.needed / GB, place, f" {row.needed / GB:.1f} GB, {mark}", va="center", fontsize=9)
        axes.axvline(free, color="black", linestyle="--", linewidth=1)
        axes.text(free, -0.8, f" {free:.1f} GB free", va="bottom", fontsize=9)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -1)
        axes.margins(x=0.25)
        axes.set_xlabel("GB")
        alt = f"Bars of the memory that each Phi needs in {self.precision}, against {free:.1f} GB free."
        return Plot(figure, alt, self.text())

    def _table(self) -> str:
        cells = ["<tr><th>Model</th><th>Memory</th><th>Fits</th><th>First token</th><th>Then</th><th>Why</th></tr>"]
        for row in self.rows:
            first = "" if row.tokens_per_second is None else f"{row.seconds_to_first_token:.2f} s"
            then = "" if row.tokens_per_second is None else f"{row.tokens_per_second:.1f} tokens/s"
            name = facts.model(row.model).name
            values = (name, f"{row.needed / GB:.1f} GB", "yes" if row.fits else "no", first, then, row.why)
            cells.append("<tr>" + "".join(f'<td style="text-align:left">{escape(v)}</td>' for v in values) + "</tr>")
        return f"<details><summary>The table, with reasons</summary><table>{''.join(cells)}</table></details>"

    def build(self):
        """Two controls over the picture and the table."""
        import ipywidgets as w

        shown = w.HTML(self.html())
        kinds = [(NAMES[name], name) for name in fit.ENGINES]
        precision = w.Dropdown(options=kinds, value=self.precision, description="Precision")
        context = w.SelectionSlider(
            options=[(f"{tokens:,}", tokens) for tokens in CONTEXTS],
            value=self.context if self.context in CONTEXTS else 4096,
            description="Context",
            continuous_update=False,
        )

        def change(_) -> None:
            shown.value = self.set(precision.value, context.value).html()

        precision.observe(change, "value")
        context.observe(change, "value")
        return w.VBox([w.HBox([precision, context]), shown])
