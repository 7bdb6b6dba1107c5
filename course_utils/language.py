"""The course's texts in another language, put in where they stand in the code.

Nothing in the code is wrapped for this. Where a language is chosen, each file of the course is compiled from its
syntax tree, and a text that the language's catalogue knows is replaced there before it runs. English needs nothing.
A text with gaps, f"Port {port} is taken.", is known as `Port {port} is taken.`: a gap is called after what fills it,
may stand elsewhere in the translation, and keeps its format.

The language is `COURSE_LANG`, or `--lang` on the command line, or that of the folder `translations/<language>/` one
works in. This file needs the standard library alone, and loads on old Pythons.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "translations"
# In HTML and SVG: what stands between two tags, or is read aloud. Styles, scripts and comments are passed over.
MARKUP = re.compile(
    r"<(?:style|script).*?</|<!--.*?-->|(?P<text>(?<=>)\s*[^<>]*[^\W\d_]{2}[^<>]*(?=<)|(?<=aria-label=\")[^\"]+)",
    re.DOTALL,
)


@functools.lru_cache(None)
def chosen() -> str:
    """The code of the language, such as "fi"; "" is English, which the course is written in."""
    after = dict(zip(sys.argv, sys.argv[1:])).get("--lang")  # noqa: B905, for old Pythons
    here = Path.cwd().resolve()
    inside = here.relative_to(FOLDER).parts[:1] if FOLDER in here.parents else ()
    name = os.environ.get("COURSE_LANG") or after or "".join(inside)
    return name if (FOLDER / name / "phrases.json").exists() else ""


@functools.lru_cache(None)
def phrases() -> dict:
    """What `translate --build` wrote for the code: "texts", the "words" of answers, and the "direction"."""
    if not chosen():
        return {"texts": {}, "words": {}, "direction": "ltr"}
    return json.loads((FOLDER / chosen() / "phrases.json").read_text(encoding="utf-8"))


def text(english: str) -> str:
    """The text in the chosen language; the same where there is none."""
    return phrases()["texts"].get(english, english)


def translated(data):
    """What was read from a file of data, with its texts in the chosen language, keys included."""
    if isinstance(data, dict):
        return {text(key): translated(value) for key, value in data.items()}
    if isinstance(data, list):
        return list(map(translated, data))
    return text(data) if isinstance(data, str) else data


def in_markup(page: str, say=text) -> str:
    """HTML or SVG with its texts in the chosen language, or as `say` says them."""

    def put(found: re.Match) -> str:
        words = (found["text"] or "").strip()
        return found[0].replace(words, say(words)) if words else found[0]

    return MARKUP.sub(put, page)


def word(answer: str) -> str:
    """A word of an answer, such as "same", as the chosen language says it; anything else as it is."""
    return phrases()["words"].get(answer, [answer])[0]


def english(answer):
    """An answer in the chosen language's words, as the checks know it; anything else as it is."""
    said = answer.strip(" .!").casefold() if isinstance(answer, str) else None
    return next((key for key, words in phrases()["words"].items() if said in words), answer)


def gaps(node: ast.JoinedStr) -> dict[str, ast.FormattedValue]:
    """The gaps of an f-string by their names, which say what fills them: {needed / GB:.1f} is "needed_GB". A name that
    ends with a question mark is only an English ending ("s" or nothing): a translation may leave it out."""
    named = {}
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            name = re.sub(r"\W+", "_", ast.unparse(value.value)).strip("_")[:32]
            ends = [value.value.body, value.value.orelse] if isinstance(value.value, ast.IfExp) else [value]
            ending = "?" * all(isinstance(end, ast.Constant) and len(str(end.value)) < 4 for end in ends)
            same = sum(key.rstrip("?").split("#")[0] == name for key in named)
            named[name + (f"#{same + 1}" if same else "") + ending] = value
    return named


def known_as(node: ast.AST) -> str:
    """What a catalogue calls the text of a node: the text itself, with the names of its gaps."""
    if isinstance(node, ast.Constant):
        return node.value
    names, braces = iter(gaps(node)), {ord("{"): "{{", ord("}"): "}}"}
    parts = (v.value.translate(braces) if isinstance(v, ast.Constant) else f"{{{next(names)}}}" for v in node.values)
    return "".join(parts)


class _Translator(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Constant(text(node.value)), node) if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        named, key = gaps(node), known_as(node)
        for value in named.values():
            value.value = self.visit(value.value)
        if text(key) == key:
            return node
        parts = re.split(r"\{(?!\{)([^{}]+)\}(?!\})", text(key))
        values = [ast.Constant(part.replace("{{", "{").replace("}}", "}")) for part in parts]
        values[1::2] = [named[name] for name in parts[1::2]]
        return ast.fix_missing_locations(ast.copy_location(ast.JoinedStr(values), node))


class _Loader(SourceFileLoader):
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name.startswith("course_utils.") else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec

    def path_stats(self, path):
        raise OSError("compiled anew each time: what is kept in __pycache__ is English")

    def source_to_code(self, data, path, *, _optimization=-1):
        return compile(_Translator().visit(ast.parse(data)), path, "exec", dont_inherit=True, optimize=_optimization)


def begin() -> None:
    """From here on the course speaks the chosen language, in what is imported after this and in what it starts."""
    if chosen():
        os.environ["COURSE_LANG"] = chosen()
        sys.meta_path.insert(0, _Loader)
