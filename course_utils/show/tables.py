"""What is known of models and services, as cards and tables; each figure has a mark that leads to its source."""

from __future__ import annotations

from html import escape
from itertools import count

from course_utils.base import CourseError
from course_utils.models import providers
from course_utils.phi import facts

from .family_charts import KIND_NAMES
from .page import BORDER, CELL, LOOK, numbered, sources_fold, table, trace
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
FAINT = "opacity:0.75"
SERVICE = ("Service", "Status", "Checked on", "Base URL", "Key in", "Phi")


class Sourced(View):
    """A view of `figures` of the facts; their marks [1], [2] … count through all of them."""

    figures: list[facts.Figure]

    def trace(self) -> str:
        """The sources of all figures, a line each."""
        return trace(self.figures)

    def _with_sources(self, lines: list[str]) -> str:
        return "\n".join([*lines, "Sources", self.trace()])


class Card(Sourced):
    """What is known of one or more models, each figure with its source."""

    def __init__(self, *ids: str):
        if not ids:
            raise CourseError('Name a model: show.card("phi-3.5-mini").')
        self.models = [facts.model(name) for name in ids]
        self.rows = {
            model.id: [(_label(key), model.figures[key]) for key in ROWS if _known(model, key)] for model in self.models
        }
        self.figures = [figure for rows in self.rows.values() for _, figure in rows]

    def text(self) -> str:
        lines, marks = [], count(1)
        for model in self.models:
            lines.append(f"{model.name} ({_kind(model)})")
            lines += [f"  {label}: {_value(figure)} [{next(marks)}]" for label, figure in self.rows[model.id]]
        return self._with_sources(lines)

    def html(self) -> str:
        marks, cards = count(1), []
        for model in self.models:
            name, body = escape(model.name), ""
            for label, figure in self.rows[model.id]:
                value = f"{escape(_value(figure))} <small>[{next(marks)}]</small>"
                body += (
                    f'<tr><th scope="row" style="{CELL}{FAINT};font-weight:normal;white-space:nowrap">{label}</th>'
                    f'<td style="{CELL}" title="{escape(figure.trace())}">{value}</td></tr>'
                )
            look = f"border:{BORDER};border-radius:8px;padding:0.6em 0.9em;max-width:24em;flex:1 1 16em;{LOOK}"
            cards.append(
                f'<section aria-label="{name}" style="{look}"><strong>{name}</strong>'
                f'<div style="{FAINT}">{escape(_kind(model))}</div>'
                f'<table style="border-collapse:collapse;margin:0.4em 0;color:inherit">{body}</table></section>'
            )
        return f'<div style="display:flex;flex-wrap:wrap;gap:0.8em">{"".join(cards)}</div>{sources_fold(self.figures)}'


class Table(Sourced):
    """Some figures of several models: a row a model, a column a figure, each cell with its source."""

    def __init__(self, ids, keys):
        self.models, self.keys = [facts.model(name) for name in ids], list(keys)
        if not self.models or not self.keys:
            raise CourseError('Name models and figures: show.table(["phi-4"], ["licence", "context"]).')
        cells = [(model, key) for model in self.models for key in self.keys]
        self.figures = [model.figures[key] for model, key in cells if _known(model, key)]
        if not self.figures:
            raise CourseError(f"None of these models has a figure called {' or '.join(self.keys)}.")

    def _rows(self) -> list[list[str]]:
        """The name of each model and its cells, with their marks."""
        marks = count(1)
        return [
            [model.name]
            + [f"{_value(model.figures[key])} [{next(marks)}]" if _known(model, key) else GAP for key in self.keys]
            for model in self.models
        ]

    def text(self) -> str:
        lines = []
        for name, *cells in self._rows():
            told = [f"{_label(key)} {cell}" for key, cell in zip(self.keys, cells, strict=True)]
            lines.append(f"{name}: {'; '.join(told)}")
        return self._with_sources(lines)

    def html(self) -> str:
        return table(["Model", *map(_label, self.keys)], self._rows()) + sources_fold(self.figures)


class Services(View):
    """The cloud services of notebook 03: state, day of the check, address, variable of the key, sources."""

    def __init__(self):
        self.rows = providers.providers()

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (f"{row.name} [{n}]", row.status, row.checked_on, row.base_url, row.key_env or "none", row.phi)
            for n, row in enumerate(self.rows, 1)
        ]

    def text(self) -> str:
        told = ["; ".join(map(": ".join, zip(SERVICE, cells, strict=True))) for cells in self._cells()]
        return "\n".join([*told, "Sources", *(f"[{n}] {row.trace()}" for n, row in enumerate(self.rows, 1))])

    def html(self) -> str:
        return table(SERVICE, self._cells()) + numbered(map(_read_on, self.rows))


def _read_on(row: providers.Provider) -> str:
    links = "; ".join(f'{escape(s["title"])}, <a href="{escape(s["url"])}">{escape(s["url"])}</a>' for s in row.sources)
    return f"{escape(row.name)}: {links}; read on {row.checked_on}. {escape(row.note)}"


def _kind(model: facts.Model) -> str:
    return f"{model.maker}, {KIND_NAMES.get(model.kind, model.kind)}"


def _label(key: str) -> str:
    return ROWS.get(key, key.replace("_", " ").capitalize())


def _known(model: facts.Model, key: str) -> bool:
    return key in model.figures and model.figures[key].confirmed != "rumour"


def _value(figure: facts.Figure) -> str:
    """The value in words; long lists say how many they are, and a unit that the label has is left out."""
    others = facts.model(figure.model).figures
    if figure.key == "gpu_count" and "gpu" in others:
        return f"{figure.value} × {others['gpu'].value}"
    if isinstance(figure.value, tuple) and len(figure.value) > 3:
        return f"{len(figure.value)}: {figure}"
    if figure.key == "window" and "context" in others and figure.value >= others["context"].value:
        return f"{figure}: none in effect"
    told = str(figure)
    return told.removesuffix(figure.unit).rstrip() if figure.unit in _label(figure.key).casefold() else told
