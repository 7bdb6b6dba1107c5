"""Our checks as nbgrader's tests, with the real nbgrader: full points for right answers, none for others.

The notebooks have their answers, checks and tests only, and what `answers/NN.toml` gives for measured values.
COURSE_GRADE_ALL=1 grades all eleven instead of one, in some ten minutes.
"""

import json
import os
import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest

from course_utils import ROOT, CourseError
from course_utils.exercises import every_exercise, grading
from course_utils.exercises.note import unmarked
from tests import classroom

NUMBERS = [f"{number:02}" for number in range(11)] if os.environ.get("COURSE_GRADE_ALL") else ["05"]
READ = """
import json, sys
from nbgrader.api import Gradebook

found = {}
with Gradebook("sqlite:///gradebook.db") as book:
    for one in book.assignments:
        for sent in one.submissions:
            notebook = sent.notebooks[0]
            grades = {grade.cell.name: [grade.auto_score, grade.max_score] for grade in notebook.grades}
            found[f"{one.name} {sent.student.id}"] = grades
print(json.dumps(found))
"""


def answers(number: str) -> dict:
    return tomllib.loads((ROOT / "tests" / "answers" / f"{number}.toml").read_text(encoding="utf-8"))


def nbgrader(python: Path, folder: Path, *arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder), "HOME": str(folder)}
    environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])  # it calls alembic
    classroom.run(python, "-m", "nbgrader", *arguments, cwd=folder, env=environment)


def submit(folder: Path, name: str, student: str, written: dict[str, str]) -> None:
    """Hand in the released notebook, with this code in the cells of the answers."""
    notebook = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            assert "BEGIN SOLUTION" not in cell.source and "..." in cell.source
            cell.source = written.get(cell.id, cell.source)
    place = folder / "submitted" / student / name / f"{name}.ipynb"
    place.parent.mkdir(parents=True)
    nbformat.write(notebook, place)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder in which three students have been graded: the cells of their feedback, and their grades."""
    python, folder = classroom.python(tmp_path_factory), tmp_path_factory.mktemp("grading")
    names = list(grading.export(folder, NUMBERS, most=2))
    for name in names:
        source = folder / "source" / name / f"{name}.ipynb"
        notebook, number = nbformat.read(source, as_version=4), name[:2]
        kept = [cell for cell in notebook.cells if "nbgrader" in cell.metadata and not cell.id.endswith("-setup")]
        notebook.cells = kept
        nbformat.write(notebook, source)
        nbgrader(python, folder, "generate_assignment", name)
        tests = [cell for cell in kept if cell.metadata["nbgrader"]["grade"]]
        before = {test.id: kept[kept.index(test) - 1].id for test in tests}
        known = {test.id: answers(number)[test.source.split("'")[1].split(".")[1]] for test in tests}
        right = {before[id]: one.get("given", "") + "\n" + one["right"][0].strip() for id, one in known.items()}
        wrong = {before[id]: one.get("given", "") + "\n" + one["wrong"][0]["code"].strip() for id, one in known.items()}
        for student, written in (("right", right), ("wrong", wrong), ("untouched", {})):
            submit(folder, name, student, written)
        nbgrader(python, folder, "autograde", name, "--create")
    book = json.loads(classroom.run(python, "-c", READ, cwd=folder))
    yield folder, names, book
    shutil.rmtree(folder, ignore_errors=True)


def test_right_answers_get_all_points_and_others_none(graded):
    _, names, book = graded
    assert set(book) == {f"{name} {student}" for name in names for student in ("right", "wrong", "untouched")}
    for name in names:
        ids = {exercise.id for exercise in every_exercise() if exercise.id.startswith(name[:2])}
        for student, each in (("right", 2), ("wrong", 0), ("untouched", 0)):
            scores = book[f"{name} {student}"]
            assert len(scores) == len(ids)
            assert {id: score for id, score in scores.items() if score != [each, 2]} == {}, student


def test_feedback_names_the_misconception_and_no_cell_stops(graded):
    folder, names, _ = graded
    for name in names:
        for student, begins in (("right", "Right"), ("wrong", "Not yet"), ("untouched", "Not attempted")):
            notebook = nbformat.read(folder / "autograded" / student / name / f"{name}.ipynb", as_version=4)
            for cell in notebook.cells:
                if not cell.id.endswith("-test"):
                    continue
                assert [out.get("evalue") for out in cell.outputs if out.output_type == "error"] == []
                said = "".join(out.text for out in cell.outputs if out.output_type == "stream")
                assert said.startswith(begins), (cell.id, student, said)
                if student == "wrong":
                    listed = answers(name[:2])[cell.source.split("'")[1].split(".")[1]]
                    assert unmarked(listed["wrong"][0]["says"]).casefold() in said.casefold()


def test_every_notebook_has_a_test_for_every_exercise(tmp_path):
    counts = grading.export(tmp_path, [])
    assert sum(counts.values()) == len(every_exercise()) and len(counts) == 11
    for name in counts:
        notebook = nbformat.read(tmp_path / "source" / name / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        ids = [cell.metadata["nbgrader"]["grade_id"] for cell in notebook.cells if "nbgrader" in cell.metadata]
        assert len(ids) == len(set(ids))
        assert notebook.cells[[cell.id for cell in notebook.cells].index(ids[0])].metadata["nbgrader"]["locked"]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                compile(cell.source, cell.id, "exec")
            for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)|src=\"([^\"]+)\"", cell.source):
                assert (tmp_path / "source" / name / "".join(picture)).is_file(), (name, cell.id, picture)


def test_a_learners_own_names_do_not_deceive_the_test_cell(capsys):
    """She may have called something else q1, or the check may not have been run."""
    right = {"q1": None, "answer_5": 4.06}
    assert grading.points("05.q5", right, 3) == 3 and grading.points("05.q5", {"answer_5": 130}, 3) == 0
    assert "Divide by 32" in capsys.readouterr().out
    with pytest.raises(CourseError, match="no exercise '05.q99'"):
        grading.points("05.q99", {}, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["42"], "There is no notebook 42"),
        (["--points", "0"], "more than 0"),
        (["--points", "2000"], "at most 1000"),
        (["--lang", "xx"], "There is no translation “xx”"),
        (["--lang", "sv"], "There is no notebook 05"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, capsys, arguments, says):
    assert grading.main(["05", *arguments, "--out", str(tmp_path)]) == 1
    assert says in capsys.readouterr().err


def test_the_command_tells_programs_and_keeps_the_teachers_settings(tmp_path, capsys):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    assert grading.main(["00", "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path), "exercises": {"00_start_here": 4}}
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "c = get_config()\n"
