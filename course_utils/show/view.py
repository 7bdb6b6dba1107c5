"""What every widget and plot of the course has in common: a text twin, and a way to look at it anywhere.

A View is shown by being the last line of a cell, or by `display(view)`. In JupyterLab that gives the
widget, where there are no widgets the HTML, in plain Python `print(view)` gives the text.
"""

from __future__ import annotations

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
        if front_end() and has_widgets():
            widget = self.widget()
            if widget is not None:
                bundle[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        return bundle

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()


def has_widgets() -> bool:
    """True when ipywidgets is installed."""
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True
