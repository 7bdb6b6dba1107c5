"""From notebooks to pages: run in a copy of the course, widgets as their text twins, links as a site has them."""

import hashlib
import html
import os
import re
import tempfile
import time
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import nbformat

from course_utils.base import ROOT, CourseError, cache_folder, data
from course_utils.setup.installer import say

WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"(?P<picture>!?)\[(?P<words>(?:!\[[^\]]*\]\([^)]*\)|[^\[\]])*)\]\((?P<target>[^()\s]+)\)")
BADGE = re.compile(r'<a href="([^"]+)"><img src="([^"]+)" alt="([^"]*)"></a> ?')
NOBODY = "YOUR_NAME/YOUR_COPY"  # stands where a copy of the course has no address yet


def executed(file: Path, copy: Path, language: str) -> nbformat.NotebookNode:
    """A notebook with its outputs, from an earlier build or run now in `copy`, a copy of the course's folder.

    Raises CourseError if a cell fails.
    """
    from nbclient import NotebookClient, exceptions

    kept = cache_folder() / "site" / f"{file.stem}-{language}-{_hash(file)}.ipynb"
    if not kept.exists():
        notebook, began = nbformat.read(file, as_version=4), time.perf_counter()
        where = {"metadata": {"path": str((copy / file.relative_to(ROOT)).parent)}}
        client = NotebookClient(notebook, timeout=1800, kernel_name="python3", resources=where, coalesce_streams=True)
        client.config.KernelManager.transport_encryption = "auto"  # else the kernel warns that it has none
        secret = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")  # a page shows nothing of who builds it
        env = {name: value for name, value in os.environ.items() if not secret.search(name)}
        env |= {"COURSE_LANG": language, "PYTHONPATH": str(copy), "COURSE_CACHE": str(cache_folder().resolve())}
        with tempfile.TemporaryDirectory() as scratch:
            try:
                client.execute(env=env | {"COURSE_PROGRESS": str(Path(scratch, "progress.json"))})
            except exceptions.CellExecutionError as error:
                reason = f"{error.ename}: {error.evalue}"
                raise CourseError(f"{file.name} stopped at an error, so there is no site: {reason}") from None
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob(f"{file.stem}-{language}-*.ipynb"):
            old.unlink()
        kept.write_text(nbformat.writes(notebook).replace(str(copy), "…"), encoding="utf-8")
        say(f"{language}/{file.stem}: run in {time.perf_counter() - began:.0f} s")
    return nbformat.read(kept, as_version=4)


def _hash(file: Path) -> str:
    """Of the notebook and of all that its cells can call."""
    paths = [path for path in sorted((ROOT / "course_utils").rglob("*.*")) if path.is_file() and path.suffix != ".pyc"]
    digests = (path.read_bytes() for path in [file, *file.parents[1].glob("phrases.json"), *paths])
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in digests)).hexdigest()[:16]


def page(notebook: nbformat.NotebookNode, rewrite, ran: bool, translate) -> str:
    """The notebook as the site shows it, as JSON: a note on its outputs, links by `rewrite`, no widget."""
    note = "These outputs were made when this site was built, by running the notebook on a computer with {} cores."
    note = translate(note).format(os.cpu_count()) if ran else translate("The cells of this page have not been run.")
    note += " " + translate("To move sliders, answer quizzes and change cells, open the notebook on your computer.")
    kind = "application/vnd.jupyter.widget-state+json"
    state = notebook.metadata.pop("widgets", {}).get(kind, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = rewrite(cell.source)
        if "elsewhere" in cell.metadata.get("tags", []):  # does nothing but on services that run notebooks
            cell.metadata.tags.append("remove-cell")
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            model = shown.pop(WIDGET, {}).get("model_id")
            whole = state.get(model, {}).get("state", {}).get("_model_name") == "HTMLModel"  # as it ended, a bar full
            bare = whole or re.match(r"[A-Za-z]\w*\(|$", shown.get("text/plain", ""))
            if model and bare and "text/html" not in shown:
                shown["text/html"] = twin(model, state)
    notebook.cells[0].source += f'\n\n<p class="course-made">{html.escape(note)}</p>'
    return nbformat.writes(notebook)


def twin(model: str, state: dict) -> str:
    """As HTML, what a widget that is none of the course's own views says, and what those inside of it say."""
    own = state.get(model.removeprefix("IPY_MODEL_"), {}).get("state", {})
    parts = [twin(child, state) for child in own.get("children", [])]
    if label := " ".join(str(own[key]) for key in ("description", "value") if own.get(key) not in (None, "")):
        parts.append(label if own["_model_name"].startswith("HTML") else f"<p>{html.escape(label)}</p>")
    for output in own.get("outputs", []):  # of an Output widget
        shown = output.get("data", {})
        words = html.escape(output.get("text") or shown.get("text/plain", ""))
        parts.append(shown.get("text/html") or f"<pre>{words}</pre>")
    return "".join(parts)


def repository() -> str:
    """The address of the course on GitHub, from GitHub's workflow or pyproject.toml; "" where it has none yet."""
    about = data(ROOT / "pyproject.toml", "pyproject.toml", translated=False)["project"]
    named = os.environ.get("GITHUB_REPOSITORY")
    address = f"https://github.com/{named}" if named else about.get("urls", {}).get("Repository", NOBODY)
    return "" if NOBODY in address else address


def linked(text: str, file: Path, site: dict[str, str], pictures: set[Path]) -> str:
    """Markdown of `file` with its links as the site has them; its pictures are added to `pictures`.

    `site` says where each page stands in the site, by its path in the course. What else the course has is linked on
    GitHub; where the course has no address there, the words stay and the link goes.
    """
    address, here = repository(), PurePosixPath(site[file.relative_to(ROOT).as_posix()]).parent

    def put(found: re.Match) -> str:
        target, words = found["target"], found["words"]
        path, mark, anchor = target.partition("#")
        there = Path(os.path.normpath(file.parent / path))
        if found["picture"] and "://" not in path:
            pictures.add(there)
            return f"![{words}]({'../' * (len(here.parts) - 1)}{there.relative_to(ROOT).as_posix()})"
        words = words if found["picture"] else LINK.sub(put, words)
        if re.match(r"[a-z]+:", target) or not path:
            return words if NOBODY in target else f"{found['picture']}[{words}]({target})"
        inside = there.relative_to(ROOT).as_posix()
        if inside in site:
            href = os.path.relpath(site[inside], here).replace(os.sep, "/")
            slug = re.sub(r"[^\w-]", "", unquote(anchor).lower())  # JupyterLab's anchors have capitals and dots
            return f'<a href="{href}{mark}{slug}">{words}</a>'
        return f"[{words}]({address}/{'tree' if there.is_dir() else 'blob'}/HEAD/{inside})" if address else words

    text = text.replace(NOBODY, address.removeprefix("https://github.com/") or NOBODY)
    text = BADGE.sub(lambda found: "" if NOBODY in found[1] else "[![{2}]({1})]({0}) ".format(*found.groups()), text)
    parts = re.split(r"(^ *```.*?^ *```)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if number % 2 else LINK.sub(put, part) for number, part in enumerate(parts))
