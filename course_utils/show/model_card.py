"""The card of a model: what is known of it, drawn from the facts, each figure with a mark that leads to its source."""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.phi import facts

from .family_charts import KIND_NAMES
from .source_fold import sources_fold, trace
from .view import View

# What a card shows, in this order, and what it is called. What is not known is left out.
ROWS = {
    "released": "Released",
    "parameters": "Parameters",
    "active_parameters": "Active per token",
    "context": "Context",
    "window": "Attention window",
    "layers": "Layers",
    "heads": "Attention heads",
    "kv_heads": "Key-value heads",
    "vocabulary": "Vocabulary",
    "training_tokens": "Training tokens",
    "gpu_count": "Trained on",
    "training_days": "Trained for",
    "data_cutoff": "Knowledge until",
    "languages": "Languages",
    "licence": "Licence",
    "azure_status": "On Azure",
    "nvidia_status": "At NVIDIA",
}
GAP = "not known here"


class Card(View):
    """One or several models, each with its figures; the marks count through all of them."""

    def __init__(self, ids: tuple[str, ...]):
        if not ids:
            raise CourseError('Name a model: show.card("phi-3.5-mini").')
        self.models = [facts.model(id) for id in ids]
        self.rows = {model.id: _rows(model) for model in self.models}
        self.figures = [found for rows in self.rows.values() for _, found in rows]

    def trace(self) -> str:
        """The sources of all figures, a line each."""
        return trace(self.figures)

    def text(self) -> str:
        """The cards, one after the other, and the sources."""
        lines, mark = [], 0
        for model in self.models:
            lines.append(f"{model.name} ({_kind(model)})")
            for label, found in self.rows[model.id]:
                mark += 1
                lines.append(f"  {label}: {_value(found)} [{mark}]")
        return "\n".join([*lines, "Sources", self.trace()])

    def html(self) -> str:
        """The cards beside each other, as far as the page is wide."""
        mark, cards = 0, []
        for model in self.models:
            body = ""
            for label, found in self.rows[model.id]:
                mark += 1
                title = escape(found.trace(), quote=True)
                body += (
                    f'<tr><th scope="row" style="{CELL}font-weight:normal;white-space:nowrap;opacity:0.75">{label}</th>'
                    f'<td style="{CELL}" title="{title}">{escape(_value(found))} <small>[{mark}]</small></td></tr>'
                )
            cards.append(
                f'<section aria-label="{escape(model.name)}" style="{LOOK}"><strong>{escape(model.name)}</strong>'
                f'<div style="opacity:0.75">{escape(_kind(model))}</div>'
                f'<table style="border-collapse:collapse;margin:0.4em 0;color:inherit">{body}</table></section>'
            )
        return f'<div style="display:flex;flex-wrap:wrap;gap:0.8em">{"".join(cards)}</div>{sources_fold(self.figures)}'


class Table(View):
    """One row a model, one column a figure; the marks count through all of them."""

    def __init__(self, ids, keys):
        self.models = [facts.model(id) for id in ids]
        self.keys = list(keys)
        if not self.models or not self.keys:
            raise CourseError('Name models and figures: show.table(["phi-4"], ["licence", "context"]).')
        self.cells = [[_shown(model, key) for key in self.keys] for model in self.models]
        self.figures = [found for row in self.cells for found in row if found]
        if not self.figures:
            raise CourseError(f"None of these models has a figure called {' or '.join(self.keys)}.")

    def trace(self) -> str:
        """The sources of all figures, a line each."""
        return trace(self.figures)

    def text(self) -> str:
        """The rows, and the sources."""
        lines = []
        for model, row in zip(self.models, self._rows(), strict=True):
            told = [f"{_label(key)} {value}" for key, value in zip(self.keys, row, strict=True)]
            lines.append(f"{model.name}: {'; '.join(told)}")
        return "\n".join([*lines, "Sources", self.trace()])

    def html(self) -> str:
        """The table, with the sources to fold out."""
        head = "".join(f'<th scope="col" style="{CELL}">{_label(key)}</th>' for key in ["Model", *self.keys])
        body = ""
        for model, row in zip(self.models, self._rows(), strict=True):
            cells = "".join(f'<td style="{CELL}">{escape(value)}</td>' for value in row)
            body += f'<tr><th scope="row" style="{CELL}font-weight:normal">{escape(model.name)}</th>{cells}</tr>'
        look = "border-collapse:collapse;color:var(--jp-content-font-color1, inherit)"
        return f'<table style="{look}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>' + sources_fold(
            self.figures
        )

    def _rows(self) -> list[list[str]]:
        """The words of each cell, with their marks."""
        marks = iter(range(1, len(self.figures) + 1))
        return [[f"{_value(found)} [{next(marks)}]" if found else GAP for found in row] for row in self.cells]


CELL = "text-align:left;vertical-align:top;padding:0.1em 0.6em 0.1em 0;background:none;"
LOOK = (
    "border:1px solid var(--jp-border-color1, #999);border-radius:8px;padding:0.6em 0.9em;max-width:24em;"
    "flex:1 1 16em;color:var(--jp-content-font-color1, inherit)"
)


def _kind(model: facts.Model) -> str:
    return f"{model.maker}, {KIND_NAMES.get(model.kind, model.kind)}"


def _label(key: str) -> str:
    return ROWS.get(key, key.replace("_", " ").capitalize())


def _shown(model: facts.Model, key: str) -> facts.Figure | None:
    found = model.figures.get(key)
    return found if found and found.confirmed != "rumour" else None


def _rows(model: facts.Model) -> list[tuple[str, facts.Figure]]:
    return [(label, _shown(model, key)) for key, label in ROWS.items() if _shown(model, key)]


def _value(found: facts.Figure) -> str:
    """The value in words; long lists say how many they are, and a unit that the label has is left out."""
    if found.key == "gpu_count":
        gpu = facts.model(found.model).figures.get("gpu")
        return f"{found}" if gpu is None else f"{found.value} × {gpu.value}"
    if isinstance(found.value, tuple) and len(found.value) > 3:
        return f"{len(found.value)}: {found}"
    context = facts.model(found.model).figures.get("context")
    if found.key == "window" and context and found.value >= context.value:
        return f"{found}: none in effect"
    return str(found).removesuffix(found.unit).rstrip() if found.unit in _label(found.key).casefold() else str(found)
