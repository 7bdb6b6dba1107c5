"""What there is to translate: every English text of the course that a reader meets."""

import ast
import functools
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat

from course_utils.base import ROOT
from course_utils.language import FOLDER, MARKUP, known_as

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = sorted((ROOT / "notebooks").glob("*.md"))
PAGES = ("README.md", *(f"notebooks/{path.name}" for path in [*TEXTS, *NOTEBOOKS]))
BETWEEN = re.compile(
    r"(^```.*?^```[^\n]*$|\n[ \t]*\n\s*|\n(?=\|))", re.MULTILINE | re.DOTALL
)  # blocks, and rows of tables
WORDLESS = re.compile(r"`[^`]*`|<[^>]+>|(?<=\])\([^)\s]*\)|https?://\S+|\$[^$\n]+\$")
READS_AS_TEXT = re.compile(r"[^\W\d_][\w’',.;:!?)*`\"”-]* [(`*\"“]*[\w{]|[^\W\d_}] \{|\} [^\W\d_]|^\w[\w-]+[.!?:]$")


class Unit(NamedTuple):
    """A text, the cell or file it stands in, and whether it stands in code, where braces are gaps to fill."""

    text: str
    place: str
    code: bool


@functools.cache
def everything() -> dict[str, list[Unit]]:
    """All units, each once, by the name of their catalogue."""
    found: dict[str, dict[Unit, None]] = {}
    for name, unit in [*_pages(), *_package()]:
        found.setdefault(name, {})[unit] = None
    return {name: list(units) for name, units in found.items()}


def split(markdown: str) -> list[str]:
    """The blocks of a text, and at odd places what stands between them, code in fences too; joined, it is the text."""
    return BETWEEN.split(markdown)


def has_words(block: str) -> bool:
    """False for a block that is only code, an address, a formula, or the line under the head of a table."""
    return bool(re.search(r"[^\W\d_]{2}", WORDLESS.sub("", block)))


def _pages() -> Iterator[tuple[str, Unit]]:
    for page in map(Path, PAGES):
        texts, code = [("", (ROOT / page).read_text(encoding="utf-8"))] if page.suffix == ".md" else [], []
        for cell in nbformat.read(ROOT / page, 4).cells if page.suffix == ".ipynb" else ():
            texts += [(cell.id, cell.source)] if cell.cell_type == "markdown" else []
            code += [Unit(text, cell.id, True) for text in cell.metadata.get("translate", ())]
        prose = [Unit(block, id, False) for id, text in texts for block in split(text)[::2] if has_words(block)]
        yield from ((page.stem, unit) for unit in prose + code)


def reads_as_text(text: str) -> bool:
    """True for two words with a space between and for a whole sentence, tags and gaps left out."""
    return bool(READS_AS_TEXT.search(re.sub(r"\{[^{}]*\}", "{}", re.sub(r"<[^<>]*>", "", text))))


def _package() -> Iterator[tuple[str, Unit]]:
    rules = tomllib.loads((FOLDER / "source.toml").read_text(encoding="utf-8"))
    roots = (ROOT / "course_utils", ROOT / "notebooks")  # the package, and what lies beside the notebooks
    for root, path in sorted({(at, file) for at in roots for pat in rules["files"] for file in at.glob(pat)}):
        name = path.relative_to(root).as_posix()
        words = rules["words"].get(name, ())
        room, _, file = name.partition("/")
        number = re.search(r"\d\d", rules["notebook"].get(file, file))
        catalogue = f"exercises_{number[0]}" if room == "exercises" and number else room if file else "commands"
        for text in _texts(path, rules["no_text_under"]) if name not in rules["never"] else ():
            if text in words or (reads_as_text(text) and text not in rules["no_text"]):
                yield catalogue, Unit(text, "", True)
    own = Path(__file__).with_name("build.py")
    yield from (("translation", Unit(text, "", True)) for text in _texts(own) if reads_as_text(text))
    for path in sorted((ROOT / "images").glob("*.svg")):
        yield from (("images", Unit(text, "", False)) for text in _texts(path) if text not in rules["no_text"])


def _texts(path: Path, passed: list[str] = ()) -> Iterator[str]:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        nodes = list(ast.walk(ast.parse(content)))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        parts = {id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in node.values}
        strings = (n for n in nodes if isinstance(n, ast.JoinedStr) or isinstance(getattr(n, "value", None), str))
        yield from (
            known_as(n)
            for n in strings
            if isinstance(n, ast.JoinedStr | ast.Constant) and id(n) not in docstrings | parts
        )
    elif path.suffix in (".json", ".toml"):
        data = json.loads(content) if path.suffix == ".json" else tomllib.loads(content)
        yield from _values({key: value for key, value in data.items() if key not in passed})
    else:
        yield from (found["text"].strip() for found in MARKUP.finditer(content) if found["text"])


def _values(data) -> Iterator[str]:
    if isinstance(data, dict | list):
        for part in [*data, *data.values()] if isinstance(data, dict) else data:
            yield from _values(part)
    elif isinstance(data, str):
        yield data
