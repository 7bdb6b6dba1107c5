"""The lists in `data/`: plain text that can be opened and edited without Python. Everything the textbook says is there.

`## heading` begins a section; other lines that begin with `#` are remarks, and empty lines mean nothing. What the lines
of a section look like, the head of each file says. `data/README.md` has a line about each file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("data")
ANSWER = "= "

Lines = tuple[str, ...]


@cache
def sections(name: str) -> dict[str, Lines]:
    r"""All sections of `data/name.txt`, in their order: {heading: lines}. `\n` in a line is a line break.

    Raises ValueError for a heading that comes twice, and for a line above the first heading.
    """
    found: dict[str, list[str]] = {}
    heading = None
    for line in map(str.strip, (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()):
        if line.startswith("## "):
            heading = line[3:].strip()
            if heading in found:
                raise ValueError(f"{name}.txt has two sections “{heading}”")
            found[heading] = []
        elif line and not line.startswith("#"):
            if heading is None:
                raise ValueError(f"{name}.txt: a heading (## …) is missing above “{line}”")
            found[heading].append(line.replace("\\n", "\n"))
    return {heading: tuple(lines) for heading, lines in found.items()}


def section(name: str, heading: str) -> Lines:
    """The lines of one section."""
    return sections(name)[heading]


def family(name: str, kind: str) -> dict[str, Lines]:
    """The sections whose heading is "kind: key", by their key."""
    return {h.removeprefix(f"{kind}: "): lines for h, lines in sections(name).items() if h.startswith(f"{kind}: ")}


def split_words(lines: Sequence[str], separator: str | None = None) -> Lines:
    """What stands in these lines, set apart by spaces or by a separator."""
    return tuple(" ".join(part.split()) for part in " ".join(lines).split(separator) if part.strip())


def pairs(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Lines "one = other", with more than one "=" if need be."""
    return tuple(tuple(part.strip() for part in line.split(" = ")) for line in lines)


def asked(lines: Sequence[str]) -> tuple[Lines, Lines]:
    """Questions one a line, then answers with "= " before each: (questions, answers)."""
    questions = tuple(line for line in lines if not line.startswith(ANSWER))
    return questions, tuple(line.removeprefix(ANSWER) for line in lines if line.startswith(ANSWER))
