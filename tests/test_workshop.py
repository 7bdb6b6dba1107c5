"""The workshop of notebook 08: the loop as a function, exams, perplexity, and the records that it shows."""

from __future__ import annotations

import ast
import json
import math
import random
from dataclasses import replace

import nbformat
import pytest
import torch
import train_workshop

from course_utils import ROOT
from course_utils.exercises import workshop
from course_utils.pico import textbook
from course_utils.pico.tokenizer import IGNORED, encode
from course_utils.pico.training.loop import micro_batches
from course_utils.pico.training.recipes import Recipe
from course_utils.pico.training.text import build_model

TINY = Recipe(hidden_size=32, heads=2, layers=1, intermediate_size=64)
NOTEBOOK = ROOT / "notebooks" / "08_build_your_own_slm.ipynb"


def test_who_trains_twice_gets_the_same_model():
    models = []
    for _ in range(2):
        model = build_model(TINY)
        bar = workshop.learn(model, textbook.draw, 3, samples=2, rate=1e-3)
        models.append(model)
    assert len(bar.losses) == 3
    assert all(torch.equal(a, b) for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True))


def test_the_loop_of_the_notebook_is_the_one_of_the_workshop():
    """The cell that shows the loop, with fewer steps and pages, against `learn` with the same pages."""
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    source = cells["08-train"].replace("hidden_size=96, layers=2", "hidden_size=32, layers=1").replace("200,", "3,")
    source = source.replace("k=16", "k=2").replace("(0, 5, 10, 20, 40, 80, 140)", "()")
    room: dict = {"answer_2": ...}
    exec("\n".join(line for line in cells["08-setup"].splitlines() if "exercises.e08" not in line), room)
    exec(source, room)
    theirs = build_model(replace(TINY, heads=4, intermediate_size=256))

    def pages(dice):
        if not line:
            kinds = dice.choices(("story", "fact", "sentiment"), (3, 1, 1), k=2)
            line.extend(textbook.draw(dice, "train", kind) for kind in kinds)
        return line.pop(0)

    line: list = []
    workshop.learn(theirs, pages, 3, samples=2, rate=6e-3)
    assert all(torch.allclose(a, b) for a, b in zip(room["baby"].parameters(), theirs.parameters(), strict=True))


@pytest.mark.parametrize("cut", [[100], [70, 30], [33, 33, 34]])
def test_perplexity_is_that_of_all_predicted_tokens(cut):
    """However the text is cut, it is e to the power of the summed loss over the number of predicted tokens."""
    model, tokens = build_model(TINY).eval(), [random.Random(1).randrange(2048) for _ in range(100)]
    pieces = [tokens[sum(cut[:n]) : sum(cut[: n + 1])] for n in range(len(cut))]
    total, count = 0.0, 0
    for piece in pieces:
        with torch.no_grad():
            chances = model(torch.tensor([piece])).logits[0].log_softmax(-1)
        total -= sum(float(chances[at, token]) for at, token in enumerate(piece[1:]))
        count += len(piece) - 1
    assert workshop.perplexity(model, pieces) == pytest.approx(math.exp(total / count), rel=1e-4)
    assert workshop.perplexity(model, [*pieces, [5], []]) == pytest.approx(workshop.perplexity(model, pieces))


def test_a_batch_counts_the_end_of_each_answer_and_no_filling():
    """The trap of models whose end and filling are one number: labels go by place."""
    rows = [([7, 8, 9, 2], [IGNORED, IGNORED, 9, 2]), ([5, 6, 2], [IGNORED, 6, 2])]
    [(_, labels, _)] = micro_batches(rows)
    assert sorted(labels.tolist()) == [[IGNORED, IGNORED, 9, 2], [IGNORED, 6, 2, IGNORED]]
    page = workshop.messages(1)[0]
    ids, own = encode(page, workshop.tokenizer())
    end = workshop.tokenizer().convert_tokens_to_ids("<|end|>")
    assert [label for token, label in zip(ids, own, strict=True) if token == end] == [IGNORED, end]


@pytest.mark.parametrize(
    "text", ["Hyvää yötä, 聪明 👩‍🚀!", "two  blanks\tand\r\nlines ", "<b>no mark</b>", "\x00", " a", "ﬁ"]
)
def test_a_home_made_tokenizer_gives_every_text_back(text):
    lessons = ["The fox sleeps in the forest.", "Kettu nukkuu metsässä."] * 20
    cutter = workshop.tokenizer().train_new_from_iterator(lessons, 300, show_progress=False)
    assert cutter.decode(cutter.encode(text)) == text


def test_messages_and_tickets():
    new, old = workshop.messages(50, "test"), workshop.messages(200)
    assert new == workshop.messages(50, "test") and len(set(page.answer for page in old)) > 150
    things = {split: {json.loads(page.answer)["thing"] for page in pages} for split, pages in (("a", old), ("b", new))}
    assert not things["a"] & things["b"]
    for page in old + new:
        ticket = json.loads(page.answer)
        assert str(ticket["room"]) in page.messages[0]["content"] and workshop.exact(page.answer, page)
        assert not workshop.exact(json.dumps(ticket | {"urgent": not ticket["urgent"]}), page)
    assert not workshop.exact("a fridge", new[0]) and not workshop.exact("{}", new[0])


def test_the_records_are_whole_and_say_where_they_come_from():
    kept = workshop.records()
    assert set(kept["provenance"]) == {"script", "machine", "date"}
    assert (ROOT / kept["provenance"]["script"]).exists()
    assert {name.rpartition("/")[0] for name in train_workshop.cases()} == {
        name.rpartition("/")[0] for name in kept["records"]
    }
    assert set(kept["records"]) <= set(train_workshop.cases())


def test_nothing_touches_a_gpu_that_is_not_there():
    """`torch.cuda` and `torch.mps` are used only where somebody has asked whether they are there."""
    sources = {str(path): path.read_text(encoding="utf-8") for path in (ROOT / "course_utils").rglob("*.py")}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources |= {f"{path.name}:{cell.id}": cell.source for cell in cells if cell.cell_type == "code"}
    asked = {}
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            inner = getattr(node, "value", None)
            if isinstance(node, ast.Attribute) and isinstance(inner, ast.Attribute) and inner.attr in ("cuda", "mps"):
                if node.attr not in ("is_available", "is_built") and f"{inner.attr}.is_available()" not in source:
                    asked[name] = ast.unparse(node)
    assert asked == {}


def test_the_best_line_is_the_best():
    said = [workshop.Said("", sure, right) for sure, right in ((0.2, False), (0.5, True), (0.6, False), (0.9, True))]
    line, wrong = workshop.best_line(said)
    assert wrong == 1 and 20 < line <= 90
    assert workshop.gap([90, 80, 70, 60, 10, 20, 30, 40]) == 50
