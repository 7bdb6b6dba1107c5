"""The hour: what a notebook asks of a learner is counted, and its core fits into a class hour."""

import json

import pytest
from lesson_time import (
    FOLDER,
    HEAD,
    ROOT,
    TIMES,
    Part,
    gaps,
    head,
    in_map,
    is_deeper,
    mapped,
    minutes,
    parts,
    way_back,
    words,
)
from test_notebooks import NOTEBOOKS, every_notebook

LONGEST_CORE = 45  # minutes, a class hour
DATA = json.loads(TIMES.read_text(encoding="utf-8"))


def test_the_rule_counts_what_a_learner_does():
    rule = {"words_a_minute": 130, "code_cell": 0.8, "exercise": 4, "question": 0.7}
    assert DATA["rule"] == rule
    assert Part(words=1300, code_cells=10, exercises=4, questions=10).minutes(rule, 60) == 10 + 8 + 16 + 7 + 1
    assert Part(words=1).minutes(rule, 0) == 1, "a minute that has begun counts"
    assert words("One [two three](four.md) **five**.\n\n```\nsix\n```\n<img alt='seven'>") == 4
    assert gaps("a = ...\nb, c = ..., 1\nd = e = ...\nf = 3\nprint(...)") == {"a", "d", "e"}


@every_notebook
def test_the_core_fits_into_a_class_hour_and_the_rest_is_optional(notebook):
    core = parts(notebook.path)["core"]
    assert minutes(notebook.path, DATA)["core"] <= LONGEST_CORE, core
    assert core.exercises >= 4
    assert sum(map(is_deeper, notebook.cells)) == 1, "a notebook has one Deeper part, however short"


@every_notebook
def test_a_break_says_how_to_come_back(notebook):
    deeper = next(cell for cell in notebook.cells if is_deeper(cell))
    assert "Run ▸ Run All Above Selected Cell" in deeper.source
    assert way_back(DATA["computing_seconds"][notebook.path.stem]["core"]) in deeper.source
    later = [other.path.name for other in NOTEBOOKS if other.number > notebook.number]
    assert not later or f"]({later[0]})" in deeper.source, "who stops here goes on with the next notebook"


@every_notebook
def test_the_minutes_are_the_same_wherever_they_are_said(notebook):
    of = minutes(notebook.path, DATA)
    assert DATA["minutes"][notebook.path.stem] == of, "run `python tests/lesson_time.py`"
    assert HEAD.search(notebook.cells[0].source).group(0).strip() == head(of).strip()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert mapped(readme, notebook.path, "42") != readme, "the notebook is not in README's map"
    assert mapped(readme, notebook.path, in_map(of)) == readme


def test_every_notebook_was_measured():
    stems = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert set(DATA["minutes"]) == set(DATA["computing_seconds"]) == stems
    assert all(part > 0 for of in DATA["computing_seconds"].values() for part in of.values())


@pytest.mark.parametrize("phrase", ["words a minute", "a code cell", "an exercise", "on top"])
def test_readme_says_how_the_minutes_are_counted(phrase):
    assert phrase in (ROOT / "README.md").read_text(encoding="utf-8")
