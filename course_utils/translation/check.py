"""What is wrong with a language: texts missing, stale or changed in more than their words, and pages out of date."""

import functools
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from course_utils.language import FOLDER

from . import build, catalogues

# What a translation keeps as it stands, and what it is called when it does not.
KEPT = {
    "inline code": r"`[^`]+`",
    "address": r"(?<=\]\()[^)\s]*|(?:src|href)=\"[^\"]*\"|https?://[^\s)<>\"`]+",
    "formula": r"\$[^$\n]+\$",
    "tag": r"</?[a-zA-Z][^<>]*>",
    "heading": r"(?m)^#+(?= )",
    "list": r"(?m)^ *(?:[-*]|\d+\.)(?= )",
    "bold": r"\*\*",
}
GAP = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
ELSEWHERE = re.compile(r"`[^`]*`|(?<=\])\([^)]*\)|https?://\S+|<[^>]+>|\{[^{}]*\}")  # no numbers or terms of the prose


def faults(language: str) -> list[str]:
    """All that is wrong with a language, a line each; empty when all is well."""
    there = {(name, entry.context or "", entry.id): entry for name, entry in catalogues.entries(language)}
    complete, said = catalogues.about(language)["complete"], {}
    english = {(name, u.place, u.text) for name, found in catalogues.wanted(language).items() for u in found}
    found = [f"{name}.po lacks {text[:60]!r}: translate --update" for name, _, text in sorted(english - there.keys())]
    found += [
        f"{name}.po has {text[:60]!r}, in no text: translate --update" for name, _, text in there.keys() - english
    ]
    for (name, place, text), entry in there.items():
        where, state = f"{name}.po, {place} {text[:40]!r}", catalogues.state(entry)
        if state != "translated":
            found += [f"{where}: {state}"] if complete else []
            continue
        found += [
            f"{where}: {line}"
            for line in unlike(text, entry.string, language, code=bool(entry.auto_comments))
            if f"allow: {line.partition(':')[0]}" not in entry.user_comments
        ]
        if not place and entry.auto_comments and said.setdefault(text, entry.string) != entry.string:
            found.append(f"{where}: is said otherwise in another catalogue")
    wanted = build.build(language)
    for path in [*wanted, *FOLDER.glob(f"{language}/notebooks/*.*"), *FOLDER.glob(f"{language}/images/*.*")]:
        if not path.exists() or path.read_text(encoding="utf-8") != wanted.get(path):
            found.append(f"{path.relative_to(FOLDER)} is not what the catalogues give: translate --build")
    return found + [line for path in wanted if path.suffix in (".md", ".ipynb") for line in broken(path, wanted[path])]


def unlike(english: str, said: str, language: str, code: bool = False) -> list[str]:
    """What a translation loses, adds or renames, a line each. `code`: braces are gaps that code fills."""
    pairs = {what: (re.findall(kept, english), re.findall(kept, said)) for what, kept in KEPT.items()}
    if code:
        pairs["quotation mark"] = ([], [] if '"' in english else re.findall(r'(?<!\\)"', said))  # it would end a string
        pairs["gap"] = (
            [gap for gap in GAP.findall(english) if gap in said or not gap.endswith("?}")],
            GAP.findall(said),
        )
    pairs["number"] = (numbers(english, ","), numbers(said, "\u00a0"))
    lines = []
    for what, (before, after) in pairs.items():
        lost, added = Counter(before) - Counter(after), Counter(after) - Counter(before)
        if lost or added:
            lines.append(f"{what}: lacks {[*lost.elements()]}, adds {[*added.elements()]}")
    return lines + [
        f"term: “{term}” is not called “{row[language]}”" for term, row in other_terms(english, said, language)
    ]


def numbers(text: str, thousands: str) -> list[str]:
    """The numbers of a text outside of code and addresses, written alike: 1,024 and 1 024 are one, and 1.5 and 1,5."""
    text = re.sub(rf"(?<=\d){thousands}(?=\d{{3}}(?!\d))", "", ELSEWHERE.sub(" ", text))
    return [number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)*", text)]


@functools.cache
def _terms(language: str) -> list[tuple[re.Pattern, str, dict]]:
    file = FOLDER / language / "terms.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    longest = sorted(rows.items(), key=lambda row: -len(row[0]))  # "context window" before "context"
    return [(re.compile(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])", re.IGNORECASE), term, row) for term, row in longest]


def other_terms(english: str, said: str, language: str) -> Iterator[tuple[str, dict]]:
    """The terms of `terms.toml` that the English has, and that the translation does not call as it says."""
    english = ELSEWHERE.sub(" ", english)
    for pattern, term, row in _terms(language):
        english, times = pattern.subn(" ", english)
        if times and row.get("check", True) and not any(stem.casefold() in said.casefold() for stem in row["stems"]):
            yield term, row


def broken(path: Path, page: str) -> list[str]:
    """Addresses in a page that lead to no file, or to no heading of it."""
    found = []
    for address in build.ADDRESS.findall(_prose(path, page)):
        file, _, end = address.replace("\\", "").partition("#")
        there = (path.parent / file).resolve() if file else path
        if not re.match(r"[a-z]+:", address) and (not there.exists() or (end and end not in _anchors(there))):
            found.append(f"{path.relative_to(FOLDER)}: {address} leads nowhere")
    return found


@functools.cache
def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"(?m)^#+ +(.+)$", _prose(path, path.read_text(encoding="utf-8")))
    return {build.anchor(path.name, title) for title in titles}


def _prose(path: Path, page: str) -> str:
    """The text of a page; of a notebook what stands between its code."""
    cells = json.loads(page)["cells"] if path.suffix == ".ipynb" else []
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown") or page
