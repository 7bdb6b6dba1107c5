"""What every widget and plot of the course has in common: a text twin, and a way to look at it anywhere.

A View is shown by being the last line of a cell, or by `publish(view)`. In JupyterLab that gives the widget, where
there are no widgets the HTML, in plain Python the text. Only the standard library is needed for that.
"""

import sys
from functools import partial

from ..language import phrases


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

    def widget(self):
        """The ipywidgets object, made when first asked for."""
        if self._widget is None:
            self._widget = self.build()
        return self._widget

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle, right_to_left = {"text/plain": self.text()}, phrases()["direction"] == "rtl"
        if html := self.html():
            bundle["text/html"] = f'<div dir="rtl">{html}</div>' if right_to_left else html
        widget = self.widget() if front_end() else None
        if widget is not None and right_to_left:
            import ipywidgets as w

            style = w.HTML("<style>.course-rtl { direction: rtl }</style>")
            widget = w.VBox([style, widget]).add_class("course-rtl")
        if widget is not None:
            shown = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = shown
        return bundle

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


class Controlled(View):
    """A view with controls over its picture. Moving one of them calls `set` with its name, as plain Python can.

    Subclasses give `set(**settings)`, which ends with `redraw`, and `controls()`, an ipywidgets control by setting.
    """

    def build(self):
        """The controls, and the picture below them."""
        import ipywidgets as w

        self.control, self.shown = self.controls(), w.HTML(self.html())
        self._now = getattr(self, "settings", vars(self))  # the present value of each setting
        for name, control in self.control.items():
            control.observe(partial(self._moved, name), "value")
        return self.layout()

    def layout(self):
        """The box that holds `control`, the controls by name, and `shown`, the picture."""
        import ipywidgets as w

        return w.VBox([w.HBox(list(self.control.values()), layout={"flex_flow": "row wrap"}), self.shown])

    def _moved(self, name: str, change) -> None:
        if change["new"] != self._now[name]:  # the learner moved it, and not `redraw`
            self.set(**{name: change["new"]})

    def redraw(self) -> None:
        """Bring controls and picture up to date, if there are any."""
        if self._widget is not None:
            for name, control in self.control.items():
                control.value = self._now[name]
            self.shown.value = self.html()


def front_end() -> bool:
    """True in a Jupyter kernel, which can show HTML and widgets; False in plain Python and in a terminal."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def publish(thing: View) -> None:
    """Show a view: in a notebook as HTML or widget, elsewhere as text."""
    if front_end():
        from IPython.display import display

        return display(thing)
    encoding = sys.stdout.encoding or "utf-8"  # an old Windows console: better a question mark than a traceback
    print(thing.text().encode(encoding, "replace").decode(encoding))
