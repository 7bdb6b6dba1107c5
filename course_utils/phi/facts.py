"""Every figure about a real model that the course shows: its value, unit, source and date. The data is family.json."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from course_utils.base import CourseError, data

FAMILY = Path(__file__).with_name("family.json")


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

    `method` of a benchmark says how it was measured ("5-shot"). `confirmed` is a key of "confirmed" in family.json. The
    `date` is that of the figure, or of its source, or the day of reading where the source shows none.
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
        parts = [str(self), self.method, _data()["confirmed"][self.confirmed], self.source.title, date, self.source.url]
        return "; ".join(part for part in parts if part) + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class Model:
    """A model, with its figures by key. `released` is "" where no source gives a day or month."""

    id: str
    name: str
    maker: str
    family: str
    kind: str
    released: str
    figures: dict[str, Figure] = field(hash=False, compare=False)


def models(family: str = "") -> list[str]:
    """The ids of the models in order of release, those without a known one last.

    family: a family or the start of one: "phi" (all Phi), "phi-3" (with 3.5), "phi-3.5", "contrast"; "" for all.
    Raises CourseError for a family that no model has.
    """
    check_known(family, ["", "phi", *sorted({model.family for model in _models().values()})], "family")
    return [name for name, model in _models().items() if model.family.startswith(family)]


def model(name: str) -> Model:
    """All that is known of a model, by its id. Raises CourseError for an unknown id."""
    check_known(name, _models(), "model")
    return _models()[name]


def figure(name: str, key: str) -> Figure:
    """One figure of a model, as figure("phi-4", "context"). Raises CourseError for an unknown model or key, with the
    names that are known."""
    figures = model(name).figures
    check_known(key, figures, f"figure of {name}")
    return figures[key]


def benchmark(name: str, ids: list[str] | None = None, source: str | None = None) -> dict[str, Figure]:
    """The scores of one benchmark by model id, best first: one for each model, all of one source if you name its key.

    Where a model has several, the first in the file counts, which is the one of its own card or report. Models in `ids`
    without a score are left out. Raises CourseError for an unknown benchmark or model.
    """
    check_known(name, _data()["benchmarks"], "benchmark")
    for each in ids or []:
        check_known(each, _models(), "model")
    entry, scores = _data()["benchmarks"][name], {}
    for row in entry["scores"]:
        if (ids is None or row["model"] in ids) and source in (None, row["source"]):
            scores.setdefault(row["model"], _figure({"key": name, "unit": entry["unit"]} | row))
    return dict(sorted(scores.items(), key=lambda item: -item[1].value))


def about(name: str) -> str:
    """What a benchmark asks, in a sentence."""
    check_known(name, _data()["benchmarks"], "benchmark")
    return _data()["benchmarks"][name]["about"]


@cache
def sources() -> dict[str, Source]:
    """All sources by key."""
    return {key: Source(key, **entry) for key, entry in _data()["sources"].items()}


@cache
def configs() -> dict[str, dict]:
    """The entries of configs.json by model id; one that is the "same" as another has that one's words and settings."""
    entries = data(__file__, "configs.json")
    del entries["about"]
    for name, entry in entries.items():
        base = entries[entry.get("same", name)]
        entries[name] = base | entry | {"settings": base["settings"] | entry.get("settings", {})}
    return entries


def in_words(value: float | str | tuple[str, ...], unit: str) -> str:
    """A value with its unit: 3.82 B parameters, 131,072 tokens, 2.72 GB, 69.0 %, Oct 2023."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join(value)
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if value >= size:
            number = f"{value / size:.2f}".rstrip("0").rstrip(".")
            return f"{number} {letter} {unit}".rstrip()
    text = f"{value:.1f}" if unit == "%" and round(value, 1) == value else f"{value:,}"
    return f"{text} {unit}".rstrip()


@cache
def _data() -> dict:
    return data(__file__, FAMILY.name)


@cache
def _models() -> dict[str, Model]:
    """All models by id, in order of release. Their figures are those of family.json, then those of configs.json."""
    found = []
    for name, entry in _data()["models"].items():
        rows = entry["figures"]
        if name in configs():
            settings, source = configs()[name]["settings"], configs()[name]["source"]
            origin = {"source": source, "confirmed": "card" if source.startswith("card") else "config"}
            for key, (unit, setting) in _data()["settings"].items():
                if settings.get(setting) is not None and key not in rows:
                    rows = rows | {key: {"value": settings[setting], "unit": unit} | origin}
        figures = {key: _figure(row | {"model": name, "key": key}) for key, row in rows.items()}
        released = str(figures["released"].value) if "released" in figures else ""
        found.append(Model(name, released=released, **entry | {"figures": figures}))
    found.sort(key=lambda model: model.released or "9999")  # keeps the file's order within a day
    return {model.id: model for model in found}


def _figure(row: dict) -> Figure:
    source = sources()[row["source"]]
    value = tuple(row["value"]) if isinstance(row["value"], list) else row["value"]
    defaults = {"unit": "", "date": source.date or source.read}
    return Figure(**defaults | row | {"value": value, "source": source})


def check_known(name: str, names: Iterable[str], what: str) -> None:
    """Raise CourseError for a name that is none of `names`, with the nearest of them. `what` says what is named."""
    if name not in names:
        close = get_close_matches(str(name), names, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise CourseError(f"No {what} is called {name!r}.{hint} Known: {', '.join(filter(None, names))}.")
