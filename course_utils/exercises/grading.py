"""The course's checks as an autograder's tests: notebooks for nbgrader (https://nbgrader.readthedocs.io).

`python -m course_utils grading --out FOLDER 00 05` writes a course folder of nbgrader: settings, and in `source/` an
assignment for each notebook. In it, each exercise's cell holds our solution between nbgrader's marks, so that `nbgrader
generate_assignment` takes it out, and after `q1.check()` comes a locked test cell with points:

    from course_utils.exercises import grading
    grading.points("05.q1", globals(), 1)

It prints what the check says, the misconception among it, and its value is what nbgrader counts: all points, or none.
An exercise nobody touched gets none, without an error. nbgrader is not needed to write the folder.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat

from .. import language
from ..base import ROOT, CourseError
from . import every_exercise
from .engine import RIGHT, Exercise
from .note import TITLES, unmarked

PICTURE = re.compile(r"(?<=\]\()(\.\./[^)]*images/([^)]+))(?=\))")
CHECK = re.compile(r"(q\d+)\.check\(\)", re.MULTILINE)
SETTINGS = '''"""Settings of nbgrader for this course."""

import os
import tempfile

c = get_config()  # noqa: F821 - nbgrader gives it
c.CourseDirectory.course_id = "small-language-models"
c.ClearSolutions.code_stub = {"python": "# your answer"}
c.Execute.timeout = 300  # seconds for a cell: some train a model
# What is tried while grading goes into no learner's own progress file.
os.environ["COURSE_PROGRESS"] = os.path.join(tempfile.mkdtemp(), "progress.json")
'''


def points(id: str, namespace: Mapping, most: float) -> float:
    """Print what the check of an exercise says of the variables in `namespace`. Returns `most` points, or 0.

    id: as "05.q1". Raises CourseError for one that is not there.
    """
    exercise = next((exercise for exercise in every_exercise() if exercise.id == id), None)
    if exercise is None:
        raise CourseError(f"There is no exercise {id!r}.")
    verdict = exercise.verdict(namespace)
    print(unmarked(f"{TITLES[verdict.outcome]}: {verdict.message}"))
    return float(most if verdict.outcome == RIGHT else 0)


def assignment(notebook: nbformat.NotebookNode, number: str, most: float = 1) -> nbformat.NotebookNode:
    """A notebook of the course as nbgrader's source: solutions between marks, a test cell after each check, the setup
    locked. `most`: points for each exercise. Raises CourseError where a check has no answer above it."""
    known = {exercise.id: exercise for exercise in every_exercise() if exercise.id.startswith(number)}
    cells = []
    for cell in notebook.cells:
        if cell.id == f"{number}-badges":
            continue  # they open the course's notebook, not the assignment
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        if cell.id == f"{number}-setup":
            cell.metadata["nbgrader"] = _kind(cell.id, locked=True)
        for name in CHECK.findall(cell.source):
            exercise = known.pop(f"{number}.{name}")
            answer = _answer(cells[:-1], exercise)
            answer.source += f"\n### BEGIN SOLUTION\n{exercise.code}\n### END SOLUTION"
            answer.metadata["nbgrader"] = _kind(answer.id, solution=True)
            test = f"from course_utils.exercises import grading\n\ngrading.points({exercise.id!r}, globals(), {most:g})"
            cells.append(nbformat.v4.new_code_cell(test, id=f"{cell.id}-test"))
            cells[-1].metadata["nbgrader"] = _kind(cells[-1].id, grade=True, locked=True) | {"points": most}
    if known:
        raise CourseError(f"The notebook does not check {', '.join(known)}.")
    notebook.cells = cells
    return notebook


def _kind(id: str, **kinds: bool) -> dict:
    """What nbgrader keeps about a cell."""
    flags = dict.fromkeys(("grade", "solution", "locked", "task"), False)
    return {"schema_version": 3, "grade_id": id, "cell_type": "code"} | flags | kinds


def _answer(cells: list, exercise: Exercise):
    """The last cell that has the place of the answer: it sets all the exercise's variables."""
    for cell in reversed(cells):
        sets = [rf"^(def {name}\(|class {name}\b|{name}\b[^=\n]*=)" for name in exercise.names]
        if cell.cell_type == "code" and all(re.search(each, cell.source, re.MULTILINE) for each in sets):
            return cell
    raise CourseError(f"No cell above the check of {exercise.id} sets {', '.join(exercise.names)}.")


def notebooks(lang: str | None) -> Path:
    """The folder with the notebooks of a language. Raises CourseError."""
    if lang in (None, "en"):
        return ROOT / "notebooks"
    there = sorted(folder.parent.name for folder in language.FOLDER.glob("*/notebooks"))
    if lang not in there:
        raise CourseError(f"There is no translation “{lang}”. There are: {', '.join(['en', *there])}.")
    return language.FOLDER / lang / "notebooks"


def export(out: Path, numbers: list[str], most: float = 1, folder: Path = ROOT / "notebooks") -> dict[str, int]:
    """Write the course folder. Returns how many exercises each assignment has. Raises CourseError.

    numbers: of notebooks, as "05"; none: all. folder: with the notebooks, so that a translation can be graded too.
    """
    found = {path.stem[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if unknown := [number for number in numbers if number not in found]:
        raise CourseError(f"There is no notebook {', '.join(unknown)}. There are: {', '.join(found)}.")
    if not 0 < most <= 1000:
        raise CourseError(f"{most:g} points cannot be given for an exercise: more than 0, and at most 1000.")
    counts = {}
    for number in numbers or found:
        path = found[number]
        made = assignment(nbformat.read(path, as_version=4), number, most)
        counts[path.stem] = sum(cell.metadata.get("nbgrader", {}).get("grade", False) for cell in made.cells)
        place = out / "source" / path.stem / path.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _take_pictures(made, path.parent, place.parent)
            nbformat.write(made, place)
        except OSError as error:
            raise CourseError(f"{place} could not be written: {error}. Choose another folder with --out.") from error
    settings = out / "nbgrader_config.py"
    if not settings.exists():  # the teacher may have changed it
        settings.write_text(SETTINGS, encoding="utf-8")
    return counts


def _take_pictures(notebook: nbformat.NotebookNode, folder: Path, place: Path) -> None:
    """Put the pictures that its texts show beside the assignment, since a student gets no more than that folder."""
    for cell in notebook.cells:
        for link, name in PICTURE.findall(cell.source):
            (place / "images").mkdir(exist_ok=True)
            shutil.copyfile(folder / link, place / "images" / name)
        cell.source = PICTURE.sub(r"images/\2", cell.source)


def main(argv: list[str] | None = None) -> int:
    """The command `grading`."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils grading",
        description="Write notebooks for nbgrader: our checks as its tests, each exercise with points.",
        epilog="Then, in that folder: nbgrader generate_assignment 05_ollama. See notebooks/many_students.md.",
    )
    parser.add_argument("notebooks", nargs="*", metavar="NUMBER", help="such as 05; without one, all are written")
    parser.add_argument("--out", type=Path, default=Path("grading"), help="the folder to write (default: grading)")
    parser.add_argument("--points", type=float, default=1, help="for each exercise (default: 1)")
    parser.add_argument("--lang", help="the notebooks of a translation, such as fi")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    try:
        counts = export(args.out, args.notebooks, args.points, notebooks(args.lang))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps({"folder": str(args.out), "exercises": counts}))
    else:
        print(*(f"{name}: {count} exercises" for name, count in counts.items()), f"Written to {args.out}.", sep="\n")
    return 0
