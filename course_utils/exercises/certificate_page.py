"""What stands in the learner's certificate, as a page and as plain text: the progress file, this machine, no more.

What was not measured is counted, and not shown. Everything from the progress file is escaped: anybody can edit it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import platform
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from course_utils import language
from course_utils.base import data
from course_utils.language import word

from ..setup import machine
from . import progress
from .predictions import shown

HERE = Path(__file__).parent
NO_GUESS = word("none")
LIBRARIES = "torch transformers onnxruntime-genai onnxruntime peft ollama openai xllamacpp mlx-lm openvino".split()
YES = {"True": word("yes"), "False": word("no")}  # what was neither a number nor a text
ABOUT = (
    "This page is my own record. A program wrote it from my progress file: numbers that cells of the course "
    "measured, worked out or looked up when I ran them, rounded, and what I had guessed. Nobody has examined or signed "
    "it. What I did not measure is not listed. “My model” is SmolLM2, a language model of 135 million parameters, or "
    "pico-mini, the course's own, where SmolLM2 was left out."
)
CHECK = "On my computer, python -m course_utils certificate --verify FILE compares each number here with that record."


@dataclass
class Found:
    """A claim that was measured: the id of its cell, its sentence, and the number, the guess and the day as shown."""

    claim: str
    sentence: str
    value: str
    guess: str
    day: str

    def text(self) -> str:
        return self.sentence.replace("{value}", self.value)


@dataclass
class Chapter:
    """A notebook: what was found in it, and how many of its claims, exercises and questions that are."""

    title: str
    found: list[Found]
    claims: int
    exercises: tuple[int, int]  # right, of
    questions: tuple[int, int]

    def counts(self) -> list[str]:
        return [f"{n} of {most}" for n, most in ((len(self.found), self.claims), self.exercises, self.questions)]


@functools.cache
def _asked() -> tuple[set[str], set[str]]:
    """The ids of all exercises and of all quiz questions, without the libraries that the exercises need."""
    files = [file.read_text(encoding="utf-8") for file in HERE.glob("*.py") if file.name != "engine.py"]
    quizzes = [data(__file__, f"quizzes/{file.name}") for file in (HERE / "quizzes").glob("*.toml")]
    questions = {row["id"] for quiz in quizzes for rows in quiz.values() for row in rows}
    return {id for text in files for id in re.findall(r'\bExercise\(\s*"(\d\d\.\w+)"', text)}, questions


def sentences() -> dict[str, dict[str, str]]:
    """The sentences of `claims.toml`: `{"00 Start here": {"00-measure-size": "The model has {value}."}}`."""
    return data(__file__, "claims.toml")


def chapters() -> list[Chapter]:
    """What the progress file says, notebook by notebook."""
    kept, right = progress.claims(), {id for id, one in progress.load().items() if one["right"]}
    made = []
    for title, claims in sentences().items():
        found = [_found(id, sentence, kept[id]) for id, sentence in claims.items() if id in kept]
        ids = [{id for id in kind if id[:2] == title[:2]} for kind in _asked()]
        made.append(Chapter(title, found, len(claims), *((len(some & right), len(some)) for some in ids)))
    return made


def _found(id: str, sentence: str, one: dict) -> Found:
    day = one["date"] if re.fullmatch(r"\d{4}-\d\d-\d\d", one["date"]) else "?"
    unit = tidy(one["unit"])[:60]
    value, guess = (YES.get(one[key]) or tidy(shown(one[key], unit)) for key in ("measured", "guess"))
    return Found(id, sentence, value, NO_GUESS if one["guess"] is None else guess, day)


def tidy(text: str) -> str:
    """A text in one line, without signs that cannot be seen: the progress file may have been written by anybody."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def this_machine() -> dict[str, str]:
    """Processor, memory, system, and the versions of what is installed; no name, no path."""
    rows = {"Processor": f"{machine.cpu()}, {machine.cores()} cores", "Memory": machine.in_gb(machine.memory().total)}
    rows |= {"System": machine.system(), "Python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            rows[name] = importlib.metadata.version(name)
    return {name: tidy(text) for name, text in rows.items()}


def count(made: list[Chapter]) -> str:
    """One sentence or two: how much of the course this is."""
    found = [one for chapter in made for one in chapter.found]
    guessed = sum(one.guess != NO_GUESS for one in found)
    claims = f"I measured {len(found)} of the course's {sum(one.claims for one in made)} claims"
    kinds = zip(*(chapter.exercises + chapter.questions for chapter in made), strict=True)
    right, exercises, known, questions = map(sum, kinds)
    answers = f"{right} of {exercises} exercises and {known} of {questions} quiz questions"
    return f"{claims}, and had guessed {guessed} of them. I answered {answers} rightly."


def page(who: str) -> str:
    """The certificate as HTML. It holds no script and loads nothing."""
    made = chapters()
    total = zip(*((len(c.found), c.claims, *c.exercises, *c.questions) for c in made), strict=True)
    n, claims, right, exercises, known, questions = map(sum, total)
    rows = [[c.title, *c.counts()] for c in made]
    rows += [["All", f"{n} of {claims}", f"{right} of {exercises}", f"{known} of {questions}"]]
    head = ["Notebook", "Measured", "Exercises right", "Questions right"]
    tables = [_table("How much of the course this is", "counts", head, [list(map(escape, row)) for row in rows])]
    for chapter in made:
        cells = [
            [
                escape(one.sentence).replace("{value}", f"<strong>{escape(one.value)}</strong>"),
                *map(escape, (one.guess, one.day)),
                f"<code>{escape(one.claim)}</code>",
            ]
            for one in chapter.found
        ]
        head = ["What I found", "My guess", "Day", "Cell"]
        tables += [_table(chapter.title, "found", head, cells)] if cells else []
    rows = [[escape(name), escape(text)] for name, text in this_machine().items()]
    tables.append(_table("My machine", "machine", [], rows))
    texts = {
        "lang": language.chosen() or "en",
        "dir": language.phrases()["direction"],
        "guess": "My guess",
        "who": who,
        "count": count(made),
        "about": ABOUT,
        "check": CHECK,
    }
    texts = {name: escape(text) for name, text in texts.items()}
    template = language.in_markup((HERE / "certificate.html").read_text(encoding="utf-8"))
    return Template(template).substitute(texts, tables="\n".join(tables))


def _table(title: str, kind: str, head: list[str], rows: list[list[str]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = [f"<thead><tr>{columns}</tr></thead>"] if head else []
    for first, *others in rows:
        lines.append(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>')
    return "\n".join([f"<h2>{escape(title)}</h2>", f'<table class="{kind}">', *lines, "</table>"])


def text(who: str) -> str:
    """The certificate as plain text."""
    made = chapters()
    lines = ["What I measured", who, "", count(made), ABOUT]
    for one in made:
        measured, exercises, questions = one.counts()
        lines += ["", f"{one.title}: {measured} measured, {exercises} exercises, {questions} questions"]
        lines += [f"  {found.text()} My guess: {found.guess}. ({found.day}, {found.claim})" for found in one.found]
    return "\n".join([*lines, "", *(f"{name}: {text}" for name, text in this_machine().items())])
