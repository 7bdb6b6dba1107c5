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
    complete, said, found = catalogues.about(language)["complete"], {}, []
    files, english = catalogues.read(language), catalogues.wanted(language)
    for name in files | english:
        there = {(entry.context or "", entry.id): entry for entry in files.get(name, ()) if entry.id}
        now = {(unit.place, unit.text) for unit in english.get(name, ())}
        found += [f"{name}.po lacks {text[:60]!r}: translate --update" for _, text in sorted(now - there.keys())]
        found += [f"{name}.po has {text[:60]!r}, in no text: translate --update" for _, text in there.keys() - now]
        for (place, text), entry in there.items():
            code, state = bool(entry.auto_comments), catalogues.state(entry)
            lines = [state] if complete and state != "translated" else []
            if state == "translated":
                lines = unlike(text, entry.string, language, code)
                if code and not place and said.setdefault(text, entry.string) != entry.string:
                    lines.append("said otherwise in another catalogue")
            lines = [line for line in lines if f"allow: {line.partition(':')[0]}" not in entry.user_comments]
            found += [f"{name}.po, {place} {text[:40]!r}: {line}" for line in lines]
    wanted = build.build(language)
    strangers = [*FOLDER.glob(f"{language}/notebooks/[0-9a-z]*"), *FOLDER.glob(f"{language}/images/*")]
    for path in {*wanted, *strangers}:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if _content(path, text) != _content(path, wanted.get(path, "")):
            found.append(f"{path.relative_to(FOLDER)} is not what the catalogues give: translate --build")
    return found + [line for path in wanted if path.suffix in (".md", ".ipynb") for line in broken(path, wanted[path])]


def unlike(english: str, said: str, language: str, code: bool = False) -> list[str]:
    """What a translation loses, adds or renames, a line each. `code`: braces are gaps that code fills."""
    pairs = {what: (re.findall(kept, english), re.findall(kept, said)) for what, kept in KEPT.items()}
    if code:
        pairs["quotation mark"] = ([], [] if '"' in english else re.findall(r'(?<!\\)"', said))  # it would end a string
        gaps = [gap for gap in GAP.findall(english) if gap in said or not gap.endswith("?}")]
        pairs["gap"] = (gaps, GAP.findall(said))
    pairs["number"] = (numbers(english, ","), numbers(said, "\u00a0"))
    lines = []
    for what, (before, after) in pairs.items():
        lost, added = Counter(before) - Counter(after), Counter(after) - Counter(before)
        if lost or added:
            lines.append(f"{what}: lacks {[*lost.elements()]}, adds {[*added.elements()]}")
    return lines + [f"term: “{term}” is not called “{word}”" for term, word in other_terms(english, said, language)]


def numbers(text: str, thousands: str) -> list[str]:
    """The numbers of a text outside of code and addresses, written alike: 1,024 and 1 024 are one, and 1.5 and 1,5."""
    text = re.sub(rf"(?<=\d){thousands}(?=\d{{3}}(?!\d))", "", ELSEWHERE.sub(" ", text))
    return [number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)*", text)]


@functools.cache
def _terms(language: str) -> list[tuple[str, dict]]:
    """`terms.toml`, the longest first: "context window" before "context"."""
    file = FOLDER / language / "terms.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return sorted(rows.items(), key=lambda row: -len(row[0]))


def other_terms(english: str, said: str, language: str) -> Iterator[tuple[str, str]]:
    """The terms that the English has, and that the translation does not call as `terms.toml` says."""
    english, said = ELSEWHERE.sub(" ", english).casefold(), said.casefold()
    for term, row in _terms(language):
        if term.casefold() in english:
            english, times = re.subn(rf"(?<![\w-]){re.escape(term.casefold())}s?(?![\w-])", " ", english)
            if times and row.get("check", True) and not any(stem.casefold() in said for stem in row["stems"]):
                yield term, row["said"]


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


def _content(path: Path, text: str) -> list:
    """What a reader reads: no white space, and of a notebook no outputs."""
    cells = json.loads(text)["cells"] if path.suffix == ".ipynb" and text else []
    return [[cell["id"], *"".join(cell["source"]).split()] for cell in cells] or text.split()


def _prose(path: Path, page: str) -> str:
    """The text of a page; of a notebook what stands between its code."""
    cells = json.loads(page)["cells"] if path.suffix == ".ipynb" else []
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown") or page
