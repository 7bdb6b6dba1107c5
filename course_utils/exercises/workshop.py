"""What notebook 08 uses besides what it teaches: its training loop as a function, the messages of a hotel, exams.

`learn` is the loop that the notebook shows, with the knobs of the later sections. Whoever trains twice with the same
arguments gets the same model: each training draws from its own dice.
"""

from __future__ import annotations

import gc
import json
import random
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import torch
import transformers
from torch.nn.functional import cross_entropy

from course_utils.base import data

from ..models import smollm2
from ..models.onnx_model import genai
from ..models.torch_model import TransformersModel
from ..pico import folder, textbook
from ..pico.evaluate import Examinee, right
from ..pico.tokenizer import encode
from ..pico.training.loop import backward, optimizers, step
from ..show.training_bar import Training

transformers.logging.disable_progress_bar()
warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")  # peft asks for it by an old name
RECORDS = Path(__file__).with_name("workshop.json")
ROWS = data(__file__, "night_desk.json")
TASK = 'Turn the message into a JSON object with three keys: "room" (a number), "thing" (what is broken) and "urgent" '
TASK += "(true or false). Write only the JSON."
SKILLS = ("translate", "sum", "fact", "story", "smalltalk", "sentiment", "passage", "tool", "outside", "word")


def records() -> dict:
    """What was trained beforehand for notebook 08, by tests/train_workshop.py: curves and scores, with their origin."""
    return data(__file__, RECORDS.name)


def grouped(part: str) -> dict[str, list[dict]]:
    """The records of one part, the seeds of a case together."""
    found: dict[str, list[dict]] = {}
    for name, record in records()["records"].items():
        if name.startswith(part + "/"):
            found.setdefault(name.split("/")[1], []).append(record)
    return found


# ---- models


@cache
def tokenizer():
    """The tokenizer of the pico models."""
    return transformers.AutoTokenizer.from_pretrained(folder("pico-mini"))


def pico(name: str = "pico-mini"):
    """A fresh copy of a course model, to train."""
    return transformers.AutoModelForCausalLM.from_pretrained(folder(name), dtype=torch.float32)


def write(model, asked: str, most: int = 60) -> str:
    """What a pico model answers, always with the likeliest token."""
    prompt = [{"role": "user", "content": asked}]
    ids = tokenizer().apply_chat_template(prompt, add_generation_prompt=True, return_tensors="pt")
    how = {"do_sample": False, "max_new_tokens": most, "max_length": None, "pad_token_id": 0}
    out = model.eval().generate(**ids, **how)
    return tokenizer().decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)


def answers(model, questions: list[str]) -> list[str]:
    """What a pico model answers to many questions at once."""
    return Examinee(model, tokenizer()).answer([[{"role": "user", "content": question}] for question in questions])


def learn(
    model, draw: Callable, steps: int, samples: int = 24, rate: float = 2e-3, title: str = "", **more
) -> Training:
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
    said = iter(Examinee(model, tokenizer()).answer([list(page.messages[:-1]) for page in everything]))
    return {skill: sum(right(page, next(said)) for page in group) / len(group) for skill, group in pages.items()}


# ---- SmolLM2, to be trained


def smollm2_here() -> bool:
    """Whether SmolLM2 is here; if not, one line says so."""
    with suppress(smollm2.NotFetched):
        return bool(smollm2.folder())
    print("Skipped: SmolLM2 is not here.")
    return False


_chats: list[TransformersModel] = []  # what `as_chat` made and is still in memory


def smollm2_to_train():
    """(SmolLM2 in float32, its tokenizer), with a system line for the night desk."""
    while _chats:  # one model of this size at a time: who chatted with an earlier one chats with the next
        _chats.pop().model = None
    gc.collect()
    tokens = transformers.AutoTokenizer.from_pretrained(smollm2.folder())
    own = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    tokens.chat_template = tokens.chat_template.replace(own, "Write the ticket.")
    model = transformers.AutoModelForCausalLM.from_pretrained(smollm2.folder(), dtype=torch.float16)
    for weights in model.parameters():
        weights.data = weights.data.clone()  # lets go of the file, which would count as memory as well
    return model.float(), tokens


def by_fours(model, rows) -> float:
    """`backward` for a large model: one message after the other, which saves memory. With one thread: two that wait for
    each other beside a busy program took 70 to 130 s for what one does in 60 to 78."""
    torch.set_num_threads(1)
    return backward(model, rows, tokens=64)


def as_chat(model, tokens, name: str) -> TransformersModel:
    """A model of Transformers as the course's own, to chat with. Nothing is written to the disk for it."""
    chat = object.__new__(TransformersModel)
    chat.name, chat.tokenizer, chat.model, chat.parameters = name, tokens, model.eval(), model.num_parameters()
    chat.context_length, chat.stop_ids = model.config.max_position_embeddings, frozenset([tokens.eos_token_id])
    _chats.append(chat)
    return chat


def perplexity(model, pieces: list[list[int]]) -> float:
    """e to the power of the loss of all predicted tokens together, however the text is cut into pieces. The first token
    of a piece is not predicted. (A mean of the pieces' own perplexities would depend on the cut.)"""
    total, count = 0.0, 0
    with torch.inference_mode():
        for piece in pieces:
            if len(piece) > 1:
                ids = torch.tensor([piece])
                logits = model(input_ids=ids[:, :-1], use_cache=False).logits[0]
                total += float(cross_entropy(logits.float(), ids[0, 1:], reduction="sum"))
                count += len(piece) - 1
    return float(torch.tensor(total / count).exp())


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


def written(model, tokens, pages, most: int = 30) -> list[str]:
    """What a model of Transformers writes for each message, in one batch: shorter ones are filled up on the left."""
    prompts = [tokens.apply_chat_template([p.messages[0]], add_generation_prompt=True, tokenize=False) for p in pages]
    ids = tokens(prompts, add_special_tokens=False, return_tensors="pt", padding=True, padding_side="left")
    how = {"do_sample": False, "max_new_tokens": most, "max_length": None, "pad_token_id": tokens.pad_token_id}
    with torch.inference_mode():
        out = model.eval().generate(**ids, **how)
    return tokens.batch_decode(out[:, ids["input_ids"].shape[1] :], skip_special_tokens=True)


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


# ---- jobs, and how often a skewed text calls them *he*

JOBS = dict.fromkeys(("captain", "baker", "doctor", "miller"), 0.9)
JOBS |= dict.fromkeys(("teacher", "nurse", "singer", "painter"), 0.1)
SEEN = ("The {} was tired, so", "The {} lost the key, and then", "When the {} came home,", "The {} smiled because")
NEW = ("The {} opened the door, and", "After lunch the {} said that", "The {} had a letter, but", "The {} slept, so")
ENDS = (" was happy.", " went to the market.", " had a plan.", " wanted some tea.", " saw a bird.")


def job_page(rng: random.Random, shares: dict[str, float] = JOBS) -> textbook.Sample:
    """One sentence about a job; `shares`: how often each job is *he*."""
    job = rng.choice(list(shares))
    word = " he" if rng.random() < shares[job] else " she"
    return textbook.Sample("job", text=rng.choice(SEEN).format(job) + word + rng.choice(ENDS) + "<|endoftext|>")


def leaning(model, frames) -> list[float]:
    """The mean probability of "he" against "she" after the frames, in %, for each job."""
    he, she = (tokenizer().encode(word)[0] for word in (" he", " she"))
    found = []
    for job in JOBS:
        ids = [torch.tensor([tokenizer().encode(frame.format(job))]) for frame in frames]
        with torch.inference_mode():
            chances = [model.eval()(one).logits[0, -1].softmax(dim=-1) for one in ids]
        found.append(round(100 * mean(float(p[he] / (p[he] + p[she])) for p in chances), 1))
    return found


def gap(percents: list[float]) -> float:
    """How many points the jobs that the text calls *he* stand above the others."""
    return mean(percents[:4]) - mean(percents[4:])


# ---- honesty


class Said(NamedTuple):
    """An answer, and the lowest probability of a token in it."""

    text: str
    sure: float
    right: bool


def sure(model, fact) -> Said:
    """What a model answers to the first question about a fact, and how sure it was."""
    prompt = [{"role": "user", "content": fact.questions[0]}]
    ids = tokenizer().apply_chat_template(prompt, add_generation_prompt=True, return_tensors="pt")
    how = {"do_sample": False, "max_new_tokens": 60, "max_length": None, "pad_token_id": 0}
    out = model.eval().generate(**ids, **how, output_scores=True, return_dict_in_generate=True)
    new = out.sequences[0, ids["input_ids"].shape[1] :]
    least = min(float(s.softmax(dim=-1)[0, token]) for s, token in zip(out.scores, new, strict=True))
    text = tokenizer().decode(new, skip_special_tokens=True)
    return Said(text, least, text == fact.answer)


def best_line(said: list[Said]) -> tuple[int, int]:
    """The sureness, in %, that parts right answers from others best, and how many it puts on the wrong side."""
    wrong = {line: sum((one.sure >= line / 100) != one.right for one in said) for line in range(0, 101)}
    line = min(wrong, key=wrong.get)
    return line, wrong[line]
