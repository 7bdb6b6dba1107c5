"""Every figure about a real model that the course shows: its value, unit, source and date. The data is family.json.

    figure("phi-3.5-mini", "training_tokens").trace()
    benchmark("MMLU", ["phi-3-mini-4k", "phi-3.5-mini"])

How a figure is confirmed:
  config      read from the model's configuration file       report     read in a technical report or paper
  card        read in the maker's model card or catalogue    secondary  read in somebody else's text only
  computed    worked out from a configuration                rumour     never confirmed by the maker, and says so
  unverified  remembered, not read: kept in the file as an open question, and never shown
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from course_utils.base import CourseError

FAMILY = Path(__file__).with_name("family.json")
CONFIGS = Path(__file__).with_name("configs.json")
CONFIRMED = {
    "config": "read from the configuration file",
    "card": "read in the maker's model card",
    "report": "read in a report or paper",
    "computed": "computed from the configuration",
    "secondary": "from a secondary source only",
    "rumour": "RUMOUR, never confirmed by the maker",
    "unverified": "unverified",
}
# Settings of configs.json that are figures too: key, unit, name in the settings.
SETTINGS = {
    "layers": ("layers", "num_hidden_layers"),
    "hidden_size": ("dimensions", "hidden_size"),
    "heads": ("heads", "num_attention_heads"),
    "kv_heads": ("heads", "num_key_value_heads"),
    "intermediate_size": ("dimensions", "intermediate_size"),
    "vocabulary": ("tokens", "vocab_size"),
    "window": ("tokens", "sliding_window"),
    "rope_theta": ("", "rope_theta"),
    "experts": ("experts", "num_local_experts"),
    "experts_used": ("experts", "num_experts_per_tok"),
}


@dataclass(frozen=True)
class Source:
    """Where a figure was read.

    `date`: of the text, as 2024-08-30, 2024-08 or 2024; "" where the copy does not tell. `read`: the day it was read.
    `copy`: whose copy it was: "publisher" (the maker's own page or repository, in a stored copy), "third party" (a
    verbatim copy that others keep), or "quoted" (only a text that quotes it). `url` is empty where none is certain.
    """

    key: str
    title: str
    date: str = ""
    url: str = ""
    read: str = ""
    copy: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure. `value` is a number, a text or a list of texts; `unit` is "" where it needs none.

    `method` of a benchmark says how it was measured ("5-shot"). `confirmed` is a key of CONFIRMED. `date` is that of
    the figure, or of its source, or the day of reading where the source shows none.
    """

    model: str
    key: str
    value: float | int | str | tuple[str, ...]
    unit: str
    source: Source
    confirmed: str
    date: str
    note: str = ""
    method: str = ""

    def __str__(self) -> str:
        mark = "RUMOUR: " if self.confirmed == "rumour" else ""
        return mark + in_words(self.value, self.unit)

    def trace(self) -> str:
        """One line: the value, how it was measured and confirmed, the source, its date, and its address."""
        date = self.date if self.date != self.source.read else f"a copy read {self.date}"
        parts = [str(self), self.method, CONFIRMED[self.confirmed], self.source.title, date, self.source.url]
        return "; ".join(part for part in parts if part) + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class Model:
    """A model. `released` is "" where no source gives a day or month; `figures` are those that may be shown."""

    id: str
    name: str
    maker: str
    family: str
    kind: str
    released: str
    figures: dict[str, Figure] = field(hash=False, compare=False)


def models(family: str | None = None, kind: str | None = None) -> list[str]:
    """The ids of the models in order of release, those without a known one last.

    family: a family or the start of one: "phi" (all Phi), "phi-3" (with 3.5), "phi-3.5", "contrast"
    kind:   "text", "vision", "moe", "multimodal", "reasoning"
    Raises CourseError for a family or kind that no model has.
    """
    found = _data()["models"].values()
    _known(family, sorted({entry["family"] for entry in found} | {"phi"}), "family")
    _known(kind, sorted({entry["kind"] for entry in found}), "kind")
    wanted = [
        name
        for name, entry in _data()["models"].items()
        if entry["family"].startswith(family or "") and kind in (None, entry["kind"])
    ]
    return sorted(wanted, key=lambda name: model(name).released or "9999")  # sort() keeps the file's order within a day


def model(id: str) -> Model:
    """All that is known of a model and may be shown. Raises CourseError for an unknown id."""
    _known(id, list(_data()["models"]), "model")
    entry = _data()["models"][id]
    figures = {key: found for key, found in _figures(id).items() if _may_be_shown(found)}
    released = str(figures["released"].value) if "released" in figures else ""
    return Model(id, entry["name"], entry["maker"], entry["family"], entry["kind"], released, figures)


def figure(id: str, key: str) -> Figure:
    """One figure of a model, as figure("phi-4", "context").

    Raises CourseError for an unknown model or key, with the names that are known, and for a figure that has no source
    or is unverified.
    """
    _known(id, list(_data()["models"]), "model")
    figures = _figures(id)
    _known(key, list(figures), f"figure of {id}")
    if not _may_be_shown(figures[key]):
        raise CourseError(f"A figure without a source is not shown: nobody has yet read {key!r} of {id} at its source.")
    return figures[key]


def benchmarks(kind: str | None = None) -> list[str]:
    """The names of the benchmarks, or of one kind: "text", "reasoning", "vision", "language", "safety"."""
    found = _data()["benchmarks"]
    _known(kind, sorted({entry["kind"] for entry in found.values()}), "kind of benchmark")
    return [name for name, entry in found.items() if kind in (None, entry["kind"])]


def benchmark(name: str, ids: list[str] | None = None, source: str | None = None) -> dict[str, Figure]:
    """The scores of one benchmark by model id, best first: one for each model, all of one source if you name its key.

    Where a model has several, the first in the file counts, which is the one of its own card or report; `measurements`
    gives all. Models in `ids` without a score are left out. Raises CourseError for an unknown benchmark or model.
    """
    for id in ids or []:
        _known(id, list(_data()["models"]), "model")
    scores: dict[str, Figure] = {}
    for found in _scores(name):
        if (ids is None or found.model in ids) and source in (None, found.source.key):
            scores.setdefault(found.model, found)
    return dict(sorted(scores.items(), key=lambda item: -item[1].value))


def measurements(name: str, id: str) -> list[Figure]:
    """All scores of one model on one benchmark: the same model, measured by different people or in different ways."""
    _known(id, list(_data()["models"]), "model")
    return [found for found in _scores(name) if found.model == id]


def about(name: str) -> str:
    """What a benchmark asks, in a sentence."""
    _known(name, benchmarks(), "benchmark")
    return _data()["benchmarks"][name]["about"]


@cache
def sources() -> dict[str, Source]:
    """All sources by key."""
    return {key: Source(key, **entry) for key, entry in _data()["sources"].items()}


@cache
def configs() -> dict[str, dict]:
    """The entries of configs.json by model id; one that is the "same" as another has that one's words and settings."""
    raw = json.loads(CONFIGS.read_text(encoding="utf-8"))
    found = {}
    for id, entry in raw.items():
        if id != "about":
            base = raw[entry["same"]] if "same" in entry else entry
            found[id] = base | entry | {"settings": base["settings"] | entry.get("settings", {})}
    return found


def in_words(value, unit: str) -> str:
    """A value with its unit: 3.82 B parameters, 131,072 tokens, 2.72 GB, 69.0 %, Oct 2023."""
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{_short(value / size)} {letter} {unit}".rstrip()
    text = f"{value:.1f}" if unit == "%" and round(value, 1) == value else f"{value:,}"
    return f"{text} {unit}".rstrip()


def _short(value: float) -> str:
    """Three or four digits: 3.82, 41.87, 175, 4.9."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@cache
def _data() -> dict:
    return json.loads(FAMILY.read_text(encoding="utf-8"))


@cache
def _figures(id: str) -> dict[str, Figure]:
    """All figures of a model by key, those that may not be shown too."""
    figures = {key: _figure(id, key, entry) for key, entry in _data()["models"][id]["figures"].items()}
    return figures | {key: found for key, found in _settings(id).items() if key not in figures}


def _settings(id: str) -> dict[str, Figure]:
    """The figures that configs.json holds of a model."""
    entry = configs().get(id, {"settings": {}, "source": ""})
    origin = {"source": entry["source"], "confirmed": "card" if entry["source"].startswith("card") else "config"}
    return {
        key: _figure(id, key, {"value": entry["settings"][name], "unit": unit, **origin})
        for key, (unit, name) in SETTINGS.items()
        if entry["settings"].get(name) is not None
    }


def _figure(id: str, key: str, entry: dict) -> Figure:
    source = sources().get(entry.get("source", ""), Source("", ""))
    value = tuple(entry["value"]) if isinstance(entry["value"], list) else entry["value"]
    words = {word: entry.get(word, "") for word in ("unit", "note", "method")}
    confirmed = entry.get("confirmed", "unverified")
    date = entry.get("date") or source.date or source.read
    return Figure(id, key, value, source=source, confirmed=confirmed, date=date, **words)


def _scores(name: str) -> list[Figure]:
    _known(name, list(_data()["benchmarks"]), "benchmark")
    entry = _data()["benchmarks"][name]
    shared = {"unit": entry["unit"]}
    found = [_figure(row["model"], name, shared | row) for row in entry["scores"]]
    return [score for score in found if _may_be_shown(score)]


def _may_be_shown(found: Figure) -> bool:
    return bool(found.source.key and found.date) and found.confirmed != "unverified"


def _known(name: str | None, names: list[str], what: str) -> None:
    if name is not None and name not in names:
        close = get_close_matches(str(name), names, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise CourseError(f"No {what} is called {name!r}.{hint} Known: {', '.join(names)}.")
