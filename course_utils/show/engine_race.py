"""The race of the engines: a table, a picture, and buttons to start it."""

import threading
from html import escape
from typing import Self

from course_utils.base import CourseError
from course_utils.models import engines, race

from .answering import BUSY, Answering
from .charts import panels


class Race(Answering):
    """What `race.run` found (`rows`), as a table and a picture, with buttons that start a race of its own. Without a
    front end: `.go("smollm2", ["onnx", "llama.cpp"], ["int4"], tokens=24)`. `.stop()` ends all its processes."""

    def __init__(self, rows: list[dict] = ()):
        super().__init__()
        self.rows, self.status, self._race = list(rows), "", race.Race()

    def go(self, model="pico-mini", names=None, precisions=None, rounds: int = 1, tokens: int = race.TOKENS) -> Self:
        """Race, and wait for the end. Raises CourseError where one is running, or for a name that is none."""
        if not self.begin():
            raise CourseError(BUSY)
        self._go(model, names, precisions, rounds, tokens)
        return self

    def _go(self, *how) -> None:
        self._race = race.Race(self._say)
        try:
            self.rows, self.status = self._race.run([how[0]], *how[1:]), ""
        except CourseError as error:
            self.status = str(error)
            raise
        finally:
            self._race.stop()
            self.end()

    def _say(self, line: str) -> None:
        self.status = line
        self.refresh()

    def stop(self) -> None:
        super().stop()
        self._race.stop()

    close = stop

    def text(self) -> str:
        if not self.rows:
            return self.status or 'Nobody has raced yet. Without widgets: race.go("pico-mini", ["onnx", "llama.cpp"])'
        return race.table(self.rows)

    def html(self) -> str:
        shown = "".join(plot.html() for plot in self.plots())
        return f'{shown}<pre style="overflow-x:auto" role="status">{escape(self.text())}</pre>'

    def plots(self) -> list:
        """A picture for each model: tokens a second, the wait for the first, the memory."""
        ran = [row for row in self.rows if "error" not in row]
        found = []
        for model in dict.fromkeys(row["model"] for row in ran):
            rows = sorted((row for row in ran if row["model"] == model), key=lambda row: -row["rate"])
            columns = {"tokens/s": [row["rate"] for row in rows]}
            columns["first token, ms"] = [1e3 * row["first"] for row in rows]
            columns["memory, MB"] = [row["memory"] / 1e6 for row in rows]
            labels = [f"{row['engine']} {row['precision']}" for row in rows]
            found.append(panels(labels, columns, f"{model}, by engine"))
        return found

    def build(self):
        """Choices of a model, engines, precisions and tokens; Race and Stop; the table and the picture."""
        import ipywidgets as w

        here, forms = [*filter(engines.installed, engines.ENGINES)], ("fp32", "int8", "mixed", "int4")
        self.choice = {
            "model": w.Dropdown(options=race.MODELS, description="Model"),
            "names": w.SelectMultiple(options=here, value=here, description="Engines"),
            "precisions": w.SelectMultiple(options=forms, value=("fp32", "int4"), description="Precisions"),
            "tokens": w.IntSlider(race.TOKENS, 8, 128, 8, description="Tokens"),
        }
        self.send = w.Button(description="Race", button_style="primary", layout={"width": "90px"})
        self.halt = w.Button(description="Stop", disabled=True, layout={"width": "80px"})
        self.send.on_click(lambda _: self.sent())
        self.halt.on_click(lambda _: self.stop())
        self._told, self._found = w.HTML(), w.HTML()
        self.show()
        rows = [w.HBox([*self.choice.values()], layout={"flex_flow": "row wrap"}), w.HBox([self.send, self.halt])]
        return w.VBox([*rows, self._told, self._found])

    def sent(self) -> None:
        """Race was pressed: run beside the kernel."""
        model, names, precisions, tokens = (control.value for control in self.choice.values())
        if self.begin():
            threading.Thread(target=self._go, args=(model, names, precisions, 1, tokens), daemon=True).start()
            self.refresh()

    def show(self) -> None:
        super().show()
        self.send.description = "Racing …" if self.busy.locked() else "Race"
        self._told.value = escape(self.status)
        if not self.busy.locked():
            self._found.value = self.html()
