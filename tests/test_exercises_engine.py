"""The exercise engine; and every exercise of every notebook untouched, right, and wrong in the known ways."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time

import pytest

from course_utils import ROOT, load
from course_utils.exercises import engine, every_exercise, every_quiz, notebook_modules, progress, three_ways
from course_utils.exercises.engine import (
    NOT_ATTEMPTED,
    NOT_YET,
    RIGHT,
    Exercise,
    choice,
    contains,
    function,
    given,
    number,
    ordering,
)
from course_utils.exercises.predictions import compare, compared
from course_utils.exercises.values import alike, as_number, describe


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(progress, "_complained", False)
    return tmp_path / "progress.json"


def exercise(judge, right=(4,), wrong=((5, "Five is one more."),), names="answer_1", **more):
    """An exercise with the parts that a test does not care about filled in."""
    code = more.pop("code", f"answer_1 = {right[0]!r}")
    return Exercise(
        "04.q1",
        names,
        judge=judge,
        right="Four it is.",
        right_examples=right,
        known_wrong=wrong,
        hints=["First.", "Second."],
        code=code,
        why="Because.",
        **more,
    )


class Awkward:
    """Refuses everything that one may do with a value."""

    def _refuse(self, *_):
        raise RuntimeError("no")

    __eq__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = __float__ = _refuse
    __hash__ = None


def strange_values():
    """What learners, libraries and slips of the keyboard put into a variable."""
    import numpy as np
    import torch

    loop: list = []
    loop.append(loop)
    return [
        None,
        "",
        "...",
        "4",
        "four",
        b"4",
        math.nan,
        -math.inf,
        10**5000,
        -(10**5000),
        1e308,
        4j,
        True,
        [],
        (),
        [4],
        {},
        {"a": 1},
        {4},
        loop,
        print,
        len,
        int,
        Exception,
        Awkward,
        Awkward(),
        ...,
        [...],
        (value for value in [1]),
        NotImplemented,
        lambda: 1 / 0,
        lambda *args: args[99],
        np.float32(4),
        np.array([]),
        np.arange(10**4),
        np.array(["a"]),
        np.datetime64("2026-01-01"),
        torch.tensor(4.0),
        torch.zeros(3, 3),
        torch.tensor(4, dtype=torch.bfloat16),
        torch.zeros(2, device="meta"),
        sys,
        object(),
    ]


JUDGES = {
    "number": number(4),
    "choice": choice("b", of="abc"),
    "ordering": ordering(["a", "b"]),
    "contains": contains("window"),
    "function": function([((1, 2), 3)]),
    "own": lambda answer: answer + 1 == 5,
}


@pytest.mark.parametrize("name", JUDGES)
def test_no_value_makes_a_check_raise(name, capsys):
    q = exercise(JUDGES[name])
    for value in strange_values():
        verdict = q.verdict({"answer_1": value})
        assert verdict.outcome in (RIGHT, NOT_YET, NOT_ATTEMPTED) and 0 < len(verdict.message) < 400, verdict
        q.check(namespace={"answer_1": value})
    assert "Traceback" not in capsys.readouterr().out


def test_untouched_means_an_ellipsis_anywhere_an_empty_function_or_no_variable():
    q = exercise(ordering(["a", "b"]))

    def empty(): ...

    def documented():
        """Only this."""

    def passes():
        pass

    for value in (..., ["a", ...], "", "...", empty, documented, passes):
        assert q.verdict({"answer_1": value}).outcome == NOT_ATTEMPTED, value
    assert "answer_1" in q.verdict({"answer_1": ...}).message
    assert "Run the cell" in q.verdict({}).message
    assert exercise(lambda a: a()).verdict({"answer_1": lambda: 5}).outcome == RIGHT


def test_three_outcomes_are_shown_recorded_and_return_nothing(capsys, own_progress):
    q = exercise(number(4))
    assert q.check({"answer_1": ...}) is None
    assert capsys.readouterr().out.startswith("○ Not attempted. ") and not own_progress.exists()
    q.check({"answer_1": 5})
    assert capsys.readouterr().out == "✗ Not yet. Five is one more.\nStuck? `q1.hint()`\n"
    q.check({"answer_1": 4})
    assert capsys.readouterr().out == "✓ Right. Four it is.\n"
    assert progress.load() == {"04.q1": {"tries": 2, "misses": 1, "right": True}}


def test_check_looks_into_the_session_it_is_called_from(capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "answer_1", 4, raising=False)
    exercise(number(4)).check()
    assert "Right" in capsys.readouterr().out


def test_check_looks_into_the_notebook():
    """In a real kernel, and with the HTML that JupyterLab shows."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    code = (
        "from course_utils.exercises.engine import Exercise, number\n"
        "q1 = Exercise('04.q1', 'answer_1', judge=number(4), right='Four it is.', right_examples=[4],\n"
        "    known_wrong=[(5, 'Five is one more.')], hints=['a', 'b'], code='answer_1 = 4', why='So.')"
    )
    cells = [code, "q1.check()", "answer_1 = 4", "q1.check()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    first, second = (notebook.cells[place].outputs for place in (1, 3))
    assert [len(first), len(second)] == [1, 1]
    assert first[0].data["text/plain"].startswith("○ Not attempted.")
    assert 'role="status"' in second[0].data["text/html"] and "Right" in second[0].data["text/html"]


def test_hints_come_one_at_a_time_and_then_all(capsys):
    q = exercise(number(4))
    shown = []
    for _ in range(4):
        q.hint()
        shown.append(capsys.readouterr().out)
    assert "Hint 1 of 2. First." in shown[0] and "Second." not in shown[0] and "q1.hint()" in shown[0]
    assert "Hint 2 of 2. Second." in shown[1] and "q1.solution()" in shown[1]
    assert "1. First.\n2. Second." in shown[2] and shown[2] == shown[3]
    q.solution()
    assert "answer_1 = 4" in (out := capsys.readouterr().out) and "Because." in out


# ---- judges


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("4", "without quotes"),
        (True, "A number is wanted"),
        (math.nan, "A number is wanted"),
        (3, "too low"),
        (4.5, "too high"),
        (4000, "size. The unit wanted: MB"),
        (4 * 2**20, "size. The unit wanted: MB"),
        (0.004, "size. The unit wanted: MB"),
    ],
)
def test_number_says_what_is_wrong(value, part):
    verdict = exercise(number(4, within=0.02, unit="MB")).verdict({"answer_1": value})
    assert verdict.outcome == NOT_YET and part in verdict.message


def test_number_takes_what_libraries_call_a_number():
    import numpy as np
    import torch

    q = exercise(number(4, within=0.02))
    for value in (4, 4.05, np.float32(4), np.array([4.0]), torch.tensor([[4]]), 3.93):
        assert q.verdict({"answer_1": value}).outcome == RIGHT, value
    assert exercise(number(0, plus_minus=0.5)).verdict({"answer_1": 0.4}).outcome == RIGHT
    assert exercise(number(4, within=0)).verdict({"answer_1": 4.1}).outcome == NOT_YET


def test_a_value_measured_in_the_notebook():
    q = exercise(
        number(lambda ns: ns["seconds"] * 2),
        right=[given(answer_1=3, seconds=1.5)],
        wrong=[(given(answer_1=1.5, seconds=1.5), "Twice, not once.")],
        code="answer_1 = seconds * 2",
    )
    assert three_ways(q) == []
    judged = number(lambda ns: ns["seconds"], within=0.1)
    q.known_wrong = exercise(q.judge, wrong=[(given(answer_1=7, seconds=7), "Not once.", judged)]).known_wrong
    assert three_ways(q) == []
    assert q.verdict({"answer_1": 104, "seconds": 100}).message == "Not once."
    early = q.verdict({"answer_1": 3})
    assert early.outcome == NOT_ATTEMPTED and "`seconds`" in early.message
    own = exercise(lambda answer, namespace: answer > namespace["seconds"])
    assert own.verdict({"answer_1": 3, "seconds": 2}).outcome == RIGHT


def test_a_gap_in_the_learners_own_table_is_not_a_missing_measurement():
    q = exercise(lambda answer: answer["apples"] == 4, right=[{"apples": 4}], wrong=[({"apples": 5}, "One more.")])
    verdict = q.verdict({"answer_1": {"pears": 4}})
    assert verdict.outcome == NOT_YET and isinstance(verdict.fault, KeyError) and "measured" not in verdict.message


def test_choice_forgives_case_and_brackets_and_names_the_options():
    q = exercise(choice("b", of="abc"), right=["b", " B) "], wrong=[("a", "A is for apple.")])
    assert three_ways(q) == []
    assert q.verdict({"answer_1": "(A)"}).message == "A is for apple."
    assert "'a', 'b', 'c'" in q.verdict({"answer_1": "d"}).message
    assert "that is not it" in q.verdict({"answer_1": "c"}).message
    assert (
        exercise(choice("b", of="abc"), nudge="Think of a bee.").verdict({"answer_1": "c"}).message == "Think of a bee."
    )
    truth = exercise(choice(False, of=[True, False]), right=[False], wrong=[(True, "No.")])
    assert three_ways(truth) == [] and truth.verdict({"answer_1": 0}).outcome == NOT_YET
    with pytest.raises(ValueError, match="not among"):
        choice("z", of="abc")


def test_ordering_counts_what_is_in_its_place():
    q = exercise(
        ordering(["cut", "look up", "attend"]),
        right=[["cut", "look up", "attend"], "Cut -> look up -> attend"],
        wrong=[(["attend", "look up", "cut"], "Backwards.")],
    )
    assert three_ways(q) == []
    assert q.verdict({"answer_1": "attend, look up, cut"}).message == "Backwards."
    assert q.verdict({"answer_1": ("cut", "attend", "look up")}).message == "1 of 3 are in their place."
    assert "“attend” is missing" in q.verdict({"answer_1": ["cut", "look up"]}).message
    assert "this has 4" in q.verdict({"answer_1": ["cut", "look up", "attend", "cut"]}).message


def test_contains_wants_every_idea_and_none_it_avoids():
    q = exercise(
        contains("slid", ("window", "ikkuna"), avoid=["encoder"]),
        right=["A sliding Window", "sliding ikkuna"],
        wrong=[("full attention", "Full is the other one.", lambda text: "full" in text)],
    )
    assert three_ways(q) == []
    assert q.verdict({"answer_1": "a window"}).message == "Something is missing: 1 of 2 parts are there."
    assert "“encoder”" in q.verdict({"answer_1": "sliding window in the encoder"}).message
    assert q.verdict({"answer_1": 3}).message.startswith("A text in quotes")


def softmax(scores):
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def test_function_runs_the_cases_and_knows_wrong_functions_by_what_they_do():
    def forgets_exp(scores):
        return [score / sum(scores) for score in scores]

    def same_mistake(scores):
        total = sum(scores)
        return list(map(lambda score: score / total, scores))

    def unfinished(scores):
        powers = ...
        return [power / sum(powers) for power in powers]

    cases = [(([1.0, 1.0],), [0.5, 0.5]), (([0.0, 1.0],), softmax([0.0, 1.0]))]
    q = exercise(
        function(cases),
        right=[softmax],
        wrong=[(forgets_exp, "No `exp`.")],
        code="import math\n" + "def answer_1(s):\n p = [math.exp(x) for x in s]\n return [x / sum(p) for x in p]",
    )
    assert three_ways(q) == []
    assert q.verdict({"answer_1": same_mistake}).message == "No `exp`."
    assert "still a `...`" in q.verdict({"answer_1": unfinished}).message
    for value, part in (
        (3, "Write its name without brackets"),
        (lambda s: s.sort(), "Is there a `return`?"),
        (lambda s: s[9], "IndexError"),
        (lambda s: [1, 0], "[0.5, 0.5] is expected"),
        (lambda: 1, "TypeError"),
        (lambda s: sys.exit(), "SystemExit"),
    ):
        assert part in q.verdict({"answer_1": value}).message, part


def test_an_index_of_dots_does_not_hide_the_real_error():
    import numpy as np

    def column(table, place):
        return table[..., place].sum()

    verdict = exercise(function([((np.ones((2, 3)), 9), 2)])).verdict({"answer_1": column})
    assert verdict.outcome == NOT_YET and "IndexError" in verdict.message and "`...`" in verdict.message
    right = exercise(function([((np.ones((2, 3)), 1), 2)])).verdict({"answer_1": column})
    assert right.outcome == RIGHT


def test_function_cases_are_not_shared_and_may_be_judged_by_a_property():
    def eats(items):
        return items.pop()

    assert exercise(function([(([1],), 1), (([1],), 1)])).verdict({"answer_1": eats}).outcome == RIGHT
    said = exercise(function([((), lambda result: result > 2 or "More than two.")]))
    assert said.verdict({"answer_1": lambda: 1}).message == "More than two."
    assert said.verdict({"answer_1": lambda: 3}).outcome == RIGHT


def test_several_variables():
    q = exercise(
        lambda low, high: low < 4 < high,
        names=("low", "high"),
        right=[(3, 5), given(low=0, high=9)],
        wrong=[((5, 3), "The other way round."), ((4, 4), "Equal.", lambda low, high: low == high)],
        code="low, high = 3, 5",
    )
    assert three_ways(q) == []
    assert "`high`" in q.verdict({"low": 3, "high": ...}).message


def test_a_fault_in_an_authors_judge_is_not_the_learners():
    verdict = exercise(lambda answer: answer.missing).verdict({"answer_1": 4})
    assert verdict.outcome == NOT_YET and isinstance(verdict.fault, AttributeError)


# ---- three ways


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"right": [5]}, "“Four it is.” expected"),
        ({"wrong": [(4, "Four.")]}, "“Four.” expected"),
        ({"wrong": [(5, "Four it is.")]}, "share one message"),
        ({"wrong": []}, "needs two hints"),
        ({"code": "answer_1 = 5"}, "the solution is judged not yet"),
        ({"code": "answer_1 ="}, "not Python"),
        ({"code": "answer_1 = 1 / 0"}, "ZeroDivisionError"),
    ],
)
def test_three_ways_finds_the_faults_of_an_author(change, fault):
    assert three_ways(exercise(number(4))) == []
    assert any(fault in line for line in three_ways(exercise(number(4), **change)))


def test_three_ways_notices_a_judge_that_raises():
    assert any("AttributeError" in line for line in three_ways(exercise(lambda answer: answer.missing)))


def test_an_id_has_its_notebook():
    with pytest.raises(ValueError, match="04.q1"):
        Exercise(
            "q1",
            "a",
            judge=number(1),
            right="",
            right_examples=[],
            known_wrong=[],
            hints=[],
            code="",
            why="",
        )


@pytest.mark.parametrize("q", every_exercise(), ids=lambda q: q.id)
def test_every_exercise_three_ways(q, capsys):
    assert three_ways(q) == []
    for value in strange_values():
        verdict = q.verdict(dict.fromkeys(q.names, value))
        assert verdict.outcome in (NOT_YET, NOT_ATTEMPTED) and 0 < len(verdict.message) < 400, (value, verdict)


def test_the_prompt_for_both_models_is_judged_by_their_answers():
    """Exercise 2 of notebook 00: its solution holds for the models themselves, and not every sensible prompt does."""
    q2, models = notebook_modules()["00"].q2, {name: load(name) for name in ("smollm2", "pico-mini")}
    namespace = {"models": models}
    exec(q2.code, namespace)
    assert q2.verdict(namespace).outcome == RIGHT
    verdict = q2.verdict({"models": models, "answer_2": "Max is at the station, so where is Max?"})
    assert verdict.outcome == NOT_YET and "pico-mini answers: “Max is the lighthouse keeper" in verdict.message


def test_every_notebook_has_its_own_ids():
    ids = [q.id for q in every_exercise()] + [
        question.id for quiz in every_quiz(deeper=True) for question in quiz.questions
    ]
    assert len(set(ids)) == len(ids)
    for number_, module in notebook_modules().items():
        here = [item for item in vars(module).values() if isinstance(item, Exercise)]
        assert all(q.id == f"{number_}.{name}" for name, q in vars(module).items() if q in here)


# ---- values and predictions


def test_describe_is_short_and_never_raises():
    for value in strange_values():
        assert len(describe(value)) < 120
    assert describe(10**20) == "a number of about 21 digits" and describe("x" * 99).endswith("…”")


def test_alike_and_as_number():
    import torch

    assert alike([1, 2.0000001], (1, 2)) and alike(" Yes ", "yes") and alike({"a": 1}, {"a": 1.0})
    assert alike(torch.tensor([1.0, 2.0]), [1, 2]) and not alike(True, 1) and not alike(10**400, 1.5)
    assert as_number("4") is None and as_number(True) is None and as_number(torch.tensor(2.0)) == 2


@pytest.mark.parametrize(
    ("guess", "measured", "part"),
    [
        (..., 12.34, "Measured 12.3 ms. You made no prediction"),
        (12, 12, "Exactly."),
        (11, 12, "Very close."),
        (6.5, 12, "Close: 1.8 times too low"),
        (60, 12, "order of magnitude: 5.0 times too high"),
        (1, 12_000, "12,000 times too low"),
        (0, 12, "The difference is 12 ms"),
        (-3, 12, "The difference is 15 ms"),
        ("slower", "Slower", "As you said."),
        ("slower", "faster", "Not what you expected"),
        ("a lot", 12, "as a number"),
        ("about 2,000,000", 2_000_000, "Exactly."),
        ("1,5 GB", 1.5, "Exactly."),
        ("12", 12, "Exactly."),
        ((2, 0, 0), 2_000_000, "You said 2,000,000 ms, measured 2,000,000 ms. Exactly. Python takes"),
        ((2, 164, 416), 2_164_416, "Exactly."),
        ((1, 5), 1.5, "Exactly."),
        ((2, 0), 2_000, "write 2_000_000 and 1.5"),
        ("True", True, "As you said."),
        ("yes", False, "Not what you expected"),
        (" No. ", False, "As you said."),
    ],
)
def test_compare_says_how_far_off_a_prediction_was(guess, measured, part):
    assert part in compared(guess, measured, "ms")


@pytest.mark.parametrize(
    ("guess", "part"),
    [
        (5, "You said 5 of 6, measured 5 of 6. Exactly."),
        (1, "You said 1 of 6, measured 5 of 6. That is 4 too few."),
        (6, "That is 1 too many."),
        (0, "That is 5 too few."),
        (-5, "It can only be 0 to 6."),
        (60, "It can only be 0 to 6."),
    ],
)
def test_counts_out_of_n_are_no_orders_of_magnitude(guess, part):
    assert part in compared(guess, 5, "of 6")


@pytest.mark.parametrize(
    ("unit", "right", "answer", "part"),
    [
        ("GB", 7.6, 60.8, "8 bits"),
        ("GiB", 48, 51.54, "1,024³"),
        ("GB", 51.54, 48, "1,024³"),
        ("MiB", 100, 104.9, "1,024²"),
        ("GB", 2.72, 2.656, "2.656 is too low"),
        ("minutes", 2, 120, "unit of time"),
        ("days", 73, 1752, "unit of time"),
        ("%", 50, 0.5, "50 %"),
        ("MB", 4, 0.004, "their size"),
        ("weights", 7.6, 60.8, "too high"),
        ("apples", 48, 51.54, "51.54 is too high"),
        ("apples", 7, 62.42115026175023, "62.421 is too high"),
    ],
)
def test_a_slip_of_units_is_known_and_nothing_else_is_taken_for_one(unit, right, answer, part):
    assert (
        part
        in exercise(number(right, unit=unit), right=[right], wrong=[(-1, "x")]).verdict({"answer_1": answer}).message
    )


def test_a_known_slip_is_met_when_it_is_rounded_and_the_nearest_one_speaks():
    q = exercise(number(73, within=0.02), right=[73], wrong=[(1746.9, "hours"), (2448, "a"), (2460, "b"), (5, "five")])
    said = {value: q.verdict({"answer_1": value}).message for value in (1747, 1750, 2448, 2460, 5, 5.001, 74.9)}
    assert list(said.values()) == ["hours", "hours", "a", "b", "five", "five", "74.9 is too high."]
    near = exercise(number(48, within=0.001), right=[48], wrong=[(50.33, "mixed")])
    assert near.verdict({"answer_1": 50.3}).message == "mixed" and "mixed" not in near.verdict({"answer_1": 49}).message


class EqualsEverything:
    def __eq__(self, other):
        return True

    __hash__ = None


def test_an_object_that_equals_everything_is_no_answer():
    for judge in (number(4), choice("b", of="abc"), ordering(["a"]), function([((1,), {"a": [3]})])):
        for value in (EqualsEverything(), lambda x: EqualsEverything(), lambda x: {"a": EqualsEverything()}):
            assert exercise(judge).verdict({"answer_1": value}).outcome == NOT_YET
    assert alike({1, 2}, frozenset({2, 1})) and not alike(EqualsEverything(), 3) and not alike("a", EqualsEverything())


def test_compare_never_raises(capsys):
    for value in strange_values():
        compare(value, 12, unit="ms", what="the first token")
        compare(12, value)
    assert "The first token: you said" in capsys.readouterr().out


# ---- progress


def test_progress_is_one_small_file_that_can_be_forgotten(own_progress, capsys):
    assert progress.load() == {} and progress.summary_text() == "Nothing tried yet."
    progress.record("04.q1", False)
    progress.record("04.q1", True)
    progress.record("00.q2", False)
    assert json.loads(own_progress.read_text(encoding="utf-8")) == progress.load()
    assert [file.name for file in own_progress.parent.iterdir()] == ["progress.json"]
    progress.summary()
    assert "Notebook 04: 1 of 1 tried are right, 2 attempts." in capsys.readouterr().out
    progress.forget()
    assert not own_progress.exists() and "deleted" in capsys.readouterr().out
    progress.forget()
    assert "no progress file" in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage", ["", "{", "[1]", '{"a": 1}', '{"a": {"tries": "x", "misses": 0, "right": true}}', "\x00"]
)
def test_a_damaged_progress_file_is_set_aside_with_one_line(own_progress, capsys, damage):
    own_progress.write_text(damage, encoding="utf-8")
    progress.record("04.q1", True)
    assert capsys.readouterr().out.count("\n") == 1
    assert progress.load() == {"04.q1": {"tries": 1, "misses": 0, "right": True}}
    assert (own_progress.parent / "progress.json.bak").read_text(encoding="utf-8") == damage
    progress.forget()
    assert list(own_progress.parent.iterdir()) == []


def test_bytes_that_are_no_text_are_set_aside_too(own_progress):
    own_progress.write_bytes(b"\xff\xfe\x00")
    assert progress.load() == {} and not own_progress.exists()


def test_a_place_that_cannot_be_written_is_mentioned_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    progress.record("04.q1", True)
    progress.record("04.q1", True)
    assert capsys.readouterr().out.count("could not be written") == 1


def test_a_file_that_cannot_be_opened_just_now_is_left_alone(own_progress, monkeypatch, capsys):
    progress.record("04.q1", True)
    before = own_progress.read_bytes()
    with monkeypatch.context() as locked:

        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        locked.setattr(progress.Path, "read_text", refuse)
        progress.record("04.q2", True)
        assert progress.load() == {}
    assert own_progress.read_bytes() == before and list(own_progress.parent.iterdir()) == [own_progress]
    assert capsys.readouterr().out.count("could not be read (Permission denied)") == 1
    progress.record("04.q2", True)
    assert set(progress.load()) == {"04.q1", "04.q2"}


def test_a_folder_in_the_place_of_the_file_is_mentioned_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path))
    progress.record("04.q1", True)
    progress.record("04.q1", True)
    assert capsys.readouterr().out.count("\n") == 1 and list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file_whole(own_progress, monkeypatch):
    progress.record("04.q1", True)
    before = own_progress.read_bytes()

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress.json, "dump", full_disk)
    progress.record("04.q2", True)
    assert own_progress.read_bytes() == before
    assert [file.name for file in own_progress.parent.iterdir()] == ["progress.json"]


def test_two_open_notebooks_do_not_overwrite_each_other(own_progress):
    code = "from course_utils.exercises import progress\nfor n in range(40): progress.record(f'0{{}}.q{n}', True)"
    others = [subprocess.Popen([sys.executable, "-c", code.replace("{}", name)], cwd=ROOT) for name in "123"]
    assert [other.wait(timeout=120) for other in others] == [0, 0, 0]
    assert len(progress.load()) == 120 and [file.name for file in own_progress.parent.iterdir()] == ["progress.json"]


def test_what_a_kernel_left_that_died_while_writing_hinders_nobody(own_progress):
    progress.record("04.q1", True)
    lock = own_progress.with_name("progress.json.lock")
    lock.touch()
    os.utime(lock, (1, 1))
    began = time.monotonic()
    progress.record("04.q2", True)
    assert set(progress.load()) == {"04.q1", "04.q2"} and not lock.exists()
    lock.touch()  # somebody who holds it too long is not waited for without end, and keeps it
    progress.record("04.q3", True)
    assert set(progress.load()) == {"04.q1", "04.q2", "04.q3"} and time.monotonic() - began < 60


def test_the_engine_tells_all_a_writer_needs():
    for name in engine.__all__:
        assert name in engine.__doc__ or name in (
            NOT_ATTEMPTED,
            "NOT_ATTEMPTED",
            "NOT_YET",
            "RIGHT",
            "Verdict",
        ), name
