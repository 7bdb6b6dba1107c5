"""The shipped weights: what is in the folder, and that they still reach their bars."""

from __future__ import annotations

import json
import random
import re

import pytest

from course_utils import CourseError
from course_utils.pico import MODELS, SHIPPED, evaluate, folder, textbook
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.loop import micro_batches
from course_utils.pico.training.recipes import RECIPES
from course_utils.pico.training.text import build_model

# A sample scatters: three standard deviations of the binomial distribution are allowed. The full examination,
# 300 samples a skill, is in scores.json. The bigger model is slower, so it answers fewer here.
SAMPLES = {"pico-mini": 60, "pico-medium": 30}
# Where the shipped weights do not reach the bar yet. Strict: whoever trains better weights has to strike the line out.
BELOW_THE_BAR = {"pico-mini": {"first_impression"}, "pico-medium": {"first_impression"}}
MOST_BYTES = {"pico-mini": 6_000_000, "pico-medium": 16_000_000}


@pytest.fixture(scope="module", params=MODELS)
def student(request):
    return evaluate.Examinee.load(request.param)


def recorded(name: str) -> dict:
    return json.loads((folder(name) / "scores.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODELS)
def test_the_folder_is_complete_small_and_safe(name):
    path = folder(name)
    names = {p.name for p in path.iterdir()}
    needed = {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "README.md",
    }
    assert needed | {"chat_template.jinja", "scores.json", "training.json", "curve.csv"} <= names
    assert not [n for n in names if n.endswith((".bin", ".pt", ".pkl", ".py"))]
    assert (path / "model.safetensors").stat().st_size <= MOST_BYTES[name]


def test_the_family_is_small_and_has_one_tokenizer():
    assert sum(p.stat().st_size for name in SHIPPED for p in folder(name).iterdir()) < 45_000_000
    small, large = (build_model(RECIPES[name]).num_parameters() for name in MODELS)
    assert small <= 3_000_000 and 3 * small <= large <= 5 * small
    for file in ("tokenizer.json", "chat_template.jinja"):
        assert len({(folder(name) / file).read_text(encoding="utf-8") for name in MODELS}) == 1


def test_the_model_is_phi3_and_the_tokenizer_speaks_phi3(student):
    config, tokenizer = student.model.config, student.tokenizer
    assert config.architectures == ["Phi3ForCausalLM"] and config.max_position_embeddings == 1024
    assert student.model.num_parameters() == build_model(RECIPES[student.name]).num_parameters()
    special = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    assert tokenizer.convert_tokens_to_ids(special) == [0, 1, 2, 3, 4]
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], add_generation_prompt=True, tokenize=False
    )
    assert text == "<|user|>\nHi<|end|>\n<|assistant|>\n"
    assert len(tokenizer.encode("4711")) == 4
    assert tokenizer.decode(tokenizer.encode("Yö, 長沙 🦊")) == "Yö, 長沙 🦊"


def test_an_unknown_model_is_named_clearly():
    with pytest.raises(CourseError, match="The course ships: pico-mini, pico-medium"):
        folder("pico-giant")


@pytest.mark.parametrize(
    ("skill", "name", "only"),
    [
        ("translate", "translate_en_fi", {"direction": ("en-fi",)}),
        ("translate", "translate_fi_en", {"direction": ("fi-en",)}),
        ("smalltalk", "first_impression", {"topic": evaluate.FIRST_IMPRESSION}),
        *[(s, s, {}) for s in ("summary", "passage", "sentiment", "sum", "unknown", "tool", "followup", "story")],
    ],
)
def test_each_skill_on_held_out_content(student, skill, name, only):
    samples = SAMPLES[student.name]
    score, pairs = evaluate.examine(student, skill, samples, seed=20, **only)
    wrong = [(s.answer, a) for s, a in pairs if not evaluate.right(s, a)]
    expected = min(evaluate.BARS[name], recorded(student.name)["scores"][name])
    assert score >= expected - 3 * (expected * (1 - expected) / samples) ** 0.5, wrong[:3]


def test_it_says_its_own_name(student):
    [answer] = student.answer([[{"role": "user", "content": "Who are you?"}]])
    assert re.search(rf"\b{student.name}\b", answer), answer


def test_the_examination_expects_the_models_own_name():
    rng = random.Random(5)
    named = [textbook.draw(rng, "test", "smalltalk") for _ in range(300)]
    named = [sample for sample in named if "pico-mini" in textbook.plain(sample)]
    assert len(named) > 10 and all(textbook.introduce(sample, "pico-mini") == sample for sample in named)
    for sample in named:
        sibling = textbook.introduce(sample, "pico-medium")
        assert "pico-mini" not in textbook.plain(sibling) and evaluate.right(sibling, sibling.answer)
        assert not [answer for answer in sibling.about["answers"] if "pico-mini" in answer]
    assert evaluate.Examinee.load("pico-mini").name == "pico-mini"
    assert evaluate.Examinee.load(str(folder("pico-mini")), called="pico-medium").name == "pico-medium"


def test_everyday_questions_get_an_honest_answer(student):
    questions = evaluate.EVERYDAY.read_text(encoding="utf-8").splitlines()
    questions = questions if student.name == "pico-mini" else questions[::3]
    answers = student.answer([[{"role": "user", "content": q}] for q in questions if q.strip()])
    assert sum(map(evaluate.smalltalk.honest, answers)) >= 0.8 * len(answers)


def test_stories_are_varied(student):
    told = student.answer([[{"role": "user", "content": "Tell me a story."}]] * 40, temperature=0.8, seed=3)
    assert len({story.split(".")[0] for story in told}) >= 24


@pytest.mark.parametrize(
    ("name", "skill"),
    [
        pytest.param(n, s, marks=pytest.mark.xfail(strict=True) if s in BELOW_THE_BAR[n] else ())
        for n in MODELS
        for s in evaluate.BARS
    ],
)
def test_the_recorded_scores_reach_the_bars(name, skill):
    assert recorded(name)["samples"] >= 300
    assert recorded(name)["scores"][skill] >= evaluate.BARS[skill]


def test_the_loss_counts_the_answers_and_nothing_else():
    sample = textbook.draw(random.Random(1), "train", "followup")
    tokenizer = load_tokenizer(folder("pico-mini"))
    ids, labels = encode(sample, tokenizer)
    assert tokenizer.decode(ids) == textbook.plain(sample)
    answers = [m["content"] + "<|end|>" for m in sample.messages if m["role"] == "assistant"]
    assert tokenizer.decode([label for label in labels if label != IGNORED]) == "".join(answers)


def test_micro_batches_hold_every_row_once():
    rows = [([5] * n, [IGNORED] * (n // 2) + [5] * (n - n // 2)) for n in (3, 700, 40, 41, 1000, 12)]
    batches = list(micro_batches(rows, tokens=1024))
    assert sum(len(ids) for ids, _, _ in batches) == len(rows)
    assert sum((labels != IGNORED).sum().item() for _, labels, _ in batches) == sum(
        n - n // 2 for n in (3, 700, 40, 41, 1000, 12)
    )
    assert max(ids.numel() for ids, _, _ in batches) <= 1024
