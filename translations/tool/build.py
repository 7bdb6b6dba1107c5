"""Writes the pages of a language from its catalogues: README, notebooks, glossary, pictures, and what the code says."""

import json
import os
import re
import tomllib
import urllib.parse
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog

from course_utils.base import ROOT
from course_utils.language import FOLDER, in_markup

from . import catalogues, units

ADDRESS = re.compile(r'(?<=\]\()[^)\s]+|(?<=src=")[^"]+|(?<=href=")[^"]+')
TITLE = re.compile(r"(#+) +(.+)")
SETTINGS = "jupyter/labconfig/default_setting_overrides.json"


def build(language: str) -> dict[Path, str]:
    """The text of each file of a language, but for what people write, by its path. Nothing is written."""
    book = _Book(language)
    files = {page: book.page(page) for page in book.pages} | {image: book.image(image) for image in book.images}
    ours = json.loads((ROOT / "course_utils/setup" / SETTINGS).read_text(encoding="utf-8"))
    files[SETTINGS] = _json(ours | {"@jupyterlab/translation-extension:plugin": {"locale": book.about["locale"]}})
    files["phrases.json"] = _json(book.phrases())
    return {FOLDER / language / name: text for name, text in files.items()}


def anchor(page: str, heading: str) -> str:
    """The end of a heading's address, as JupyterLab makes it in notebooks, and GitHub in other pages."""
    bare = re.sub(r"[`*]", "", heading).strip()
    if page.endswith(".md"):
        return re.sub(r"[^\w\- ]", "", bare.lower()).replace(" ", "-")
    return urllib.parse.quote(bare.replace(" ", "-"), safe="?!,;:'&=+$*")


def in_code(source: str, texts: dict[str, str]) -> str:
    """A code cell with its marked texts said otherwise: between double quotes, and after # at a line's end."""
    for english, said in texts.items():
        source = source.replace(f'"{english}"', f'"{said}"')
        source = re.sub(rf"# {re.escape(english)}$", lambda _, said=said: f"# {said}", source, flags=re.MULTILINE)
    return source


def _json(data) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


class _Book:
    """A language and its catalogues, while they are made into pages."""

    def __init__(self, language: str):
        self.language, self.about, self.files = language, catalogues.about(language), catalogues.read(language)
        self.rtl = self.about["direction"] == "rtl"
        self.pages = [page for page in units.PAGES if Path(page).stem in self.files]
        self.images = sorted(f"images/{path.name}" for path in ROOT.glob("images/*.svg") if "images" in self.files)
        entries = [entry for file in self.files.values() for entry in file if entry.auto_comments and not entry.context]
        self.texts = {entry.id: entry.string for entry in entries if catalogues.state(entry) == "translated"}

    def phrases(self) -> dict:
        """What course_utils/language.py reads."""
        file = FOLDER / self.language / "words.toml"
        words = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return {"direction": self.about["direction"], "words": words, "texts": dict(sorted(self.texts.items()))}

    def image(self, image: str) -> str:
        said = {entry.id: entry.string for entry in self.files["images"] if entry.string}
        return in_markup((ROOT / image).read_text(encoding="utf-8"), lambda text: said.get(text, text))

    def page(self, page: str) -> str:
        self.here, self.entries = page, self.files[Path(page).stem]
        if page.endswith(".md"):
            said = self._prose((ROOT / page).read_text(encoding="utf-8"), None)
            return _sorted(said) if page.endswith("glossary.md") else said
        notebook = nbformat.read(ROOT / page, 4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = self._prose(cell.source, cell.id)
                continue
            found = {text: self.entries.get(text, cell.id) for text in cell.metadata.pop("translate", ())}
            done = {text: entry.string for text, entry in found.items() if catalogues.state(entry) == "translated"}
            cell.source = in_code(cell.source, done)
        return nbformat.writes(notebook).rstrip("\n") + "\n"

    def _prose(self, text: str, cell: str | None) -> str:
        pieces = units.split(text)
        pieces[::2] = [
            self._block(piece, cell) if units.has_words(piece) else ADDRESS.sub(self._address, piece)
            for piece in pieces[::2]
        ]
        said = "".join(pieces).strip("\n")
        said = f'<div dir="rtl" lang="{self.language}">\n\n{said}\n\n</div>' if self.rtl else said
        return said + "\n" * (cell is None)

    def _block(self, english: str, cell: str | None) -> str:
        entry, title, row = self.entries.get(english, cell), TITLE.match(english), english.startswith("|")
        state = catalogues.state(entry)
        said = ADDRESS.sub(self._address, english if state == "missing" else entry.string)
        if state == "stale":
            words = self._say("The English text has changed since this was translated.")
            said = f"| ⚠{said[1:]}" if row else f"⚠ *{words}*\n\n{said}"
        if state == "missing" and self.rtl and not row:
            said = f'<div dir="ltr" lang="en">\n\n{said}\n\n</div>'
        said = self._aligned(said)
        if title and title[1] == "#":
            fresh = self._freshness(self.files[Path(self.here).stem])
            said += "\n\n> " + self._aligned(f"{fresh} {self._link('')}")
        small = self._aligned(f"<small>{self._link(title[2])}</small>") if title and title[1] == "##" else ""
        return f"{said}\n\n{small}".rstrip("\n")

    def _aligned(self, said: str) -> str:
        """A paragraph at the right where one reads from there: JupyterLab's own style puts it at the left."""
        if not self.rtl or re.match(r"#|\||>|<div|[-*] |\d+\. ", said):
            return said
        return f'<span dir="rtl" style="display: block; text-align: right">{said}</span>'

    def _freshness(self, catalogue: Catalog) -> str:
        """How much of the page is translated, and how much of that is older than the English."""
        states = [catalogues.state(entry) for entry in catalogue if entry.id]
        counts = {"all": len(states), "done": states.count("translated"), "old": states.count("stale")}
        line = self._say("Translated on {day}: {done} of {all} texts are up to date with the English ones.")
        line += " " + self._say("{old} older ones are marked ⚠.") if counts["old"] else ""
        return line.format(day=catalogue.revision_date.date(), **counts)

    def _say(self, english: str) -> str:
        return self.texts.get(english, english)

    def _link(self, heading: str) -> str:
        """To the same page in English, or the same section of it."""
        end = f"#{anchor(self.here, heading)}" if heading else ""
        return f"[{self._say('in English')}]({self._up(self.here)}{end})"

    def _address(self, found: re.Match) -> str:
        """An address as it is right in the language's folder: of a page or picture there, else of the English one."""
        page = next((page for page in self.pages if found[0].endswith(f"/{page}")), "")
        if page and "://" in found[0]:  # a badge: on the service, too, it opens the page in this language
            return found[0].removesuffix(page) + f"translations/{self.language}/{page}"
        file, mark, rest = found[0].partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(self.here), file)).replace(os.sep, "/")
        stays = re.match(r"[a-z]+:", found[0]) or not file or target in (*self.pages, *self.images)
        return found[0] if stays else self._up(target) + mark + rest

    def _up(self, target: str) -> str:
        here = os.path.join("translations", self.language, os.path.dirname(self.here))
        return os.path.relpath(target, here).replace(os.sep, "/")


def _sorted(page: str) -> str:
    """The rows of the glossary, in the order of the language's own terms."""
    lines = page.split("\n")
    rows = [n for n, line in enumerate(lines) if line.startswith("| **")]
    for n, line in zip(rows, sorted((lines[n] for n in rows), key=str.casefold), strict=True):
        lines[n] = line
    return "\n".join(lines)
