"""What notebook 08 uses besides what it teaches: its training loop as a function, the messages of a hotel, exams.

`learn` is the loop that the notebook shows, with the knobs of the later sections. Whoever trains twice with the same
arguments gets the same model: each training draws from its own dice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..models.onnx_model import genai
from ..pico import folder, textbook
from ..pico.evaluate import Examinee, right
from ..pico.tokenizer import encode
from ..pico.training.loop import backward, optimizers, step
from ..show.training_bar import Training

RECORDS = Path(__file__).with_name("workshop.json")
ROWS = json.loads(Path(__file__).with_name("night_desk.json").read_text(encoding="utf-8"))
TASK = 'Turn the message into a JSON object with three keys: "room" (a number), "thing" (what is broken) and "urgent" '
TASK += "(true or false). Write only the JSON."
SKILLS = ("translate", "sum", "fact", "story", "smalltalk", "sentiment", "passage", "tool", "outside", "word")


def records() -> dict:
    """What was trained beforehand for notebook 08, by tests/train_workshop.py: curves and scores, with their origin."""
    return json.loads(RECORDS.read_text(encoding="utf-8"))


# ---- models


@cache
def tokenizer():
    """The tokenizer of the pico models."""
    return AutoTokenizer.from_pretrained(folder("pico-mini"))


def pico(name: str = "pico-mini"):
    """A fresh copy of a course model, to train."""
    return AutoModelForCausalLM.from_pretrained(folder(name), dtype=torch.float32)


def write(model, asked: str, most: int = 60) -> str:
    """What a pico model answers, always with the likeliest token."""
    prompt = [{"role": "user", "content": asked}]
    ids = tokenizer().apply_chat_template(prompt, add_generation_prompt=True, return_tensors="pt")
    how = {"do_sample": False, "max_new_tokens": most, "max_length": None, "pad_token_id": 0}
    out = model.eval().generate(**ids, **how)
    return tokenizer().decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)


def learn(model, draw: Callable, steps: int, samples: int = 24, rate: float = 2e-3, title: str = "", **more) -> Training:
    """Train `model` on what `draw(rng)` returns: `samples` pages a step. Further arguments: `gradients`, `cut`."""
    gradients = more.get("gradients", backward)
    cut = more.get("cut", partial(encode, tokenizer=tokenizer()))
    rng, bar, helpers = random.Random(more.get("seed", 1)), Training(steps, title), optimizers(model, rate, rate)
    for number in bar:
        model.train()
        bar.loss(gradients(model, [cut(draw(rng)) for _ in range(samples)]))
        step(model, helpers, min(1, (number + 1) / 10, (steps - number) / (0.4 * steps)))
    model.eval()
    return bar


def exam(count: int, skills=SKILLS, seed: int = 8) -> dict[str, list]:
    """`count` held-out pages of each skill."""
    return {skill: [_page(random.Random(f"{seed}/{skill}/{n}"), skill) for n in range(count)] for skill in skills}


def _page(rng: random.Random, skill: str):
    return textbook.introduce(textbook.draw(rng, "test", skill), "pico-mini")


def score(model, pages: dict[str, list]) -> dict[str, float]:
    """The share of right answers in each skill of an exam, from 0 to 1."""
    everything = [page for group in pages.values() for page in group]
    answers = iter(Examinee(model, tokenizer()).answer([list(page.messages[:-1]) for page in everything]))
    return {skill: sum(right(page, next(answers)) for page in group) / len(group) for skill, group in pages.items()}


# ---- the night desk


def ticket_page(rng: random.Random, split: str = "train") -> textbook.Sample:
    """A guest's message and its ticket. "test": things and wordings that "train" never shows."""
    room, thing, urgent = rng.randrange(100, 600), rng.choice(ROWS["things"][split]), rng.random() < 0.5
    said = rng.choice(ROWS["told"][split]).format(room, thing)
    said += " " + rng.choice(ROWS["now" if urgent else "later"][split])
    return textbook.chat("ticket", said, json.dumps({"room": room, "thing": thing, "urgent": urgent}))


def messages(count: int, split: str = "train") -> list[textbook.Sample]:
    """So many messages; the same ones each time."""
    rng = random.Random(f"{split}/50")
    return [ticket_page(rng, split) for _ in range(count)]


def exact(answer: str, page) -> bool:
    """Whether a ticket is right in all three entries."""
    with suppress(ValueError):
        return json.loads(answer) == json.loads(page.answer)
    return False


def tickets(model, pages, before=()) -> tuple[list[str], float]:
    """What an ONNX model writes from { to }, for each message, and how many tokens it reads for one. `before`: turns
    that stand in front of each; what all prompts share is read once."""
    asked = [json.dumps([*before, page.messages[0]]) for page in pages]
    prompts = [model.tokenizer.apply_chat_template(turns, add_generation_prompt=True) for turns in asked]
    prompts = [model.tokenizer.encode(prompt) for prompt in prompts]
    shared = next(n for n, tokens in enumerate(zip(*prompts, strict=False)) if len(set(tokens)) > 1)
    params, answers = genai().GeneratorParams(model.model), []
    params.set_search_options(max_length=max(map(len, prompts)) + 40, do_sample=False)
    generator = genai().Generator(model.model, params)
    generator.append_tokens(prompts[0][:shared])
    for prompt in prompts:
        generator.rewind_to(shared)
        generator.append_tokens(prompt[shared:])
        text, stream = "", model.tokenizer.create_stream()
        while "}" not in text and not generator.is_done():
            generator.generate_next_token()
            text += stream.decode(generator.get_next_tokens()[0])
        answers.append("{" + text.partition("{")[2].partition("}")[0] + "}")
    return answers, sum(map(len, prompts)) / len(prompts)
