"""The learner's certificate of nothing but evidence: saved as a page, printed, and compared with the progress file.

In a notebook `certificate.show()`, in a terminal `python -m course_utils certificate`. With `--verify` it reads a page
as a person would, and says whether what stands there is what the progress file and this machine say.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
from collections import Counter
from dataclasses import asdict
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from ..base import CourseError
from ..language import word
from ..show.view import publish
from . import progress
from .certificate_page import chapters, count, page, text, this_machine, tidy
from .note import Note

MARK = '<main class="course-certificate">'
CELL = r"\d\d-[\w-]+"  # the id of a cell


def show(name: str = "") -> None:
    """Save the page beside the progress file, and say how much stands in it. Never fails."""
    lines = [f"{one.title}: {' · '.join(one.counts())}" for one in chapters()]
    body = "\n".join([count(chapters()), "", "Measured · exercises right · questions right", *lines])
    try:
        file = save(name)
        after = f"Saved as `{file.name}`, beside your progress file: open it in a browser, or print it."
    except CourseError as error:
        after = str(error)
    publish(Note("info", "Your certificate", body, after=after))


def save(name: str = "", file: Path | None = None) -> Path:
    """Write the page, in the place of an older one but of nothing else. Raises CourseError."""
    file = file or progress.path().with_name("my_certificate.html")
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8", errors="replace"):
            raise CourseError(f"{file.name} is there already, and is no certificate. Name another file with --out.")
        file.write_text(page(_who(name)), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CourseError(f"{file.name} cannot be written: {getattr(error, 'strerror', None) or error}.") from None
    return file


def _who(name: str) -> str:
    return ", ".join(filter(None, [tidy(name)[:80], date.today().isoformat()]))


class Words(HTMLParser):
    """What a reader sees on a page, row by row: the cells of each table row, and each paragraph."""

    def __init__(self, html: str):
        super().__init__()
        self.rows: list[list[str]] = [[]]
        self.parts: list[str] = []
        self.feed(html.partition("</head>")[2])
        self.close()
        self.handle_starttag("p", [])
        self.rows = [row for row in self.rows if row]

    def handle_starttag(self, tag, attrs):
        if tag not in ("strong", "code", "em"):  # these stand inside of a sentence
            cell = tidy("".join(self.parts))
            self.rows[-1] += [cell] if cell else []
            self.parts = []
            self.rows += [] if tag in ("td", "th") or not self.rows[-1] else [[]]

    def handle_endtag(self, tag):
        self.handle_starttag(tag, [])

    def handle_data(self, data):
        self.parts.append(data)

    def entries(self) -> list[tuple[str, str]]:
        """Each row with what to find it by: the cell of its claim, or else its first words."""
        named = ((row[-1] if re.fullmatch(CELL, row[-1]) else row[0][:25], row) for row in self.rows)
        return [(name, " | ".join(row)) for name, row in named]


def verify(file: Path) -> dict:
    """Compare what stands in a page with the progress file and this machine. Raises CourseError."""
    try:
        with file.open("rb") as opened:
            html = opened.read(2_000_000).decode("utf-8").replace("\r\n", "\n")
        who = re.search(r'<p class="who">(.*?)</p>', html)
        if MARK not in html or not who:
            raise CourseError(f"{file.name} is no certificate of this course.")
        there = Counter(Words(html).entries())
    except OSError as error:
        raise CourseError(f"{file.name} cannot be read: {error.strerror}.") from None
    except (ValueError, AssertionError):  # no text; HTML that the parser gives up
        raise CourseError(f"{file.name} is no certificate of this course: it cannot be read as a page.") from None
    expected = page(unescape(who[1]))
    here = Counter(Words(expected).entries())
    agree, only_there, only_here = there & here, list((there - here).elements()), list((here - there).elements())
    differ = []
    for name, words in list(only_there):
        match = next((one for one in only_here if one[0] == name), None)
        if match:
            differ.append({"name": name, "page": words, "progress": match[1]})
            only_here.remove(match)
            only_there.remove((name, words))
    result = {"ok": html == expected, "agree": len(list(agree.elements())), "differ": differ}
    result |= {
        "only_in_page": [words for _, words in only_there],
        "only_in_progress": [words for _, words in only_here],
    }
    return result | {"claims": sorted(name for name, _ in agree if re.fullmatch(CELL, name))}


def report(result: dict, file: Path) -> str:
    """What `verify` found, in words."""
    lines = [f"{result['agree']} lines of {file.name} agree with the progress file and this machine."]
    lines += ["Claims that agree: " + (", ".join(result["claims"]) or word("none")) + "."]
    for one in result["differ"]:
        lines.append(f"DIFFERS, {one['name']}: the page says “{one['page']}”, it should be “{one['progress']}”.")
    lines += [f"ONLY IN THE PAGE: “{words}”" for words in result["only_in_page"]]
    lines += [f"NOT IN THE PAGE: “{words}”" for words in result["only_in_progress"]]
    if result["ok"]:
        return "\n".join([*lines, "All agree."])
    if len(lines) == 2:
        lines.append("The words agree, but the page's code was changed, and could hide some. Make the page anew.")
    return "\n".join([*lines, "Not all agree."])


def main(arguments: list[str]) -> int:
    """The command. The exit status is 0 when the page was written, or when all in it agrees."""
    about = "Your own record of what you measured, saved as a page and printed. Nothing leaves this machine."
    parser = argparse.ArgumentParser("python -m course_utils certificate", description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--name", default="", help="a name to put on the page, if you like")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to save it (my_certificate.html)")
    parser.add_argument("--verify", type=Path, metavar="FILE", help="compare a page with the progress file instead")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        with contextlib.redirect_stdout(sys.stderr):  # a note about a damaged progress file
            if options.verify:
                result, file = verify(options.verify), options.verify
                words = report(result, file)
            else:
                file = save(options.name, options.out)
                made = [asdict(one) for one in chapters()]
                result = {"ok": True, "file": str(file), "who": _who(options.name), "notebooks": made}
                result |= {"machine": this_machine()}
                words = f"{text(_who(options.name))}\n\nSaved as {file}"
    except CourseError as error:
        result, words = {"ok": False, "error": str(error)}, str(error)
    print(json.dumps(result) if options.json else words)
    return 0 if result["ok"] else 1
