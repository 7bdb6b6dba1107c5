"""The quiz, the warm-up, and the rules that every question of every notebook keeps."""

from __future__ import annotations

import pytest

from course_utils.exercises import every_quiz, notebook_modules, progress
from course_utils.exercises.note import unmarked
from course_utils.exercises.quiz import Choice, Question, Quiz, WarmUp, pick


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


def question(id="04.token"):
    return Question(
        id,
        "What is a **token** <here>?",
        [
            Choice("A word.", False, "Not every word."),
            Choice("A piece of `text`.", True, "With a number."),
        ],
    )


def quiz(notebook="04", count=3):
    return Quiz(notebook, [question(f"{notebook}.n{place}") for place in range(count)])


def test_answers_come_with_their_reasons(capsys):
    q = quiz(count=2)
    q.answer(1, "a")
    assert capsys.readouterr().out == "✗ Not yet. a) Not every word.\n"
    q.answer(1, " B)")
    out = capsys.readouterr().out
    assert "✓ Right. b) With a number." in out and "1 of 2 answered, 0 right at the first try." in out
    q.answer(2, "A piece of `text`.")
    assert "2 of 2 answered, 1 right at the first try." in capsys.readouterr().out
    assert progress.load()["04.n0"] == {"tries": 2, "misses": 1, "right": True}
    assert "Answered: a, b" in q.text()


def test_reading_the_other_reasons_after_the_right_answer_counts_nothing(capsys):
    q = quiz(count=1)
    q.answer(1, "b")
    q.answer(1, "a")
    assert "Not every word." in capsys.readouterr().out and "Answered: b, a" in q.text()
    assert progress.load()["04.n0"] == {"tries": 1, "misses": 0, "right": True}


def test_the_text_keeps_the_stars_of_code():
    choices = [Choice("`2 ** 3`", True, "It is **8**."), Choice("`2 * 3`", False, "It is 6.")]
    text = Quiz("04", [Question("04.power", "What is **8**: `2 ** 3` or `2 * 3`?", choices)]).text()
    assert "What is 8: `2 ** 3` or `2 * 3`?" in text and "a) `2 ** 3`" in text


@pytest.mark.parametrize("number", [0, 3, -1, 1.0, True, "1", None, ..., 10**50, [1]])
def test_a_number_that_is_no_question_is_answered_kindly(number, capsys):
    quiz(count=2).answer(number, "a")
    assert "numbered 1 to 2" in capsys.readouterr().out and progress.load() == {}


@pytest.mark.parametrize("letter", ["c", "", "ab", 1, None, ..., object(), ["a"]])
def test_a_letter_that_is_no_choice_is_answered_kindly(letter, capsys):
    quiz().answer(1, letter)
    assert 'answered with "a", "b", not with' in capsys.readouterr().out and progress.load() == {}


def test_the_text_twin_and_the_html_hold_every_choice(capsys):
    q = quiz(count=2)
    q.show()
    out = capsys.readouterr().out
    assert out.count("a) A word.") == 2 and "2. What is a token <here>?" in out and "quiz.answer(1" in out
    assert "&lt;here&gt;" in q.html() and "<strong>token</strong>" in q.html() and q.html().count("<li>A word.") == 2


def test_the_buttons_answer(capsys):
    pytest.importorskip("ipywidgets")
    q = quiz(count=1)
    heading, first, second, reason = q.widget().children[1].children
    assert "<strong>token</strong>" in heading.value and second.description == "b)  A piece of text."
    first.click()
    assert first.description == "✗ a)  A word." and "Not every word." in reason.value
    second.click()
    assert second.description == "✓ b)  A piece of text." and 'role="status"' in reason.value
    assert progress.load()["04.n0"]["tries"] == 2


def test_pick_prefers_what_was_missed_and_never_asks_ahead():
    quizzes = [quiz("00"), quiz("02"), quiz("04")]
    asked = [q.id for q in pick("04", quizzes, {}, 2)]
    assert len(set(asked)) == 2 and all(id < "04" for id in asked)
    assert asked == [q.id for q in pick("04", quizzes, {}, 2)]
    assert asked != [q.id for q in pick("06", quizzes, {}, 2)]
    records = {
        "00.n0": {"tries": 1, "misses": 0, "right": True},
        "00.n1": {"tries": 3, "misses": 2, "right": True},
        "02.n2": {"tries": 1, "misses": 1, "right": False},
        "04.n0": {"tries": 1, "misses": 1, "right": False},
    }
    order = [q.id for q in pick("04", quizzes, records, 6)]
    assert order[:2] == ["02.n2", "00.n1"] and order[-1] == "00.n0" and len(order) == 6
    assert pick("00", quizzes, records, 2) == []
    seldom = pick("06", quizzes, {"02.q1": {"tries": 1, "misses": 0, "right": True}}, 9)
    assert [q.id[:2] for q in seldom[:3]] == ["02"] * 3, "of notebooks that the learner has worked in"


def test_a_warm_up_without_earlier_quizzes_says_so(capsys):
    warm_up = WarmUp("00")
    warm_up.show()
    assert "No earlier quiz yet." in capsys.readouterr().out
    warm_up.answer(1, "a")
    assert capsys.readouterr().out.startswith("○")


def test_a_warm_up_asks_the_real_earlier_quizzes_and_stays_the_same(capsys):
    earlier = [q for one in every_quiz(before="99") for q in one.questions]
    warm_up = WarmUp("99")
    assert len(warm_up.questions) == min(2, len(earlier))
    if earlier:
        first = warm_up.questions[0]
        wrong = next(letter for letter, choice in first.choices.items() if not choice.right)
        warm_up.answer(1, wrong)
        assert warm_up.questions[0] is first
        assert WarmUp("99").questions[0].id == first.id  # missed, so it comes first again
        assert "warm_up.answer(1" in warm_up.text()


@pytest.mark.parametrize(
    ("id", "choices", "fault"),
    [
        ("token", [Choice("a", True, "x"), Choice("b", False, "y")], "04.token"),
        ("04.t", [Choice("a", True, "x")], "two to"),
        ("04.t", [Choice("a", True, "x"), Choice("b", True, "y")], "one of them right"),
        ("04.t", [Choice("a", True, "x"), Choice("b", False, "")], "reason for every choice"),
    ],
)
def test_a_faulty_question_is_refused_where_it_is_written(id, choices, fault):
    with pytest.raises(ValueError, match=fault):
        Question(id, "?", choices)


@pytest.mark.parametrize("q", every_quiz(deeper=True), ids=lambda q: f"{q.notebook}.{q.name}")
def test_every_quiz(q, capsys):
    assert len(q.questions) >= (5 if q.name == "quiz" else 2)
    assert all(one.id.startswith(f"{q.notebook}.") for one in q.questions)
    assert len({one.id for one in q.questions}) == len(q.questions)
    places = {letter for one in q.questions for letter, choice in one.choices.items() if choice.right}
    assert len(places) > 1, "the right choice always stands in the same place"
    for number, one in enumerate(q.questions, 1):
        texts = [choice.text for choice in one.choices.values()]
        assert len(set(texts)) == len(texts)
        for letter, choice in one.choices.items():
            q.answer(number, letter)
            out = capsys.readouterr().out
            assert out.startswith("✓" if choice.right else "✗") and unmarked(choice.because) in out


def test_every_notebook_from_01_on_has_a_warm_up():
    for number, module in notebook_modules().items():
        assert number == "00" or isinstance(module.warm_up, WarmUp)
        assert isinstance(module.quiz, Quiz) and module.quiz.notebook == number


def test_a_quiz_cannot_be_passed_without_reading():
    """The right choice is the longest no more often than chance would have it, and stands in each place."""
    questions = [one for q in every_quiz(deeper=True) for one in q.questions]
    longest, places = [], {}
    for one in questions:
        length = {letter: len(unmarked(choice.text)) for letter, choice in one.choices.items()}
        right = next(letter for letter, choice in one.choices.items() if choice.right)
        places[right] = places.get(right, 0) + 1
        if length[right] > max(size for letter, size in length.items() if letter != right):
            longest.append(one.id)
    assert len(longest) <= 0.4 * len(questions), longest
    assert all(0.2 * len(questions) <= places[letter] <= 0.45 * len(questions) for letter in "abc"), places
