"""The night desk of Hotel Lumi, finished: what a learner has at the end of notebook 10, and the data of that lesson.

    desk = Desk(open_writer())
    desk.answer("The kettle in 312 is dead. No rush.")  # {"kind": "ticket", "text": "Filed: ...", "ticket": {...}}
    desk.answer("Is there a pool?")                     # {"kind": "answer", "text": "...", "source": "pool"}
    desk.answer("Who wrote Hamlet?")                    # {"kind": "refuse", "text": "I am the night desk. ..."}

Three parts, each with one job: MiniLM says what a message is near to, SmolLM2 with the adapter of notebook 08 writes
the ticket, and plain Python checks it. What a guest reads about the hotel is a sentence that a person wrote.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import jsonschema
import numpy as np

from course_utils.base import cache_folder, data

from ..models import smollm2
from ..setup import minilm

HERE = Path(__file__).parent
DATA = data(__file__, "hotel.json")
ROOMS = frozenset(100 * floor + number for floor in range(1, 6) for number in range(1, 21))
REFUSAL = (
    "I am the night desk: I take repairs, and I answer what our notes answer. For all else, please ask after 7:00."
)
ASK_ROOM = "Which room is it, please? Write its number, and I file a ticket."
ASK_THING = "I did not understand what is broken. Please say it in other words."
SCHEMA = {
    "type": "object",
    "properties": {"room": {"type": "integer"}, "thing": {"type": "string"}, "urgent": {"type": "boolean"}},
    "required": ["room", "thing", "urgent"],
    "additionalProperties": False,
}
# Chosen on the cases and questions of hotel.json, and on three exams; those in tests/desk_exams.json came later.
NEAREST = 0.25  # what is less near to everything than this is outside the job
NUMBER = 0.1  # so much nearer is a repair with a room number and no question mark, and so much less near any other
HASTE = re.compile(
    r"hurry|quick|\bfast|at once|urgent|emergency|immediately|(?:right|straight) (?:now|away)|come now|asap|as soon as"
    r"|this (?:minute|second)|(?:can ?not|can't|won't) wait"
)
CALM = re.compile(
    r"no (?:need to |great |real )?(?:hurry|rush)|(?:not|isn't|nothing)(?: \w+)? (?:urgent|emergency)"
    r"|don't (?:hurry|rush)|can wait"
)
GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:evening|morning|night)|excuse me|sorry)\b[,!.]? ?(?:there)?[,!.]? *", re.I
)


def sentences() -> list[tuple[str, str]]:
    """(note, sentence) for each sentence of the hotel's notes."""
    files = sorted((HERE / "hotel_notes").glob("*.txt"))
    return [(file.stem, line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def titled(note: str, sentence: str) -> str:
    """A sentence with the name of its note in front, as it is searched."""
    return f"{note.replace('_', ' ')}: {sentence}"


# ---- how near two texts are


def minilm_here() -> bool:
    with suppress(minilm.NotFetched):
        return bool(minilm.folder())
    return False


@cache
def open_minilm():
    """MiniLM: its tokenizer and its model. Raises NotFetched."""
    import torch
    import transformers

    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    folder = minilm.folder()
    return transformers.AutoTokenizer.from_pretrained(folder), transformers.AutoModel.from_pretrained(folder).eval()


def vectors(texts: list[str]) -> np.ndarray:
    """MiniLM's vector of each text: the mean over its tokens, of length 1. Raises NotFetched."""
    import torch

    tokenizer, model = open_minilm()
    batch = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1).numpy()


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def bm25(texts: list[str]) -> Callable[[str], np.ndarray]:
    """A function from a question to how much of it each text holds: rare words count more, and long texts less. From 0
    to 1, and so scaled that one line parts near from far, here and for vectors."""
    bags = [Counter(words(text)) for text in texts]
    found, middle = Counter(word for bag in bags for word in bag), sum(map(Counter.total, bags)) / len(bags)
    rare = {word: math.log(1 + (len(bags) - n + 0.5) / (n + 0.5)) for word, n in found.items()}
    unknown = math.log(1 + 2 * len(bags) + 1)

    def near(question: str) -> np.ndarray:
        asked = set(words(question))
        most = 2.5 * sum(rare.get(word, unknown) for word in asked) or 1
        short = [1.5 * (0.25 + 0.75 * bag.total() / middle) for bag in bags]
        scores = [
            sum(rare[word] * 2.5 * bag[word] / (bag[word] + k) for word in asked if word in bag)
            for bag, k in zip(bags, short, strict=True)
        ]
        return np.minimum(3 * np.array(scores) / most, 1)

    return near


def near(texts: list[str], split: bool = False) -> Callable[[str], np.ndarray]:
    """A function from a message to how near each text is: by meaning, or by words where MiniLM is not here. `split`: to
    the whole message or to one of its sentences."""
    if not minilm_here():
        return bm25(texts)
    table = vectors(texts)
    return lambda message: (vectors(parts(message) if split else [message]) @ table.T).max(axis=0)


def parts(message: str) -> list[str]:
    """A message, and each of its sentences."""
    return [message, *(part for part in re.split(r"(?<=[.!?:])\s+", message) if part != message and part.strip())]


# ---- tickets


def _train() -> None:
    """The adapter of notebook 08, section 3, made again in the same way. It gets its name when it is whole."""
    import torch
    from peft import LoraConfig, get_peft_model

    from . import workshop

    base, tokens = workshop.smollm2_to_train()

    def cut(page):
        asked = tokens.apply_chat_template([page.messages[0]], add_generation_prompt=True)["input_ids"]
        answer = tokens(page.answer + "<|im_end|>")["input_ids"]
        return asked + answer, [-100] * len(asked) + answer

    torch.manual_seed(8)
    tables = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    shape = {"target_modules": tables, "layers_to_transform": list(range(15, 30))}
    adapted = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, **shape))
    line, how = iter(workshop.messages(100)), {"gradients": workshop.by_fours, "cut": cut}
    workshop.learn(base, lambda dice: next(line), 25, samples=4, rate=2e-3, title="The adapter of 08", **how)
    work = Path(tempfile.mkdtemp(prefix="night-desk-", dir=cache_folder()))
    try:
        adapted.save_pretrained(work)
        with suppress(OSError):  # another notebook was quicker, and its adapter is as good
            os.replace(work, adapter_folder())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def adapter_folder() -> Path:
    return cache_folder() / "night-desk"


def open_model():
    """(SmolLM2 with the adapter of notebook 08 on, its tokenizer), or (None, None) and one line."""
    try:
        smollm2.folder()
    except smollm2.NotFetched as error:
        print(f"SmolLM2 is left out: {error}. A few lines of Python write the tickets in its place.")
        return None, None
    from peft import PeftModel

    from . import workshop

    if not (adapter_folder() / "adapter_model.safetensors").is_file():
        print("The adapter of notebook 08 is not here: it is trained now, once (about a minute), and kept.")
        shutil.rmtree(adapter_folder(), ignore_errors=True)
        _train()
    model, tokens = workshop.smollm2_to_train()
    return PeftModel.from_pretrained(model, adapter_folder()).eval(), tokens


def write(message: str, model, tokens) -> str:
    """What the model with the adapter writes for a message. Where there is no model, a rule does."""
    from ..pico import textbook
    from . import workshop

    if model is None:
        return by_rule(message)
    return workshop.written(model, tokens, [textbook.chat("ticket", message, "")])[0]


def by_rule(message: str) -> str:
    """A ticket by a rule: the first number, the last known thing, and whether a word of haste is there."""
    from . import workshop

    known = [thing for group in workshop.ROWS["things"].values() for thing in group]
    number, said = re.search(r"\b\d{3}\b", message), [thing for thing in known if thing in message.lower()]
    thing = said[-1] if said else words(message)[-1]
    return json.dumps({"room": int(number[0]) if number else 0, "thing": thing, "urgent": hasty(message)})


def hasty(message: str) -> bool:
    """Whether a guest asks for haste in words, and takes none of them back."""
    return bool(HASTE.search(CALM.sub("", message.lower())))


def open_writer() -> Callable[[str], str]:
    """A function from a message to what the model writes."""
    model, tokens = open_model()
    return partial(write, model=model, tokens=tokens)


def parsed(written: str) -> dict | None:
    """What was written, if it is a ticket by the schema."""
    with suppress(ValueError, RecursionError, jsonschema.ValidationError):
        ticket = json.loads(written)
        jsonschema.validate(ticket, SCHEMA)
        return ticket | {"thing": ticket["thing"].strip().lower()}
    return None


def grounded(thing: str, message: str) -> bool:
    """Whether a word of the message begins as the thing does: a model may invent one."""
    return bool(thing) and any(word.startswith(words(thing)[0][:4]) for word in words(message) if words(thing))


# ---- the desk


class Desk:
    """`answer` a message; `filed` holds the tickets. `write`: from a message to what the model writes."""

    def __init__(self, write: Callable[[str], str]):
        from . import workshop

        self.write, self.filed, self.notes = write, [], sentences()
        told = [
            form.format(214, thing) for form in workshop.ROWS["told"]["train"] for thing in ("shower", "lamp", "door")
        ]
        repairs = [*DATA["repairs"], *told, *(page.messages[0]["content"] for page in workshop.messages(100))]
        self.to_notes = near([titled(*line) for line in self.notes], split=True)
        self.to_repairs, self.to_others = near(repairs), near(DATA["outside"])

    def answer(self, message: str) -> dict:
        """{"kind", "text"}, and the ticket or the note's name ("source")."""
        notes, repair = self.to_notes(message), self.to_repairs(message).max()
        repair += NUMBER if re.search(r"\d{3}", message) and "?" not in message else -NUMBER
        nearest = max(notes.max(), repair)
        if nearest < NEAREST or nearest < self.to_others(message).max():
            return {"kind": "refuse", "text": REFUSAL}
        return self._ticket(message) if repair > notes.max() else self._quote(notes)

    def _quote(self, scores: np.ndarray) -> dict:
        """The nearest sentence, and the next one of the same note: word for word."""
        note, best = self.notes[int(scores.argmax())]
        same = sorted(((score, line) for score, (name, line) in zip(scores, self.notes, strict=True) if name == note))
        chosen = {best, same[-2][1]} if len(same) > 1 else {best}
        text = " ".join(line for name, line in self.notes if line in chosen)
        return {"kind": "answer", "text": f"{text} (note: {note})", "source": note}

    def _ticket(self, message: str) -> dict:
        """Let the model write a ticket, and check it; a second try words the message as those of the training."""
        room = re.search(r"\d{3}", message)
        if not room:
            return {"kind": "refuse", "text": ASK_ROOM}
        for text in (message, f"Hello, I am in room {room[0]}. {GREETING.sub('', message)}"):
            said, ticket = self.file_ticket(self.write(text), message)
            if said != ASK_THING:
                break
        return {"kind": "ticket", "text": said, "ticket": ticket} if ticket else {"kind": "refuse", "text": said}

    def file_ticket(self, written: str, message: str) -> tuple[str, dict | None]:
        """The tool: keeps a ticket whose room exists and that says nothing that the message does not."""
        why, ticket = judged(written, message)
        if why:
            return why, None
        ticket["urgent"] = hasty(message)  # the model misses some haste, and hears some that is not there
        self.filed.append(ticket)
        urgent = "urgent" if ticket["urgent"] else "not urgent"
        return f"Filed: room {ticket['room']}, {ticket['thing']}, {urgent}.", ticket


def judged(written: str, message: str) -> tuple[str, dict | None]:
    """(why a ticket cannot be filed, or an empty text; the ticket, if it is one)."""
    ticket = parsed(written)
    if ticket is None or not grounded(ticket["thing"], message):
        return ASK_THING, ticket
    if str(ticket["room"]) not in re.findall(r"\d+", message):
        return ASK_ROOM, ticket
    if ticket["room"] not in ROOMS:
        return f"There is no room {ticket['room']} in this house. Nothing was filed.", ticket
    return "", ticket


def chosen(answer: Callable, desk: Desk) -> Callable:
    """The learner's `answer`, if it is written, else that of the finished desk; a line says which."""
    with suppress(Exception):
        if isinstance(answer("Who are you?"), dict):
            print("Your desk answers.")
            return answer
    print("The finished desk answers: yours is not written yet.")
    return desk.answer


# ---- a set of cases, and the score


def fault(case: dict, said) -> str:
    """What is wrong with an answer, by its case; empty where nothing is."""
    if not isinstance(said, dict) or said.get("kind") != case["kind"]:
        return f"{case['kind']} wanted, not {said.get('kind') if isinstance(said, dict) else said!r}"
    if case["kind"] == "ticket":
        want, ticket = case["ticket"], said.get("ticket") or {}
        things = [want["thing"]] if isinstance(want["thing"], str) else want["thing"]
        same = (ticket.get("room"), ticket.get("urgent")) == (want["room"], want["urgent"])
        return "" if same and str(ticket.get("thing")).lower() in map(str.lower, things) else f"the ticket is {ticket}"
    if case["kind"] == "answer" and said.get("source") != case["source"]:
        return f"from the note {said.get('source')}, not {case['source']}"
    must = case.get("must") or []
    must = [must] if isinstance(must, str) else must
    missing = [text for text in must if text.lower() not in str(said.get("text")).lower()]
    return f"“{missing[0]}” is missing" if missing else ""


def examine(answer: Callable, cases: list[dict]) -> list[tuple[dict, str]]:
    """(case, what is wrong with the answer) for each case."""
    return [(case, fault(case, answer(case["message"]))) for case in cases]


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval: the shares of right answers, from 0 to 1, that a score like this leaves possible."""
    share, extra = right / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z * math.sqrt(share * (1 - share) / n + extra / (4 * n)) / (1 + extra)
    return middle - half, middle + half
