"""What a learner measured: kept in the progress file, and shown on a page of her own."""

from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from course_utils.base import ROOT
from course_utils.exercises import certificate, certificate_page, every_exercise, every_quiz, progress
from course_utils.exercises.predictions import compare


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(progress, "_complained", False)
    return tmp_path / "progress.json"


# ---- what `compare` keeps


def test_a_claim_is_kept_with_its_guess_and_day(own_progress):
    progress.record("00.q1", True)
    compare("2,000", 93.9, "tokens per second", claim="00-measure-speed")
    kept = progress.claims()["00-measure-speed"]
    assert len(kept.pop("date")) == len("2026-11-28")
    assert kept == {"measured": 93.9, "unit": "tokens per second", "guess": 2000.0}
    assert set(progress.load()) == {"00.q1"}  # claims are no attempts
    progress.record("00.q1", False)
    assert set(json.loads(own_progress.read_text(encoding="utf-8"))) == {"00.q1", "claims"}


def test_without_a_claim_nothing_is_kept(own_progress):
    compare(1, 2, "ms", "the wait")
    assert not own_progress.exists()


def test_measured_again_the_number_is_new_and_the_guess_stays():
    compare(50, 93.9, "ms", claim="00-a")
    compare(..., 95.5, "ms", claim="00-a")
    assert (progress.claims()["00-a"]["measured"], progress.claims()["00-a"]["guess"]) == (95.5, 50)
    compare(60, 97, "ms", claim="00-a")
    assert (progress.claims()["00-a"]["measured"], progress.claims()["00-a"]["guess"]) == (97, 60)


class Awkward:
    def __repr__(self):
        raise RuntimeError

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (3, 3),
        (True, "True"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (10**5000, float(10**300)),
        ("different", "different"),
        ("x" * 500, f"the text “{'x' * 60}…”"),
        ("\ud83d", "?"),
        ([1, 2], "[1, 2]"),
        (None, "None"),
        (Awkward(), "something of type Awkward"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_is_kept_as_a_number_or_a_short_text(own_progress, value, kept):
    compare(value, value, claim="00-a")
    one = progress.claims()["00-a"]
    assert (one["measured"], type(one["measured"])) == (kept, type(kept))
    json.loads(own_progress.read_text(encoding="utf-8"), parse_constant=pytest.fail)  # NaN is no JSON


def test_numpy_and_torch_numbers_are_numbers():
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    for value in (numpy.float32(0.5), torch.tensor(0.5), torch.tensor([[0.5]])):
        compare(value, value, claim="00-a")
        assert progress.claims()["00-a"]["measured"] == progress.claims()["00-a"]["guess"] == 0.5


@pytest.mark.parametrize(
    "claims",
    [
        [],
        {"00-a": 1},
        {"00-a": {"measured": True, "unit": "", "guess": None, "date": ""}},
        {"00-a": {"measured": 1, "unit": 2, "guess": None, "date": ""}},
        {"00-a": {"measured": 1, "unit": "", "guess": [], "date": ""}},
        {"00-a": {"measured": 1, "unit": "", "guess": None}},
    ],
)
def test_damaged_claims_set_the_file_aside(own_progress, claims, capsys):
    own_progress.write_text(json.dumps({"claims": claims}), encoding="utf-8")
    compare(1, 2, claim="00-b")
    assert set(progress.claims()) == {"00-b"} and "could not be read" in capsys.readouterr().out
    assert own_progress.with_name("progress.json.bak").exists()


def test_a_file_without_claims_is_as_good_as_ever(own_progress):
    own_progress.write_text('{"04.q1": {"tries": 2, "misses": 1, "right": true}}', encoding="utf-8")
    assert progress.claims() == {}
    compare(1, 2, claim="00-a")
    assert progress.load()["04.q1"]["tries"] == 2 and set(progress.claims()) == {"00-a"}


def test_a_place_that_cannot_be_written_stops_no_cell(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    compare(1, 2, claim="00-a")
    compare(1, 2, claim="00-a")
    assert capsys.readouterr().out.count("could not be written") == 1


# ---- every claim has its sentence, and its cell


def compares() -> dict[str, list[str | None]]:
    """The claims that the compare calls of each code cell name, by the cell's id."""
    found = {}
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code" and (calls := claims_of("".join(cell["source"]))):
                found[cell["id"]] = calls
    return found


def claims_of(source: str) -> list[str | None]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    calls = [call for call in calls if getattr(call.func, "id", "") == "compare"]
    return [next((ast.literal_eval(x.value) for x in call.keywords if x.arg == "claim"), None) for call in calls]


def sentences() -> dict[str, str]:
    return {id: words for claims in certificate_page.sentences().values() for id, words in claims.items()}


def test_every_compare_names_its_own_cell():
    assert claims_of("compare(1, 2)\ncompare(1, 2, claim='00-a')") == [None, "00-a"]
    assert {id: claims for id, claims in compares().items() if claims != [id]} == {}


def test_every_claim_has_a_sentence_and_the_other_way_round():
    assert set(compares()) == set(sentences())


def test_sentences_have_a_place_for_the_number_and_are_short():
    for id, words in sentences().items():
        assert words.count("{value}") == 1 and len(words) <= 120, id
        assert words[0].isupper() and words.endswith((".", "}")), id
    assert len(set(sentences().values())) == len(sentences())


def test_titles_are_those_of_the_map():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    titles = list(certificate_page.sentences())
    assert titles == sorted(titles) and all(f"| [{title}](" in readme for title in titles)
    for title, claims in certificate_page.sentences().items():
        assert all(id.startswith(title[:3].strip() + "-") for id in claims), title


def test_exercises_and_questions_are_all_counted():
    exercises, questions = certificate_page._asked()
    assert exercises == {exercise.id for exercise in every_exercise()}
    assert questions == {question.id for quiz in every_quiz(deeper=True) for question in quiz.questions}


# ---- the page


@pytest.fixture
def measured():
    """Some of a course: four claims, an exercise, a question."""
    compare(50, 93.9123, "tokens per second", claim="00-measure-speed")
    compare(True, False, claim="00-catalog")
    compare(..., 134_515_008, "parameters", claim="00-measure-size")
    compare(4, 3, "of 5", claim="05-tools-needless")
    compare(1, 2, claim="99-unknown")
    progress.record("00.q1", True)
    progress.record("00.q2", False)


def test_the_page_holds_what_was_measured_and_counts_the_rest(measured, own_progress):
    file = certificate.save("Ada")
    assert file == own_progress.with_name("my_certificate.html")
    rows = certificate.Words(file.read_text(encoding="utf-8")).rows
    day = date.today().isoformat()
    assert [f"Ada, {day}"] in rows
    speed = "My model wrote 93.9 tokens per second on my machine."
    assert [speed, "50 tokens per second", day, "00-measure-speed"] in rows
    assert ["The model that answered me has 134,515,008 parameters.", "none", day, "00-measure-size"] in rows
    assert any(row[1:] == ["yes", day, "00-catalog"] and row[0].endswith("free? no.") for row in rows)
    claims, (exercises, questions) = len(sentences()), map(len, certificate_page._asked())
    said = f"I measured 4 of the course's {claims} claims, and had guessed 3 of them. I answered 1 of {exercises} "
    assert [said + f"exercises and 0 of {questions} quiz questions rightly."] in rows
    assert ["00 Start here", "3 of 4", "1 of 4", "0 of 7"] in rows
    assert not any("99-unknown" in row or "01-domains" in row for row in rows)
    assert ["01 Small and large"] not in rows  # no table where nothing was measured


def test_the_text_says_the_same(measured):
    text = certificate.text("Ada")
    for row in certificate.Words(certificate.page("Ada")).rows:
        if len(row) == 4 and re.match(r"\d\d-", row[3]):
            assert f"{row[0]} My guess: {row[1]}. ({row[2]}, {row[3]})" in text
    assert certificate.count(certificate.chapters()) in text and "Python: " in text


def test_the_page_loads_nothing_and_runs_nothing(measured):
    page = certificate.page("")
    assert not re.search(r"https?:|//|<script|<link|<img|<iframe|url\(|@import|@font-face|\bon\w+=", page)
    assert (
        "default-src 'none'" in page and '<html lang="en" dir="ltr">' in page and "prefers-color-scheme: dark" in page
    )
    assert "@page" in page and 'name="viewport"' in page


def test_the_page_names_nobody_and_no_place(measured, monkeypatch):
    import getpass
    import platform
    import socket

    page = certificate.page("2026-11-28") + certificate.text("2026-11-28")
    page = page.lower()
    for secret in {str(Path.home()), str(ROOT), socket.gethostname(), platform.node()}:
        assert secret == "/" or secret.lower() not in page
    if len(getpass.getuser()) > 4:  # "root" is a part of many words
        assert getpass.getuser().lower() not in page


EVIL = '<script>alert(1)</script><img src=x onerror="x">'


def test_markup_in_the_progress_file_stays_text(own_progress):
    one = {"measured": EVIL, "unit": EVIL, "guess": EVIL, "date": "<b>2026</b>"}
    two = {"measured": 5, "unit": EVIL, "guess": 1e999, "date": "2026-11-28"}
    three = {"measured": "a\u202eb\ud800\x00</tr>", "unit": "", "guess": "\n\n", "date": "2026-11-28"}
    claims = {"00-measure-speed": one, "00-measure-size": two, "06-token": three, EVIL: one}
    own_progress.write_text(json.dumps({"claims": claims, EVIL: dict(tries=1, misses=0, right=True)}))
    file = certificate.save(EVIL)
    page = file.read_text(encoding="utf-8")
    assert "<script" not in page and "<img" not in page and "<b>" not in page and "\u202e" not in page
    assert page.count("&lt;script&gt;") == 4  # name, value, guess, unit
    rows = certificate.Words(page).rows
    assert all(len(row) in (1, 2, 4) for row in rows)
    assert certificate.verify(file)["ok"]


def test_an_empty_progress_file_makes_an_honest_page(capsys):
    file = certificate.save()
    assert "I measured 0 of the course" in file.read_text(encoding="utf-8") and certificate.verify(file)["ok"]
    certificate.show()
    out = capsys.readouterr().out
    assert "00 Start here: 0 of 4 · 0 of 4 · 0 of 7" in out and "Saved as `my_certificate.html`" in out


def test_show_never_fails(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    certificate.show("Ada")
    assert "my_certificate.html cannot be written" in capsys.readouterr().out


def test_another_file_is_never_overwritten(tmp_path, capsys):
    (tmp_path / "thesis.html").write_text("my thesis", encoding="utf-8")
    assert certificate.main(["--out", str(tmp_path / "thesis.html")]) == 1
    assert (tmp_path / "thesis.html").read_text(encoding="utf-8") == "my thesis"
    assert "is no certificate" in capsys.readouterr().out
    for _ in range(2):  # an older certificate is
        assert certificate.main(["--out", str(tmp_path / "mine.html")]) == 0
    assert certificate.main(["--out", str(tmp_path)]) == certificate.main(["--out", str(tmp_path / "no/x.html")]) == 1


# ---- verify


def verified(file, capsys) -> tuple[int, str]:
    capsys.readouterr()
    status = certificate.main(["--verify", str(file)])
    return status, capsys.readouterr().out


def test_a_page_agrees_with_its_progress_file(measured, capsys):
    file = certificate.save("Ada Lovelace")
    status, said = verified(file, capsys)
    assert status == 0 and said.endswith("All agree.\n") and "00-measure-speed" in said
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))  # as some mail programs do
    assert verified(file, capsys)[0] == 0


ROW = re.compile(r"<tr><th scope=\"row\">My model wrote.*?</tr>\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda page: page.replace("93.9 tokens", "98.9 tokens"), "DIFFERS, 00-measure-speed: the page says “My model"),
        (lambda page: page.replace("50 tokens per", "90 tokens per"), "DIFFERS, 00-measure-speed"),
        (lambda page: page.replace("1 of 4</td>", "4 of 4</td>"), "DIFFERS, 00 Start here"),
        (lambda page: page.replace("I measured 4", "I measured 80"), "I measured 80 of"),
        (lambda page: ROW.sub("", page), "NOT IN THE PAGE: “My model wrote 93.9"),
        (lambda page: ROW.sub(lambda row: 2 * row[0], page), "ONLY IN THE PAGE: “My model wrote 93.9"),
        (
            lambda page: ROW.sub(lambda r: r[0] + r[0].replace("00-measure-speed", "00-x"), page),
            "ONLY IN THE PAGE: “My",
        ),
        (lambda page: page.replace("</main>", "<p>I won a prize.</p></main>"), "ONLY IN THE PAGE: “I won a prize.”"),
        (lambda page: page.replace("</main>", "I won a prize.</main>"), "ONLY IN THE PAGE: “I won a prize.”"),
        (lambda page: page.replace("<th>Memory", "<th>").replace("Memory", "Room"), "Room"),
        (lambda page: page.replace("</style>", "tr:nth-child(2) { display: none }</style>"), "code was changed"),
        (lambda page: page.replace("<tr><th", "<tr hidden><th"), "code was changed"),
        (lambda page: re.sub(r"\d+ cores", "128 cores", page), "DIFFERS, Processor"),
    ],
)
def test_a_page_that_was_changed_is_named(measured, capsys, change, says):
    file = certificate.save("Ada")
    page = file.read_text(encoding="utf-8")
    assert change(page) != page
    file.write_text(change(page), encoding="utf-8")
    status, said = verified(file, capsys)
    assert status == 1 and says in said and said.endswith("Not all agree.\n")


def test_a_progress_file_that_went_on_is_named(measured, capsys):
    file = certificate.save()
    compare(1, 95.5, "tokens per second", claim="00-measure-speed")
    compare(1, 7, "of 10", claim="01-domains")
    status, said = verified(file, capsys)
    assert status == 1 and "DIFFERS, 00-measure-speed" in said and "95.5" in said
    assert "NOT IN THE PAGE: “My model answered 7 of 10" in said and "Claims that agree: 00-catalog" in said


def test_a_page_of_another_machine_is_named(measured, capsys, monkeypatch):
    file = certificate.save()
    monkeypatch.setattr(certificate_page.machine, "cpu", lambda: "Zuse Z3")
    status, said = verified(file, capsys)
    assert status == 1 and "DIFFERS, Processor" in said and "Zuse Z3" in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body><p>Hello",
        b"\x89PNG\x00\xff\xfe" * 99,
        "ä".encode("latin-1"),
        certificate.MARK.encode() + b'</head><p class="who"></p><![foo[ ]]><![',
        certificate.MARK.encode(),
    ],
)
def test_what_is_no_certificate_is_one_line(tmp_path, capsys, content):
    (tmp_path / "x.html").write_bytes(content)
    status, said = verified(tmp_path / "x.html", capsys)
    assert status == 1 and ("is no certificate of this course" in said or "Not all agree" in said)


def test_what_cannot_be_read_is_one_line(tmp_path, capsys):
    for place in (tmp_path / "missing.html", tmp_path, "a\0b"):
        status, said = verified(place, capsys)
        assert status == 1 and said.count("\n") == 1 and "read" in said


# ---- the command


def test_json_is_one_object(measured, tmp_path, capsys, own_progress):
    assert certificate.main(["--json", "--out", str(tmp_path / "x.html")]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert made["notebooks"][0]["exercises"] == [1, 4] and made["machine"]["Python"]
    assert certificate.main(["--json", "--verify", str(tmp_path / "x.html")]) == 0
    assert json.loads(capsys.readouterr().out)["claims"][:1] == ["00-catalog"]
    assert certificate.main(["--json", "--verify", "missing"]) == 1
    assert "cannot be read" in json.loads(capsys.readouterr().out)["error"]
    own_progress.write_text("{", encoding="utf-8")  # damaged: its note must not stand in the object
    assert certificate.main(["--json", "--verify", str(tmp_path / "x.html")]) == 1
    assert json.loads(capsys.readouterr().out)["differ"]


def test_the_command_needs_no_library(tmp_path):
    """A Python that sees the standard library only makes the page."""
    code = "import sys; from course_utils.exercises.certificate import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-S", "-c", code, "--out", str(tmp_path / "x.html")]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("What I measured") and (tmp_path / "x.html").exists()
