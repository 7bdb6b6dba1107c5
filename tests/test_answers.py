"""Right and wrong answers to every exercise, by somebody who had not read its check (`answers/NN.toml`).

An answer is the code that a learner would write into the cell. `given` is code that makes the notebook's variables,
where the exercise needs them. A wrong answer has a `slip`, what is behind it, and `says`, words that the reason holds.
"""

import tomllib
from pathlib import Path

import pytest

from course_utils.exercises import every_exercise
from course_utils.exercises.engine import NOT_YET, RIGHT

FOLDER = Path(__file__).parent / "answers"
ANSWERS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
EXERCISES = every_exercise()


def of(exercise) -> dict:
    number, _, name = exercise.id.partition(".")
    return ANSWERS[number][name]


def verdict(exercise, code: str):
    """What the check says to a learner who wrote this code."""
    namespace = {"__name__": "__main__"}
    exec(compile(of(exercise).get("given", ""), "given", "exec"), namespace)
    exec(compile(code.strip(), "answer", "exec"), namespace)
    return exercise.verdict(namespace)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_right_answers_of_every_form_are_right(exercise):
    right = of(exercise)["right"]
    assert len(set(right)) >= 8
    refused = {code: said.message for code in right if (said := verdict(exercise, code)).outcome != RIGHT}
    assert refused == {}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_wrong_answers_are_refused_with_their_reason(exercise, capsys):
    wrong = of(exercise)["wrong"]
    assert len({answer["code"] for answer in wrong}) >= 12
    amiss = {}
    for answer in wrong:
        said = verdict(exercise, answer["code"])
        if said.outcome != NOT_YET or answer["says"].casefold() not in said.message.casefold():
            amiss[answer["code"]] = (answer["slip"], said.outcome, said.message)
    assert amiss == {}


def test_the_answers_belong_to_exercises():
    known = {(exercise.id[:2], exercise.name) for exercise in EXERCISES}
    assert {(number, name) for number, names in ANSWERS.items() for name in names} == known
    for names in ANSWERS.values():
        for listed in names.values():
            assert all(len(answer["slip"]) >= 3 and len(answer["says"]) > 3 for answer in listed["wrong"])
