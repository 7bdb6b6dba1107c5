"""`python -m course_utils slides`: the cores of notebooks as slides, which a browser shows without a network.

What is a slide follows from the notebook: a heading or a claim begins one, a code cell is one, and what it prints is
the next, so that a room can guess first. Prose beyond some forty words goes to the notes of the speaker (key S).
"""

import argparse
import json
import os
import re
import tempfile
import textwrap
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import SlidesExporter
from nbconvert.filters import markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_utils.base import ROOT, CourseError, data
from course_utils.exercises import notebook_modules
from course_utils.exercises.engine import Exercise
from course_utils.exercises.grading import notebooks
from course_utils.setup.installer import say
from notebooks.web.vendor import vendor

WORDS, LINES, COLUMNS = 40, 20, 92  # on a slide: of prose, and of an output; notebooks wrap at 90
SHOWN = ("text/html", "image/svg+xml", "image/png", "text/plain")  # what a slide can show without a kernel
ORIGINAL = r"(?m)^(> |<small>).*\]\(\.\./\.\./\.\./notebooks/.*\n?"  # a translation's links to the English
FOLDER, WIDGET = Path(__file__).parent, "application/vnd.jupyter.widget-view+json"


def slides_of(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells that a cell becomes: its slides, the one below the other, and what the teacher says."""
    if cell.cell_type == "markdown":
        parts = re.split(r"\n(?=#{2,3} |\*\*\w+: [^*]+\*\*)", cell.source)  # at headings, and at **Claim: it is so.**
        made = [one for text in parts for one in _said(text.strip())]
    elif re.search(r"\bq\d+\.check\(\)|\.show\(\)|^answer_\d+ = \.\.\.$", cell.source):
        return []  # each does this alone
    else:
        outputs = [one for output in cell.get("outputs", []) for one in _shown(output)]
        made = [new_code_cell(cell.source), *(new_code_cell(outputs=part) for part in _screens(outputs))]
        made[0].metadata.tags = ["long"] * (cell.source.count("\n") > 14)
        for one in made[1:]:
            one.metadata.transient = {"remove_source": True}
    for one in made:
        one.metadata.setdefault("slideshow", {"slide_type": "slide" if re.match("##? ", one.source) else "subslide"})
    return made


def _said(text: str) -> list[nbformat.NotebookNode]:
    """A text, shortened to what fits on a slide, and the rest as notes. Links to files that are not there go."""
    text = re.sub(ORIGINAL, "", text)
    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]*\)", r"\1", text)
    shown, rest = [], []
    for block in re.split(r"\n\s*\n", text):
        most = 2 * WORDS if len(shown) == 1 and shown[0].startswith("#") else WORDS  # a heading is not left alone
        fits = not shown or len(" ".join([*shown, block]).split()) <= most or block.startswith("![")
        (shown if fits and not rest else rest).append(block)
    if rest and len(shown) > 1 and re.fullmatch(r"\*\*[^*]+\*\*", shown[-1]):  # what it announces is not on the slide
        rest.insert(0, shown.pop())
    notes = new_markdown_cell("\n\n".join(rest), metadata={"slideshow": {"slide_type": "notes"}})
    return [new_markdown_cell("\n\n".join(shown)), *[notes] * bool(rest)]


def _shown(output: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """An output without what needs a kernel, a text of many lines in parts; nothing in place of a bare widget."""
    if output.get("name") == "stdout":
        lines = [part for line in output.text.splitlines() for part in textwrap.wrap(line, COLUMNS) or [""]]
        parts = ["\n".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
        return [new_output("stream", text=part) for part in parts if part.strip()]
    kinds = output.get("data", {})
    output.data = {kind: value for kind, value in kinds.items() if kind in SHOWN}
    return [output] if set(output.data) - ({"text/plain"} if WIDGET in kinds else set()) else []


def _screens(outputs: list[nbformat.NotebookNode]) -> list[list[nbformat.NotebookNode]]:
    """Outputs by the slide: a picture and a long text have one of their own, short ones share."""
    screens, room = [], 0
    for output in outputs:
        large = re.search("image/png|<table|<svg", str(output.get("data")))
        lines = output.text.count("\n") + 1 if "text" in output else LINES if large else 5
        screens, room = (screens, room) if lines <= room else ([*screens, []], LINES)
        screens[-1].append(output)
        room -= lines
    return screens


def page(path: Path, running: bool = True, language: str = "en") -> str:
    """The slides of a notebook's core as HTML, with the outputs of a run in a copy. Raises CourseError."""
    notebook = nbformat.read(path, as_version=4)
    border = next((at for at, cell in enumerate(notebook.cells) if cell.id == f"{path.stem[:2]}-deeper"), None)
    services = ("-badges", "-elsewhere")  # for who opens one notebook on a service
    notebook.cells = [cell for cell in notebook.cells[:border] if not cell.id.endswith(services)]
    for cell in notebook.cells:  # pictures, from where the slides are made
        there = lambda found: f"]({(path.parent / found[1]).resolve().relative_to(ROOT).as_posix()})"  # noqa: E731
        cell.source = re.sub(r"\]\((\.\./[^)]*images/[^)]+)\)", there, cell.source)
    if running:
        say(f"Running the core of {path.name}: a minute or two, longer on a busy computer.")
        run(notebook, path)
    notebook.cells = [one for cell in notebook.cells for one in slides_of(cell)]
    notebook.metadata.pop("widgets", None)
    settings = {"template_name": "room", "extra_template_basedirs": [str(FOLDER)], "language_code": language}
    exporter = SlidesExporter(embed_images=True, **settings)
    return exporter.from_notebook_node(notebook, {"metadata": {"path": str(ROOT), "name": path.stem}})[0]


def run(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Run its cells where the notebook of this path lies. Raises CourseError."""
    place = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", coalesce_streams=True, resources=place)
    client.config.KernelManager.transport_encryption = "auto"  # else the kernel warns that it has none
    with tempfile.TemporaryDirectory() as own:
        os.environ["COURSE_PROGRESS"] = str(Path(own, "progress.json"))  # not the teacher's
        try:
            client.execute()
        except CellExecutionError as error:
            raise CourseError(f"{path.name} stops: {error.ename}: {error.evalue}. Try doctor.") from None
        except (CellTimeoutError, DeadKernelError):
            raise CourseError(f"{path.name} stops: its kernel answers no more. Start the same command again.") from None


def sheet(folder: Path = ROOT / "notebooks", language: str = "en") -> str:
    """The room sheet as a page to print, on one side of A4; in English where the folder has none."""
    file = folder / "room_sheet.md"
    file, language = (file, language) if file.exists() else (ROOT / "notebooks" / file.name, "en")
    text = re.sub(ORIGINAL, "", file.read_text(encoding="utf-8"))
    page = (FOLDER / "room/sheet.html").read_text(encoding="utf-8").replace("{language}", language)
    return page.replace("{title}", text.partition("\n")[0].strip("# ")).replace("{body}", markdown2html(text))


def answers(number: str) -> str:
    """The solutions of a notebook's exercises, for the teacher."""
    found = [one for one in vars(notebook_modules()[number]).values() if isinstance(one, Exercise)]
    return "\n\n".join(f"{one.id}\n{textwrap.indent(one.code, '    ')}\n{one.why}" for one in found)


def main(arguments: list[str]) -> int:
    """The command. The exit status is 0 when all slides were made."""
    paths = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    parser = argparse.ArgumentParser("python -m course_utils slides", description=__doc__.split("\n\n")[0])
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help=f"of {', '.join(paths)}")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--out", type=Path, default=ROOT / "slides", metavar="FOLDER", help="where they go (slides)")
    parser.add_argument("--lang", default="en", help="the notebooks of a translation, such as fi")
    parser.add_argument("--without-running", action="store_true", help="do not run the code: no outputs, at once")
    parser.add_argument("--answers", action="store_true", help="print the solutions instead, and write nothing")
    options = parser.parse_args(arguments)
    try:
        made = make(options)
    except (CourseError, OSError) as error:
        made = {"error": str(error)}
    print(json.dumps(made) if options.json else "\n\n".join(made.values()))
    return int("error" in made)


def make(options: argparse.Namespace) -> dict[str, str]:
    """By notebook: the file that was written, or the solutions. Raises CourseError."""
    folder = notebooks(options.lang)
    paths = {path.stem[:2]: path for path in sorted(folder.glob("*.ipynb"))}
    wanted = options.notebooks or list(paths)
    if set(wanted) - set(paths):
        raise CourseError(f"There are the notebooks {', '.join(paths)}.")
    if options.answers:
        return {number: answers(number) for number in wanted}
    made = {}
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "room_sheet.html").write_text(sheet(folder, options.lang), encoding="utf-8")
        vendor(options.out, data(__file__, "slides.json", translated=False))
        for number in wanted:
            html = page(paths[number], not options.without_running, options.lang)
            made[number] = str(options.out / f"{paths[number].stem}.html")
            Path(made[number]).write_text(html, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{options.out} could not be written: {error}. Choose another folder with --out.") from error
    return made
