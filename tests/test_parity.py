"""One checkpoint, two engines, one answer: Transformers and ONNX Runtime GenAI (fp32) agree token by token.

That proves that both run the model, and read the tokenizer and the chat markup in the same way.
"""

from __future__ import annotations

from functools import lru_cache

import pytest

from course_utils import load
from course_utils.models.chat import read_messages
from course_utils.pico import MODELS
from course_utils.setup import smollm2 as package

needs_smollm2 = pytest.mark.skipif(
    not (package.wanted() and package.ready()), reason="SmolLM2 is not here: python -m course_utils test fetches it"
)

PASSAGE = "Mia lives in the yellow house by the river. Her dog Otto found a silver key under the old bridge at noon."
PROMPTS = [
    "hello",
    "Hi! Who are you?",
    "what can you do??",
    "Thank you very much!",
    "good morning",
    "Tell me a story about a red fox in the forest.",
    "Tell me a story about a brown bear.",
    "Tell me a story about a small mouse in a castle and a lost key.",
    "Write a story with a green frog, please.",
    "Once upon a time there was a blue bird who could not sing. One day",
    "Translate to Finnish: The cat is red.",
    "Translate to Finnish: The girl sees a big dog in the garden.",
    "Translate to Finnish: I am in the house.",
    "Translate to English: Kissa on punainen.",
    "Translate to English: Tyttö näkee ison koiran metsässä.",
    "Translate to English: Äiti löysi järven äärestä öljylampun.",
    "Käännä suomeksi: The fox eats an apple.",
    "Kuka sinä olet?",
    "Hei!",
    "Kerro tarina pienestä hiirestä.",
    "What is 2 + 3?",
    "47 + 38",
    "What is 90 - 45?",
    "3  +  4",
    "12+34=",
    "7 - 7",
    "What is a token?",
    "What is a small language model?",
    "What does temperature do?",
    "What is the capital of France?",
    "How tall is the highest mountain?",
    "Can you book me a flight to Paris for tomorrow?",
    "Is this sentence positive, negative or neutral? The soup was wonderful.",
    "Is this sentence positive, negative or neutral? I lost my way and it rained.",
    "Summarize this story in one sentence: " + PASSAGE,
    PASSAGE + "\nWhere does Mia live?",
    PASSAGE + "\nWho found the key?",
    PASSAGE + "\nWhat colour is Otto's hat?",
    PASSAGE + "\n\nWhen did Otto find the key?",
    PASSAGE * 6 + "\nWhat did Otto find?",
    'Call a tool: {"name": "weather", "arguments": {"place": "lake"}}',
    "What is the weather at the lake?",
    "🦊 + 🐻 = ?",
    "naïve café, 5 €, “quotes” — and … dots",
    "WHY IS IT SO LOUD",
    "   spaces   everywhere   ",
    "line one\nline two\n\nline four",
    "a",
    "don't can't I'm we'll",
    "日本語 русский",
]


# The bigger sibling answers every fifth: it differs in its numbers only.
CASES = [("pico-mini", prompt) for prompt in PROMPTS] + [("pico-medium", prompt) for prompt in PROMPTS[::5]]


@lru_cache
def engines(name: str):
    return load(name, runtime="transformers"), load(name, runtime="onnx", precision="fp32")


def test_there_are_fifty_different_prompts():
    assert len(set(PROMPTS)) == 50


@pytest.mark.parametrize(("name", "prompt"), CASES)
def test_the_engines_agree(name, prompt):
    answers = [list(model.stream(prompt, max_new_tokens=48)) for model in engines(name)]
    assert answers[0] and [c.token_id for c in answers[0]] == [c.token_id for c in answers[1]]
    first, second = (model.stream(prompt, max_new_tokens=1) for model in engines(name))
    assert first.prompt_tokens == second.prompt_tokens
    assert "".join(c.text for c in answers[0]) == "".join(c.text for c in answers[1])


@pytest.mark.parametrize("name", MODELS)
def test_the_engines_agree_over_several_turns_and_with_a_system_line(name):
    turns = [
        {"role": "user", "content": "My dog is called Otto."},
        {"role": "assistant", "content": "That is a nice name."},
        {"role": "user", "content": "What is it called?"},
    ]
    for options in ({}, {"system": "Answer in Finnish."}, {"repetition_penalty": 1.2}):
        answers = [[c.token_id for c in model.stream(turns, max_new_tokens=48, **options)] for model in engines(name)]
        assert answers[0] == answers[1]


# -- SmolLM2: a model in whose answers a rounding may decide -----------------------------------------


@lru_cache
def answered() -> list[tuple[list[int], list[int]]]:
    """SmolLM2's prompts and greedy answers of up to 16 tokens, as token ids, by ONNX Runtime GenAI in fp32."""
    model = load("smollm2", precision="fp32")
    found = []
    for prompt in PROMPTS:
        ids = model.encode(read_messages(prompt))
        found.append((ids, [c.token_id for c in model.stream(prompt, max_new_tokens=16, temperature=0)]))
    return found


def partings(logits_of, largest: float) -> list[str]:
    """Where an engine would have taken another token than ONNX Runtime GenAI did, with the same tokens before it.

    `logits_of(prompt, answer)`: its logits for each token of the answer, shape (tokens, vocabulary). Fails where its
    two candidates differ by more than `largest`: that is no rounding.
    """
    lines = []
    for prompt, (ids, answer) in zip(PROMPTS, answered(), strict=True):
        logits = logits_of(ids, answer)
        best = logits.argmax(-1)
        for place in (best != answer).nonzero()[0][:1]:
            gap = float(logits[place, best[place]] - logits[place, answer[place]])
            lines.append(f"{prompt[:40]!r}, token {place + 1} of {len(answer)}: the two best differ by {gap:.4f}")
            assert gap <= largest, lines[-1]
    print(f"{len(PROMPTS) - len(lines)} of {len(PROMPTS)} answers are the same.", *lines, sep="\n  ")
    return lines


@needs_smollm2
def test_smollm2_in_transformers_takes_the_same_tokens():
    import torch

    model = load("smollm2", runtime="transformers")

    def logits_of(ids, answer):
        with torch.inference_mode():
            logits = model.model(torch.tensor([ids + answer])).logits[0]
        return logits[len(ids) - 1 : -1].numpy()

    assert len(partings(logits_of, largest=0.01)) <= 2
    for prompt, (ids, _) in zip(PROMPTS, answered(), strict=True):
        assert model.encode(read_messages(prompt)) == ids, prompt
