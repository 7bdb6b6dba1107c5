"""A short message to the learner, as plain text and as HTML.

The standard library alone, so that it works in a plain Python prompt, in nbval and in JupyterLab. The HTML
says with a sign and a word what its colour says, announces itself to screen readers (`role="status"`), and
takes its colours from the JupyterLab theme, so that it reads well in the light and in the dark one.

Texts may hold `code` between back ticks, **strong** words, and empty lines between paragraphs.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from html import escape

# kind: sign, theme variable of the bar at the left, colour where there is no JupyterLab theme
KINDS = {
    "right": ("✓", "--jp-success-color1", "#2e7d32"),
    "not yet": ("✗", "--jp-warn-color1", "#b45f06"),
    "not attempted": ("○", "--jp-border-color1", "#757575"),
    "hint": ("?", "--jp-info-color1", "#0277bd"),
    "solution": ("→", "--jp-info-color1", "#0277bd"),
    "info": ("i", "--jp-info-color1", "#0277bd"),
    "fault": ("!", "--jp-error-color1", "#b71c1c"),
}


@dataclass(frozen=True)
class Note:
    """One message: `kind` is a key of KINDS, `title` a word or two, `code` a block between body and after."""

    kind: str
    title: str
    body: str = ""
    code: str = ""
    after: str = ""

    def text(self) -> str:
        """The message as plain text."""
        parts = [unmarked(f"{KINDS[self.kind][0]} {self.title}. {self.body}".rstrip())]
        if self.code:
            parts.append("\n".join("    " + line for line in self.code.splitlines()))
        if self.after:
            parts.append(unmarked(self.after))
        return "\n".join(parts)

    def html(self) -> str:
        """The message as one HTML element."""
        sign, variable, colour = KINDS[self.kind]
        title = f'<strong><span aria-hidden="true">{sign}</span> {markup(self.title)}.</strong>'
        code = f'<pre style="margin:0.4em 0;color:inherit">{escape(self.code)}</pre>' if self.code else ""
        after = f"<div>{markup(self.after)}</div>" if self.after else ""
        look = (
            f"border-left:4px solid var({variable}, {colour});padding:0.4em 0.8em;margin:0.2em 0;"
            "max-width:46em;line-height:1.5;color:var(--jp-content-font-color1, inherit)"
        )
        body = f"<div>{title} {markup(self.body)}</div>{code}{after}"
        return f'<div role="status" class="course-note" style="{look}">{body}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}

    def __str__(self) -> str:
        return self.text()


def markup(text: str) -> str:
    """Our small markup as HTML: `code`, **strong**, line breaks. Everything else is escaped."""
    pieces = re.split(r"(`[^`\n]+`|\*\*[^*\n]+\*\*)", text)
    html = []
    for piece in pieces:
        if len(piece) > 2 and piece[0] == piece[-1] == "`":
            html.append(f"<code>{escape(piece[1:-1])}</code>")
        elif len(piece) > 4 and piece.startswith("**") and piece.endswith("**"):
            html.append(f"<strong>{escape(piece[2:-2])}</strong>")
        else:
            html.append(escape(piece).replace("\n", "<br>"))
    return "".join(html)


def plain(text: str) -> str:
    """Our small markup as text without marks, for places that can show neither."""
    return re.sub(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*", lambda found: found[1] or found[2], text)


def unmarked(text: str) -> str:
    """Our small markup as text: without the stars, but with the ticks, and with the stars inside of `code`."""
    return re.sub(r"(`[^`\n]+`)|\*\*([^*\n]+)\*\*", lambda found: found[1] or found[2], text)


def front_end() -> bool:
    """True in a Jupyter kernel, which can show HTML and widgets; False in plain Python and in a terminal."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def publish(thing) -> None:
    """Show a Note, or any object with a text twin: in a notebook as HTML or widget, elsewhere as text."""
    if front_end():
        from IPython.display import display

        display(thing)
        return
    text = str(thing)
    try:
        print(text)
    except UnicodeEncodeError:  # an old Windows console: better a question mark than a traceback
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "replace").decode(encoding))
