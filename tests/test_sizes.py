"""measure_sizes.py, the table of the README: what it measures, what was recorded, and what it says without SmolLM2."""

import json

import measure_sizes as sizes
import pytest

from course_utils import ROOT
from course_utils.models import smollm2
from course_utils.phi import facts
from course_utils.pico.export import onnx_folder

ROW = {"disk": 127_000_000, "memory": 284_000_000, "first_token": 0.5, "tokens_per_second": 200.0}
ROW |= {"textbook": [1, 40], "world": [7, 10], "answers": {}}


def measured(name, folder, parameters):
    return {"model": name, "parameters": parameters} | ROW


def test_a_row_is_measured(monkeypatch):
    """The clock is not judged: other programs may use the cores."""
    monkeypatch.setattr(sizes, "TRIES", 1)
    monkeypatch.setattr(sizes, "SAMPLES", 4)
    row = sizes.measure("pico-mini", onnx_folder(), 2_164_416)
    assert row["textbook"][0] >= 7 and row["textbook"][1] == 8 and row["world"] == [0, 10]
    assert 8e6 < row["disk"] < 11e6 and 4e7 < row["memory"] < 7e8
    assert row["first_token"] > 0 and row["tokens_per_second"] > 0
    assert list(row["answers"]) == list(sizes.DATA["world"])


def test_the_command_gives_three_rows(monkeypatch, capsys):
    monkeypatch.setattr(sizes, "measure", measured)
    monkeypatch.setattr(smollm2, "form", lambda: ROOT)
    assert sizes.main(["--json"]) == 0
    mini, smol, phi = json.loads(capsys.readouterr().out)["rows"]
    assert (mini["parameters"], smol["parameters"], phi["parameters"]) == (2_164_416, 134_515_008, 3_821_079_552)
    assert phi["disk"] == facts.figure("phi-3.5-mini", "size_int4_cpu").value and phi["world"] is None
    assert sizes.main([]) == 0
    head, rule, *rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) == 3 and {line.count("|") for line in (head, rule, *rows)} == {9}
    assert "7 of 10" in rows[1] and rows[2].count("not run") == 2


def test_without_smollm2_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(sizes, "measure", measured)
    monkeypatch.setenv("COURSE_SMOLLM2", "0")
    assert sizes.main(["--json"]) == 0
    printed = capsys.readouterr()
    assert [row["model"] for row in json.loads(printed.out)["rows"]] == ["pico-mini", "phi-3.5-mini"]
    assert "SmolLM2 is left out" in printed.err


def test_the_readme_has_the_table_of_the_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = {line.split("|")[1].strip(): line for line in readme.splitlines() if line.count("|") == 9}
    for name in ("pico-mini", "smollm2", "phi-3.5-mini"):
        id = {"smollm2": "smollm2-135m"}.get(name, name)
        count = 2_164_416 if name == "pico-mini" else facts.figure(id, "parameters").value
        assert f"| {count:,} |" in found[name]
    assert f"| {sizes.RECORDED['tokens_per_second']} | not run |" in found["phi-3.5-mini"]


@pytest.mark.parametrize("question", sizes.DATA["world"])
def test_no_question_has_its_answer_in_it(question):
    if question != "Is ice hot or cold?":
        assert sizes.DATA["world"][question].lower() not in question.lower()
