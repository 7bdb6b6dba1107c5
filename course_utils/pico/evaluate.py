"""Examine a pico model: each skill on held-out content, answered greedily, judged by the textbook's own check.

Scores are shares from 0 to 1. The targets the course holds its shipped models to stand in `BARS`.
"""

from __future__ import annotations

import json
import random
import re
import sys
from functools import lru_cache
from pathlib import Path

from course_utils.pico import MODELS, MOE, folder, textbook
from course_utils.pico.textbook import passages, smalltalk, world
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.textbook.stories import PLOTS

EVERYDAY = smalltalk.EVERYDAY_200
SYSTEM_WORDS = {"s"}  # what is left of a possessive: Mia's

BARS = {
    "translate_en_fi": 0.97,
    "translate_fi_en": 0.97,
    "summary": 0.97,
    "passage": 0.97,
    "sentiment": 0.98,
    "sum": 0.90,
    "story": 0.97,
    "story_lexicon": 0.995,
    "story_openings": 0.60,
    "unknown": 0.90,
    "not_unknown": 0.95,
    "tool": 0.97,
    "followup": 0.90,
    "first_impression": 0.95,
    "everyday": 0.80,
}
# Greetings and self-description: what the bar of the first impression is about. "smalltalk" is about all topics.
FIRST_IMPRESSION = (
    "greeting",
    "how_are_you",
    "thanks",
    "goodbye",
    "who_are_you",
    "human",
    "maker",
    "abilities",
    "size",
    "limits",
)


class Examinee:
    """A model that answers many prompts at once, which is several times faster than one by one.

    `name` is the course model that it should say it is, one of `MODELS`.
    """

    def __init__(self, model, tokenizer, rows: int = 64, name: str = "pico-mini"):
        self.model, self.tokenizer, self.rows, self.name = model.eval(), tokenizer, rows, name

    @classmethod
    def load(cls, name: str, called: str = "pico-mini") -> Examinee:
        """Load a course model by name, or any folder that Transformers can read with a model `called` so.

        pico-moe read the textbook of pico-mini, and says that it is pico-mini.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        path = folder(name) if name in (*MODELS, MOE) else Path(name)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, use_safetensors=True)
        return cls(model, AutoTokenizer.from_pretrained(path), name=name if name in MODELS else called)

    def answer(self, conversations: list[list[dict]], temperature: float = 0.0, seed: int = 0) -> list[str]:
        """The model's answer to each conversation (which ends with a user message)."""
        import torch

        torch.manual_seed(seed)
        self.tokenizer.padding_side = "left"
        prompts = [
            self.tokenizer.apply_chat_template(c, add_generation_prompt=True, tokenize=False) for c in conversations
        ]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers = [""] * len(prompts)
        how = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
        for start in range(0, len(order), self.rows):
            group = order[start : start + self.rows]
            inputs = self.tokenizer([prompts[i] for i in group], return_tensors="pt", padding=True)
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                out = self.model.generate(**inputs, max_new_tokens=220, max_length=None, **how)
            for i, ids in zip(group, out[:, inputs["input_ids"].shape[1] :], strict=True):
                answers[i] = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
        return answers


@lru_cache
def lexicon() -> frozenset[str]:
    """Every word that a story of the textbook can contain, in lower case."""
    text = " ".join(re.sub(r"\{[^}]*\}", " ", plot.text) for plot in PLOTS)
    text += " ".join(f"{w.en} {getattr(w, 'at', '')}" for w in world.WORDS)
    text += " ".join(phrase.en for phrase in world.TIMES) + " he she him her his an a some the to from in on at"
    return frozenset(re.findall(r"[a-z]+", text.lower()))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def last_number(text: str) -> int | None:
    numbers = re.findall(r"-?\d+", text)
    return int(numbers[-1]) if numbers else None


def right(sample: textbook.Sample, answer: str) -> bool:
    """The textbook's own check of one answer."""
    about = sample.about
    if sample.skill == "sum":
        return last_number(answer) == about["result"]
    if sample.skill == "story":
        return all(about[key] in answer.lower() for key in ("animal", "colour", "place"))
    if sample.skill == "tool":
        try:
            return json.loads(answer) == about["call"]
        except ValueError:
            return False
    if sample.skill == "smalltalk":
        return answer in about["answers"]
    if sample.skill == "outside":
        return smalltalk.honest(answer)
    return answer == sample.answer


def examine(student: Examinee, skill: str, samples: int, seed: int, **only) -> tuple[float, list]:
    """Share of right answers in one skill, and the (sample, answer) pairs.

    `only` names values that a sample must be about, as `direction=("en-fi",)`. What is too long is skipped.
    """
    rng, drawn = random.Random(f"{seed}/{skill}/{only}"), []
    while len(drawn) < samples:
        sample = textbook.introduce(textbook.draw(rng, "test", skill), student.name)
        fits = len(student.tokenizer(textbook.plain(sample), verbose=False)["input_ids"]) <= 1024
        if sample.messages and fits and all(sample.about.get(key) in values for key, values in only.items()):
            drawn.append(sample)
    answers = student.answer([list(s.messages[:-1]) for s in drawn])
    pairs = list(zip(drawn, answers, strict=True))
    return sum(right(s, a) for s, a in pairs) / samples, pairs


def evaluate(student: Examinee, samples: int = 300, seed: int = 7) -> tuple[dict[str, float], dict[str, list]]:
    """Scores of all skills, and for each the (prompt, expected, answer) of what went wrong."""
    scores, wrong = {}, {}

    def note(name, result):
        scores[name] = round(result[0], 4)
        wrong[name] = [(s.messages[-2]["content"], s.answer, a) for s, a in result[1] if not right(s, a)]
        return result[1]

    note("translate_en_fi", examine(student, "translate", samples, seed, direction=("en-fi",)))
    note("translate_fi_en", examine(student, "translate", samples, seed, direction=("fi-en",)))
    note("first_impression", examine(student, "smalltalk", samples, seed, topic=FIRST_IMPRESSION))
    for skill in (
        "summary",
        "passage",
        "sentiment",
        "sum",
        "unknown",
        "tool",
        "followup",
        "system",
        "smalltalk",
        "outside",
        "fact",
        "story",
    ):
        pairs = note(skill, examine(student, skill, samples, seed))
        if skill == "passage":
            scores["not_unknown"] = round(sum(a != passages.UNKNOWN for _, a in pairs) / samples, 4)
        if skill == "story":
            told = [w for _, a in pairs for w in words(a)]
            strange = sorted({w for w in told if w not in lexicon() | SYSTEM_WORDS})
            scores["story_lexicon"] = round(sum(w in lexicon() | SYSTEM_WORDS for w in told) / len(told), 4)
            wrong["story_lexicon"] = [("", "", w) for w in strange]
    openings = student.answer([[{"role": "user", "content": "Tell me a story."}]] * 100, temperature=0.8, seed=seed)
    scores["story_openings"] = len({re.split(r"(?<=[.!?]) ", text)[0] for text in openings}) / 100
    questions = EVERYDAY.read_text(encoding="utf-8").split("\n")
    questions = [q for q in questions if q.strip()]
    replies = student.answer([[{"role": "user", "content": q}] for q in questions])
    scores["everyday"] = round(sum(map(smalltalk.honest, replies)) / len(questions), 4)
    wrong["everyday"] = [(q, "", a) for q, a in zip(questions, replies, strict=True) if not smalltalk.honest(a)]
    left_out = [f for f in FACTS if f.left_out]
    replies = student.answer([[{"role": "user", "content": f.questions[0]}] for f in left_out])
    scores["made_up"] = round(sum(not smalltalk.honest(a) for a in replies) / len(left_out), 4)
    wrong["made_up"] = [(f.questions[0], f.answer, a) for f, a in zip(left_out, replies, strict=True)]
    return scores, wrong


def main(student: Examinee, samples: int, seed: int, as_json: bool) -> int:
    """Print the scores; exit code 1 when a bar is missed."""
    scores, wrong = evaluate(student, samples, seed)
    if as_json:
        print(json.dumps(scores))
    else:
        for skill, score in scores.items():
            bar = BARS.get(skill)
            verdict = "" if bar is None else ("   ok" if score >= bar else f"   below the bar of {bar:.1%}")
            print(f"{skill:16} {score:7.1%}{verdict}")
            for asked, expected, answer in wrong[skill][:2] if skill in wrong and bar and score < bar else []:
                print(f"    asked     {asked[-90:]!r}\n    expected  {expected[:90]!r}\n    answered  {answer[:90]!r}")
    missed = [skill for skill, bar in BARS.items() if scores[skill] < bar]
    if missed:
        print(f"Below the bar: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed))
