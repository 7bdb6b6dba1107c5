"""What every widget and plot of the course has in common: a text twin, and a way to look at it anywhere.

A View is shown by being the last line of a cell, or by `display(view)`. In JupyterLab that gives the
widget, where there are no widgets the HTML, in plain Python `print(view)` gives the text.
"""

from __future__ import annotations

from functools import partial

from .note import front_end

WIDGET = "application/vnd.jupyter.widget-view+json"


class View:
    """Base of all that a learner looks at. Subclasses give `text`, and `html` or `build` or both."""

    _widget = None

    def text(self) -> str:
        """The text twin: says in words what the widget or picture shows."""
        raise NotImplementedError

    def html(self) -> str:
        """The same as HTML that needs no kernel; empty if there is none."""
        return ""

    def build(self):
        """Make the ipywidgets object; None for a view without controls."""
        return None

    def widget(self):
        """The ipywidgets object, made when first asked for."""
        if self._widget is None:
            self._widget = self.build()
        return self._widget

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle = {"text/plain": self.text()}
        html = self.html()
        if html:
            bundle["text/html"] = html
        widget = self.widget() if front_end() else None
        if widget is not None:
            bundle[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        return bundle

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()


class Controlled(View):
    """A view with controls over its picture. Moving one of them calls `set` with its name, as plain Python can."""

    def set(self, **settings):
        """Change settings by name; ends with `redraw`."""
        raise NotImplementedError

    def setting(self, name: str):
        """The present value of a setting."""
        return getattr(self, name)

    def controls(self) -> dict:
        """Make an ipywidgets control for each setting, by its name."""
        raise NotImplementedError

    def build(self):
        """The controls, and the picture below them."""
        import ipywidgets as w

        self.make_controls()
        row = w.HBox(list(self.control.values()), layout={"flex_flow": "row wrap"})
        return w.VBox([row, self.shown])

    def make_controls(self) -> None:
        """Make `control`, by name, and `shown`, the picture, and let them work together."""
        import ipywidgets as w

        self.control, self.shown = self.controls(), w.HTML(self.html())
        for name, control in self.control.items():
            control.observe(partial(self._moved, name), "value")

    def _moved(self, name: str, change) -> None:
        if change["new"] != self.setting(name):  # the learner moved it, and not `redraw`
            self.set(**{name: change["new"]})

    def redraw(self) -> None:
        """Bring controls and picture up to date, if there are any."""
        if self._widget is not None:
            for name, control in self.control.items():
                control.value = self.setting(name)
            self.shown.value = self.html()
