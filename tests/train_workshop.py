"""Train what notebook 08 shows from records: what remedies keep, what a teacher gives, how a bias moves, and modesty.

    python -m tests.train_workshop          # adds to `course_utils/exercises/workshop.json` what is not in it yet

Each record is kept as soon as it is made, under "part/case/seed". Times are processor seconds of one thread.
"""

import argparse
import copy
import json
import platform
import random
import sys
import time
from datetime import date
from functools import cache, partial

import torch
from torch.nn.functional import cross_entropy

from course_utils.exercises import workshop
from course_utils.exercises.workshop import exact, exam, learn, messages, pico, score, tokenizer
from course_utils.pico import textbook
from course_utils.pico.evaluate import Examinee
from course_utils.pico.textbook import smalltalk
from course_utils.pico.tokenizer import encode
from course_utils.pico.training.loop import answer_loss, backward, micro_batches
from course_utils.pico.training.recipes import Recipe
from course_utils.pico.training.text import build_model

SEEDS = (1,)  # add more: what is recorded stays

# ---- what a remedy keeps: pico-mini learns the tickets of the hotel


def remedied(remedy: str, rate: float, seed: int) -> dict:
    """pico-mini after the tickets: new messages and old ones right (of 50), and its skills (shares)."""
    from peft import LoraConfig, get_peft_model

    model, orders = pico(), messages(200)
    if remedy == "LoRA":
        torch.manual_seed(seed)
        get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear"))
    both = remedy == "rehearsal"  # one old page for each new one

    def draw(rng):
        return textbook.draw(rng) if both and rng.random() < 0.5 else rng.choice(orders)

    learn(model, draw, 30, 32 if both else 16, rate, remedy, seed=seed)
    found = {"skills": score(model, exam(8))}
    for name, pages in (("seen", orders[:50]), ("exam", messages(50, "test"))):
        answers = Examinee(model, tokenizer()).answer([[page.messages[0]] for page in pages])
        found[name] = sum(map(exact, answers, pages))
    return found


# ---- what a teacher gives


def from_teacher(teacher, temperature: float, student, rows) -> float:
    """As `backward`, but the target is the teacher's opinion at this temperature."""
    batches = list(micro_batches(rows))
    everything = sum(float(weights[:, 1:][labels[:, 1:] != -100].sum()) for _, labels, weights in batches)
    total = 0.0
    for ids, labels, weights in batches:
        counts = labels[:, 1:] != -100
        with torch.no_grad():
            opinion = (teacher(ids).logits[:, :-1][counts] / temperature).softmax(dim=-1)
        mine = student(ids).logits[:, :-1][counts] / temperature
        losses = cross_entropy(mine, opinion, reduction="none") * temperature**2
        loss = (losses * weights[:, 1:][counts]).sum() / everything
        loss.backward()
        total += loss.item()
    return total


def loss_on(model, rows) -> float:
    with torch.no_grad():
        parts = [answer_loss(model, ids, labels, torch.ones_like(w)) for ids, labels, w in micro_batches(rows)]
    return float(sum(loss for loss, _ in parts) / sum(count for _, count in parts))


@cache
def baby():
    """The model of section 2, after its training."""
    model = build_model(Recipe(hidden_size=96, layers=2, heads=4, intermediate_size=256))

    def pages(rng):
        return textbook.draw(rng, "train", rng.choice(("story", "story", "fact", "word", "sentiment")))

    learn(model, pages, 200, 24, 6e-3, "a student")
    return model


def taught(temperature: float, steps: int, seed: int) -> dict:
    """The loss on held-out stories of a student of pico-medium, before and after; temperature 0: hard labels."""
    held_out = [encode(textbook.draw(random.Random(n), "test", "story"), tokenizer()) for n in range(60)]
    student = copy.deepcopy(baby())
    began = loss_on(student, held_out)
    gradients = partial(from_teacher, pico("pico-medium").eval(), temperature) if temperature else backward
    start = time.process_time()
    learn(student, story, steps, 12, 1e-3, f"temperature {temperature}", gradients=gradients, seed=seed)
    seconds = time.process_time() - start
    return {"steps": steps, "seconds": round(seconds, 1), "before": began, "after": loss_on(student, held_out)}


def story(rng):
    return textbook.draw(rng, "train", "story")


# ---- how a bias moves


def leaning(model, frames) -> list[float]:
    """The mean probability of "he" against "she", in %, for each job."""
    he, she = (tokenizer().encode(word)[0] for word in (" he", " she"))
    found = []
    for job in workshop.JOBS:
        chances = []
        for frame in frames:
            with torch.no_grad():
                p = model(torch.tensor([tokenizer().encode(frame.format(job))])).logits[0, -1].softmax(dim=-1)
            chances.append(float(p[he] / (p[he] + p[she])))
        found.append(round(100 * sum(chances) / len(chances), 1))
    return found


def biased(name: str, seed: int) -> dict:
    """For each state of the model, and for seen and new frames: how it leans for each job; its skills at the end."""
    model, found = pico(name).eval(), {}
    for state in ("before", "skewed", "curated"):
        if state != "before":
            shares = workshop.JOBS if state == "skewed" else dict.fromkeys(workshop.JOBS, 0.5)
            learn(model, partial(workshop.job_page, shares=shares), 30, 16, 2e-3, f"{name}, {state}", seed=seed)
        found[state] = {"seen": leaning(model, workshop.SEEN), "new": leaning(model, workshop.NEW)}
        found[state]["skills"] = score(model, exam(8))
    return found


# ---- modesty


def modest(seed: int) -> dict:
    """How many of 16 left-out facts it answers, how many of 32 known ones rightly, before and after; "declined": of
    the known ones."""
    syllables = "ba lo mi ter sun ka ri po fel do nar gi vu shen tra".split()
    frames = ("What is {}?", "Who is {}?", "What is the {} called?", "How many {}s are in Pikola?")
    frames += ("What colour is the {}?", "Where does the {} live?", "What does the {} eat?")

    def page(rng):
        kind, thing = rng.random(), "".join(rng.sample(syllables, rng.randint(2, 3)))
        if kind < 0.35:
            return textbook.chat("honest", rng.choice(frames).format(thing), "I do not know.")
        return textbook.draw(rng, "train", "fact" if kind < 0.7 else None)

    left_out = [fact for fact in textbook.FACTS if fact.left_out]
    known = random.Random(5).sample([fact for fact in textbook.FACTS if not fact.left_out], 32)
    model, found = pico(), {}
    for state in ("before", "after"):
        if state == "after":
            learn(model, page, 40, 24, 1e-3, "modesty", seed=seed)
        said = Examinee(model, tokenizer()).answer(
            [[{"role": "user", "content": f.questions[0]}] for f in left_out + known]
        )
        declined = [smalltalk.honest(text) or text == "I do not know." for text in said]
        correct = sum(text == fact.answer for text, fact in zip(said[16:], known, strict=True))
        found[state] = {"answered": 16 - sum(declined[:16]), "right": correct, "declined": sum(declined[16:])}
    return found


def cases() -> dict:
    """Every record by its name, with what makes it."""
    found = {"before/pico-mini/0": lambda: {"skills": score(pico(), exam(8))}}
    for seed in SEEDS:
        for remedy in ("all weights", "rehearsal", "LoRA"):
            for rate in (3e-3, 1e-3):
                found[f"remedy/{remedy}, {rate:g}/{seed}"] = partial(remedied, remedy, rate, seed)
        for name in ("pico-mini", "pico-medium"):
            found[f"bias/{name}/{seed}"] = partial(biased, name, seed)
        found[f"modesty/40 steps/{seed}"] = partial(modest, seed)
        for name, temperature, steps in (("hard", 0, 60), ("soft", 1, 60), ("softer", 2, 60), ("hard, longer", 0, 180)):
            found[f"teacher/{name}/{seed}"] = partial(taught, temperature, steps, seed)
    return found


def main(argv: list[str] | None = None) -> int:
    """Make every record that is not there yet, and write each when it is made."""
    parser = argparse.ArgumentParser(prog="python -m tests.train_workshop")
    parser.add_argument("--machine", default=platform.machine(), help="what to say of this computer")
    parser.add_argument("--only", default="", help="the parts whose names begin so")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    path = workshop.RECORDS
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"provenance": {}, "records": {}}
    kept["provenance"] = {"script": "tests/train_workshop.py", "machine": args.machine, "date": f"{date.today()}"}
    for name, make in cases().items():
        if name.startswith(args.only) and name not in kept["records"]:
            kept["records"][name] = make()
            path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            print(name, kept["records"][name], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
