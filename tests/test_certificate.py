"""What a learner measured: kept in the progress file, and shown on a page of her own."""

from __future__ import annotations

import json
import math

import pytest

from course_utils.exercises import progress
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
