"""From notebooks to pages: executed in a copy of the course, widgets as their text twins, links as a site has them."""

from __future__ import annotations

import hashlib
import html
import os
import re
import tempfile
import time
import tomllib
from pathlib import Path, PurePosixPath

import nbformat

from course_utils.base import ROOT, CourseError, cache_folder
from course_utils.setup.installer import say

WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"(?P<picture>!?)\[(?P<words>(?:!\[[^\]]*\]\([^)]*\)|[^\[\]])*)\]\((?P<target>[^()\s]+)\)")
NOBODY = "YOUR_NAME/YOUR_COPY"  # the address of a copy that has none yet


# -- running ---------------------------------------------------------------------------------------


def executed(file: Path, copy: Path, language: str) -> nbformat.NotebookNode:
    """A notebook with its outputs: kept from an earlier build, or run now in `copy`, a copy of the course's folder.

    Raises CourseError if a cell fails.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    kept = cache_folder() / "site" / f"{file.stem}-{language}-{_hash(file)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, as_version=4)
    notebook, began = nbformat.read(file, as_version=4), time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        secret = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")  # what a cell could show of the machine that builds
        mine = {name: value for name, value in os.environ.items() if not secret.search(name)}
        places = {"PYTHONPATH": str(copy), "COURSE_CACHE": str(cache_folder().resolve())}
        env = {**mine, **places, "COURSE_PROGRESS": str(Path(scratch, "progress.json")), "COURSE_LANG": language}
        where = {"metadata": {"path": str((copy / file.relative_to(ROOT)).parent)}}
        try:
            NotebookClient(notebook, timeout=1800, kernel_name="python3", resources=where).execute(env=env)
        except CellExecutionError as error:
            raise CourseError(f"{file.name} stopped at an error, so there is no page of it.\n{error}") from None
    text = nbformat.writes(notebook).replace(str(copy), "…")  # a folder of this machine says nothing to a reader
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in kept.parent.glob(f"{file.stem}-{language}-*.ipynb"):
        old.unlink()
    kept.write_text(text, encoding="utf-8")
    say(f"{language}/{file.stem}: executed in {time.perf_counter() - began:.0f} s")
    return nbformat.reads(text, as_version=4)


def _hash(file: Path) -> str:
    """Of the notebook and of all that its cells can call."""
    code = (path for path in sorted((ROOT / "course_utils").rglob("*.*")) if path.suffix != ".pyc")
    parts = [file, *(path for path in code if path.is_file())]
    parts += sorted(file.parents[1].glob("phrases.json"))
    digest = hashlib.sha256()
    for path in parts:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


# -- from cells to a page --------------------------------------------------------------------------


def page(notebook: nbformat.NotebookNode, rewrite, ran: bool, say_so) -> str:
    """The notebook as the site shows it: a note on its outputs, links by `rewrite`, no widgets. A notebook's JSON."""
    first = "The outputs below were made when this site was built, by running the notebook on {} cores."
    note = say_so(first).format(os.cpu_count()) if ran else say_so("The cells of this page have not been run.")
    note += " " + say_so("To use sliders, answer quizzes and change cells, open the notebook on your computer.")
    widgets = notebook.metadata.pop("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = rewrite(cell.source)
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}):
                output.data = twin(output.data, widgets.get("state", {}))
            if "image/png" in output.get("data", {}) and "text/plain" in output.data:
                output.metadata["image/png"] = {"alt": output.data["text/plain"]}
        if "elsewhere" in cell.metadata.get("tags", []):  # does nothing but on services that run notebooks
            cell.metadata.tags.append("remove-cell")
    notebook.cells[0].source += f'\n\n<p class="course-made">{html.escape(note)}</p>'
    return nbformat.writes(notebook)


def twin(bundle: dict, state: dict) -> dict:
    """An output without its widget: the HTML or text that the course gave it, else the words in the widget."""
    data = {kind: value for kind, value in bundle.items() if kind != WIDGET}
    if "text/html" not in data and re.match(r"[A-Za-z]\w*\(|$", data.get("text/plain", "")):  # ipywidgets' own repr
        data = {"text/html": _words(bundle[WIDGET]["model_id"], state) or "<p>…</p>", "text/plain": "…"}
    return nbformat.from_dict(data)


def _words(model: str, state: dict) -> str:
    """What a widget and those inside of it say, as HTML."""
    own = state.get(model.removeprefix("IPY_MODEL_"), {}).get("state", {})
    parts = [_words(child, state) for child in own.get("children", [])]
    for output in own.get("outputs", []):  # of an Output widget
        shown = output.get("data", {})
        words = html.escape(str(output.get("text") or shown.get("text/plain", "")))
        parts.append(shown.get("text/html") or f"<pre>{words}</pre>")
    value, label = own.get("value"), own.get("description", "")
    if own.get("_model_name", "").startswith("HTML"):
        parts.append(str(value))
    elif value is not None or label:
        parts.append(f"<p>{html.escape(' '.join(str(each) for each in (label, value) if each not in (None, '')))}</p>")
    return "".join(parts)


# -- links -----------------------------------------------------------------------------------------


def repository() -> str:
    """The address of the course on GitHub, from GitHub's workflow or pyproject.toml; "" where it has none yet."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = os.environ.get("GITHUB_REPOSITORY")
    address = f"https://github.com/{named}" if named else about.get("urls", {}).get("Repository", "")
    return "" if NOBODY in address else address


def linked(text: str, file: Path, site: dict[str, str], pictures: set[Path]) -> str:
    """Markdown of `file` with its links as the site has them; its pictures are added to `pictures`.

    `site` is where each page stands in the site, by its path in the course. What the site does not have leads to
    GitHub; where the course has no address there, the words stay and the link goes.
    """
    address, here = repository(), PurePosixPath(site[file.relative_to(ROOT).as_posix()])

    def put(found: re.Match) -> str:
        target, words = found["target"], found["words"]
        words = LINK.sub(put, words) if not found["picture"] else words
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target) or not path:
            return words if NOBODY in target else f"{found['picture']}[{words}]({target})"
        there = Path(os.path.normpath(file.parent / path))
        inside = there.relative_to(ROOT).as_posix()
        if found["picture"]:
            pictures.add(there)
            return f"![{words}]({'../' * (len(here.parts) - 2)}{inside})"
        if inside in site:
            href = os.path.relpath(site[inside], here.parent).replace(os.sep, "/") + f"#{anchor}" * bool(anchor)
            return f'<a href="{href}">{words}</a>'
        kind = "tree" if there.is_dir() else "blob"
        return f"[{words}]({address}/{kind}/HEAD/{inside})" if address else words

    if address:
        text = text.replace(NOBODY, address.removeprefix("https://github.com/"))
    parts = re.split(r"(^ *```.*?^ *```)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [LINK.sub(put, part) for part in parts[::2]]
    return "".join(parts)
