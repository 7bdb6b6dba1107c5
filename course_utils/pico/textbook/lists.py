"""The lists in `data/`: plain text that can be opened and edited without Python. Everything the textbook says is there.
`## heading` begins a section; other lines that begin with `#` are remarks, and empty lines mean nothing. What the lines
of a section look like, the head of each file says. `data/README.md` has a line about each file."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from course_utils.base import CourseError

DATA = Path(__file__).with_name("data")
ANSWER = "= "

Lines = tuple[str, ...]


@cache
def sections(name: str) -> dict[str, Lines]:
    r"""All sections of `data/name.txt`, in their order: {heading: lines}. `\n` in a line is a line break. What stands
    above the first heading is the head of the file. Raises CourseError for a heading that comes twice."""
    found: dict[str, Lines] = {}
    for part in re.split(r"^## ", (DATA / f"{name}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, *lines = map(str.strip, part.splitlines())
        if heading in found:
            raise CourseError(f"{name}.txt has two sections “{heading}”.")
        found[heading] = tuple(line.replace("\\n", "\n") for line in lines if line and not line.startswith("#"))
    return found


def section(name: str, heading: str) -> Lines:
    """The lines of one section."""
    return sections(name)[heading]


def family(name: str, kind: str) -> dict[str, Lines]:
    """The sections whose heading is "kind: key", by their key."""
    return {h.removeprefix(f"{kind}: "): lines for h, lines in sections(name).items() if h.startswith(f"{kind}: ")}


def split_words(lines: Sequence[str], separator: str | None = None) -> Lines:
    """What stands in these lines, set apart by spaces or by a separator."""
    return tuple(" ".join(part.split()) for part in " ".join(lines).split(separator) if part.strip())


def columns(lines: Sequence[str], count: int, separator: str | None = None) -> tuple[Lines, ...]:
    """Each line cut at spaces or a separator. Raises CourseError for a line with more or fewer parts than `count`."""
    rows = tuple(tuple(part.strip() for part in line.split(separator)) for line in lines)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != count:
            raise CourseError(f"{count} parts with “{separator or ' '}” between them are needed here, not “{line}”.")
    return rows


def pairs(lines: Sequence[str]) -> tuple[Lines, ...]:
    """Lines "one = other"."""
    return columns(lines, 2, " = ")


def asked(lines: Sequence[str]) -> tuple[Lines, Lines]:
    """Questions one a line, then answers with "= " before each: (questions, answers)."""
    questions = tuple(line for line in lines if not line.startswith(ANSWER))
    return questions, tuple(line.removeprefix(ANSWER) for line in lines if line.startswith(ANSWER))


def asked_once(lines: Sequence[str]) -> tuple[Lines, str]:
    """Questions and their one answer. Raises CourseError if there is none, or more than one."""
    questions, answers = asked(lines)
    if len(answers) != 1:
        raise CourseError(f"After “{lines[0]}” one line with “= ” and the answer is needed, not {len(answers)}.")
    return questions, answers[0]
