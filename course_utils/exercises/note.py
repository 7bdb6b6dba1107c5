"""A short message to the learner, as plain text and as HTML.

The HTML says with a sign and a word what its colour says, announces itself to screen readers (`role="status"`), and
takes its colours from the JupyterLab theme, so that it reads well in the light and in the dark one.

Texts may hold `code` between back ticks, **strong** words, and empty lines between paragraphs.
"""

import re
from dataclasses import dataclass
from html import escape

from ..show.page import LOOK
from ..show.view import View

MARKS = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")
# JupyterLab breaks a line of text in mid-word. Every notebook shows notes, so they bring the cure.
WHOLE_WORDS = "<style>.jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }</style>"
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

TITLES = {"right": "Right", "not yet": "Not yet", "not attempted": "Not attempted"}


@dataclass(repr=False)
class Note(View):
    """One message: `kind` is a key of KINDS, `title` a word or two, `code` a block between body and after."""

    kind: str
    title: str
    body: str = ""
    code: str = ""
    after: str = ""

    def text(self) -> str:
        parts = [unmarked(f"{KINDS[self.kind][0]} {self.title}. {self.body}".rstrip())]
        parts += ["    " + line for line in self.code.splitlines()]
        return "\n".join([*parts, unmarked(self.after)] if self.after else parts)

    def html(self) -> str:
        sign, variable, colour = KINDS[self.kind]
        title = f'<strong><span aria-hidden="true">{sign}</span> {markup(self.title)}.</strong>'
        code = f'<pre style="margin:0.4em 0;color:inherit">{escape(self.code)}</pre>' if self.code else ""
        after = f"<div>{markup(self.after)}</div>" if self.after else ""
        bar = f"border-left:4px solid var({variable}, {colour})"
        look = f"{bar};padding:0.4em 0.8em;margin:0.2em 0;max-width:46em;{LOOK}"
        body = f"<div>{title} {markup(self.body)}</div>{code}{after}"
        return f'{WHOLE_WORDS}<div role="status" class="course-note" style="{look}">{body}</div>'


def markup(text: str) -> str:
    """Our small markup as HTML: `code`, **strong**, line breaks. Everything else is escaped."""
    tagged = MARKS.sub(lambda m: f"<code>{m[1]}</code>" if m[1] else f"<strong>{m[2]}</strong>", escape(text))
    return tagged.replace("\n", "<br>")


def plain(text: str) -> str:
    """Our small markup as text without marks, for places that can show neither."""
    return MARKS.sub(lambda m: m[1] or m[2], text)


def unmarked(text: str) -> str:
    """Our small markup as text: without the stars, but with the ticks, and with the stars inside of `code`."""
    return MARKS.sub(lambda m: m[2] or m[0], text)
