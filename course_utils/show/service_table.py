"""The cloud services as a table, with their sources to fold out."""

from __future__ import annotations

from html import escape

from course_utils.models import providers

from .view import View

CELL = "text-align:left;vertical-align:top;padding:0.1em 0.8em 0.1em 0;background:none;"
HEAD = ("Service", "Status", "Checked on", "Base URL", "Key in", "Phi")


class Services(View):
    """One row a service, from course_utils/models/providers.json."""

    def __init__(self):
        self.rows = providers.providers()

    def trace(self) -> str:
        """The sources of all rows, a line each."""
        return "\n".join(f"[{n}] {row.trace()}" for n, row in enumerate(self.rows, 1))

    def _cells(self):
        for n, row in enumerate(self.rows, 1):
            yield f"{row.name} [{n}]", row.status, row.checked_on, row.base_url, row.key_env or "none", row.phi

    def text(self) -> str:
        """The rows, and the sources."""
        told = ["; ".join(f"{head}: {cell}" for head, cell in zip(HEAD, cells, strict=True)) for cells in self._cells()]
        return "\n".join([*told, "Sources", self.trace()])

    def html(self) -> str:
        """The table, and the sources to fold out."""
        head = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in HEAD)
        body = ""
        for name, *others in self._cells():
            cells = "".join(f'<td style="{CELL}overflow-wrap:anywhere">{escape(cell)}</td>' for cell in others)
            body += f'<tr><th scope="row" style="{CELL}font-weight:normal">{escape(name)}</th>{cells}</tr>'
        look = "border-collapse:collapse;max-width:900px;color:var(--jp-content-font-color1, inherit)"
        return f'<table style="{look}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>' + self._fold()

    def _fold(self) -> str:
        rows = ""
        for row in self.rows:
            links = "; ".join(f'{escape(s.title)}, <a href="{escape(s.url)}">{escape(s.url)}</a>' for s in row.sources)
            rows += f"<li>{escape(row.name)}: {links}; read on {row.checked_on}. {escape(row.note)}</li>"
        return f'<details><summary>Sources</summary><ol style="line-height:1.5">{rows}</ol></details>'
