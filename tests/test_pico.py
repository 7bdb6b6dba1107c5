"""The shipped weights: what is in the folder, and that they still reach their bars."""

from __future__ import annotations

import random
import re

import pytest
import torch

from course_utils import CourseError
from course_utils.pico import MODELS, SHIPPED, evaluate, folder, records, textbook
from course_utils.pico.textbook import smalltalk
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.loop import micro_batches
from course_utils.pico.training.recipes import RECIPES
from course_utils.pico.training.text import build_model
from tests import examine

# The examination on the cards has 300 samples a skill. So many of its first ones are asked again here; the bigger model
# is slower, so it answers fewer.
SAMPLES = {"pico-mini": 60, "pico-medium": 30}
MOST_BYTES = {"pico-mini": 6_000_000, "pico-medium": 16_000_000}


@pytest.fixture(scope="module", params=MODELS)
def student(request):
    return evaluate.Examinee.load(request.param)


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


def test_the_family_is_small():
    assert sum(p.stat().st_size for name in SHIPPED for p in folder(name).iterdir()) < 45_000_000
    small, large = (build_model(RECIPES[name]).num_parameters() for name in MODELS)
    assert small <= 3_000_000 and 3 * small <= large <= 5 * small


def test_all_models_have_one_tokenizer():
    assert len({(folder(name) / "tokenizer.json").read_bytes() for name in SHIPPED}) == 1


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


def test_no_template_loses_the_system_message(student):
    chat = [{"role": "system", "content": "Answer in Finnish."}, {"role": "user", "content": "hello"}]
    prompt = student.tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert prompt == "<|system|>\nAnswer in Finnish.<|end|>\n<|user|>\nhello<|end|>\n<|assistant|>\n"


def test_a_streamer_shows_whole_letters_only(student):
    from transformers import TextIteratorStreamer

    text = "sää 長沙 👩‍🚀 fox"
    streamer = TextIteratorStreamer(student.tokenizer)
    for token in student.tokenizer(text)["input_ids"]:
        streamer.put(torch.tensor([token]))
    streamer.end()
    pieces = list(streamer)
    assert "".join(pieces) == text and "\ufffd" not in "".join(pieces)


@pytest.mark.parametrize("window", [None, 16])
def test_the_cache_changes_no_token_at_the_edge_of_a_window_or_of_the_context(window):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder("pico-mini"), dtype=torch.float32)
    model.config.sliding_window = window
    edge = window or model.config.max_position_embeddings
    for length in (edge - 1, edge, edge + 1, *([2 * edge] if window else [])):
        ids = torch.randint(5, 2048, (1, length), generator=torch.Generator().manual_seed(length))
        wish = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "max_new_tokens": 3, "do_sample": False}
        assert torch.equal(model.generate(**wish, use_cache=False), model.generate(**wish)), length
        half = length // 2
        with torch.no_grad():  # read in two pieces, as a chat does
            cache = model(ids[:, :half]).past_key_values
            pieces, whole = model(ids[:, half:], past_key_values=cache), model(ids)
        assert torch.allclose(pieces.logits[0, -1], whole.logits[0, -1], atol=1e-3), length


def test_an_unknown_model_is_named_clearly():
    with pytest.raises(CourseError, match="The course ships: pico-mini, pico-medium"):
        folder("pico-giant")


@pytest.mark.parametrize(
    ("skill", "name", "only"),
    [(skill, name, only) for name, (skill, only) in examine.EXAMS.items() if name in examine.BARS],
)
def test_each_skill_on_held_out_content(student, skill, name, only):
    """The first questions of the recorded examination: of these, no more may go wrong than of all then, and one."""
    exam, samples = records.scores(student.name), SAMPLES[student.name]
    score, pairs = examine.examine(student, skill, samples, exam["seed"], **only)
    wrong = [(s.answer, a) for s, a in pairs if not evaluate.right(s, a)]
    recorded = exam["scores"][name]
    assert len(wrong) == round((1 - score) * samples) <= round((1 - recorded) * exam["samples"]) + 1, wrong[:3]
    spread = (recorded * (1 - recorded) / samples) ** 0.5
    assert score >= recorded - 3 * spread - 1 / samples, wrong[:3]


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
    questions = smalltalk.EVERYDAY_200.read_text(encoding="utf-8").splitlines()
    questions = questions if student.name == "pico-mini" else questions[::3]
    lies = examine.dishonest(student, dict.fromkeys(questions, ""))
    assert len(lies) / len(questions) <= 1 - records.scores(student.name)["scores"]["everyday"] + 0.04, lies


def test_stories_are_varied(student):
    told = student.answer([[{"role": "user", "content": "Tell me a story."}]] * 40, temperature=0.8, seed=3)
    assert len({story.split(".")[0] for story in told}) >= 24


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
