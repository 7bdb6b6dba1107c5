"""`python -m course_utils slides`: the cores of notebooks as slides, which a browser shows without a network.

What is a slide follows from the notebook: a heading or a claim begins one, a code cell is one, and what it prints is
the next, so that a room can guess first. Prose beyond some forty words goes to the notes of the speaker (key S).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import textwrap
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

from course_utils.base import ROOT, CourseError, data
from notebooks.web.vendor import vendor

WORDS = 40  # on a slide
LINES = 20  # of an output
BEGINS = re.compile(r"\n(?=#{2,3} |\*\*Claim)")
SHOWN = ("text/html", "image/svg+xml", "image/png", "text/plain")


def core(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells before *Deeper*."""
    cells = notebook.cells
    return cells[: next((at for at, cell in enumerate(cells) if cell.source.startswith("## Deeper")), len(cells))]


def slides_of(cell: NotebookNode) -> list[NotebookNode]:
    """The cells that a cell becomes, each with its place: a slide, one below the last, or notes."""
    if cell.cell_type == "markdown":
        texts = [part for text in BEGINS.split(cell.source) for part in _said(text.strip())]
        made = [nbformat.v4.new_markdown_cell(text) for text, _ in texts]
        kinds = [kind for _, kind in texts]
    else:
        outputs = [one for output in cell.pop("outputs", []) for one in _shown(output)]
        done = re.search(r"\bq\d+\.check\(\)|\.show\(\)|^answer_\d+ = \.\.\.$", cell.source)
        made = [] if done else [nbformat.v4.new_code_cell(cell.source)]
        made += [] if done else [nbformat.v4.new_code_cell("", outputs=part) for part in _screens(outputs)]
        kinds = ["subslide"] * len(made)
    for one, kind in zip(made, kinds, strict=True):
        one.metadata.slideshow = {"slide_type": kind}
        if one.cell_type == "code" and not one.source:
            one.metadata.transient = {"remove_source": True}
        one.metadata.tags = ["long"] * (one.source.count("\n") > 14)
    return made


def _said(text: str) -> list[tuple[str, str]]:
    """What of a text stands on the slide, and what the teacher says."""
    shown, rest = [], []
    for block in re.split(r"\n\s*\n", text):
        words = len(" ".join([*shown, block]).split())
        (shown if not rest and (not shown or words <= WORDS or block.startswith("![")) else rest).append(block)
    kind = "slide" if re.match("#{1,2} ", text) else "subslide"
    return [("\n\n".join(shown), kind)] + [("\n\n".join(rest), "notes")] * bool(rest)


def _shown(output: NotebookNode) -> list[NotebookNode]:
    """An output without what needs a kernel, a text of many lines in parts; nothing in place of a bare widget."""
    if output.get("name") == "stdout":
        lines = [part for line in output.text.splitlines() for part in textwrap.wrap(line, 95) or [""]]
        parts = ["\n".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
        return [nbformat.v4.new_output("stream", text=part) for part in parts if part.strip()]
    widget = "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    output.data = {kind: value for kind, value in output.get("data", {}).items() if kind in SHOWN}
    return [output] if set(output.data) - ({"text/plain"} if widget else set()) else []


def _screens(outputs: list[NotebookNode]) -> list[list[NotebookNode]]:
    """Outputs by the slide: what is drawn and a long text have one of their own, short ones share."""
    screens, room = [], 0
    for output in outputs:
        lines = output.text.count("\n") + 1 if "text" in output else LINES if "image/png" in output.data else 5
        if lines > room:
            screens, room = [*screens, []], LINES
        screens[-1].append(output)
        room -= lines
    return screens


def page(path: Path, running: bool = True) -> str:
    """The slides of a notebook's core as HTML, with the outputs of a run in a copy. Raises CourseError."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = core(notebook)
    if running:
        quiet = Config({"KernelManager": {"transport_encryption": "auto"}})  # else it warns that it has none
        how = {"timeout": 900, "kernel_name": "python3", "coalesce_streams": True, "config": quiet}
        with tempfile.TemporaryDirectory() as own:
            os.environ["COURSE_PROGRESS"] = str(Path(own, "progress.json"))  # not the teacher's
            try:
                NotebookClient(notebook, **how, resources={"metadata": {"path": str(path.parent)}}).execute()
            except CellExecutionError as error:
                raise CourseError(f"{path.name} stops: {error.ename}: {error.evalue}. Try doctor.") from None
    notebook.cells = [one for cell in notebook.cells for one in slides_of(cell)]
    for cell in notebook.cells:  # pages that do not lie beside the slides
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]*\)", r"\1", cell.source)
            cell.source = cell.source.replace("](../images/", "](images/")  # nbconvert embeds what lies in its folder
    notebook.metadata.pop("widgets", None)
    folders = {"template_name": "room", "extra_template_basedirs": [str(Path(__file__).parent)]}
    exporter = SlidesExporter(**folders, embed_images=True)
    return exporter.from_notebook_node(notebook, {"metadata": {"path": str(ROOT), "name": path.stem}})[0]


def main(arguments: list[str]) -> int:
    """The command. The exit status is 0 when all slides were made."""
    paths = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    parser = argparse.ArgumentParser("python -m course_utils slides", description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("notebooks", nargs="*", choices=[*paths, []], default=[], metavar="NOTEBOOK", help="such as 00")
    parser.add_argument("--out", type=Path, default=ROOT / "slides", metavar="FOLDER", help="where they go (slides)")
    parser.add_argument("--without-running", action="store_true", help="do not run the code: no outputs, at once")
    options = parser.parse_args(arguments)
    made = []
    try:
        vendor(options.out, data(__file__, "slides.json", translated=False))
        for number in options.notebooks or paths:
            made.append(str(options.out / f"{paths[number].stem}.html"))
            Path(made[-1]).write_text(page(paths[number], not options.without_running), encoding="utf-8")
            if not options.json:
                print(made[-1], flush=True)
    except (CourseError, OSError) as error:
        print(json.dumps({"error": str(error)}) if options.json else error)
        return 1
    if options.json:
        print(json.dumps({"files": made}))
    return 0
