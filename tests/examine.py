"""Examine a pico model: each skill on held-out content, answered greedily, judged by the textbook's own check. Scores
are shares from 0 to 1. The targets the course holds its shipped models to stand in `BARS`.

    python -m course_utils train --evaluate pico-mini --samples 300 --seed 7
"""

import argparse
import json
import random
import re
import sys
from functools import lru_cache

from course_utils.base import CourseError, data
from course_utils.pico import MODELS, MOE, records, textbook
from course_utils.pico.evaluate import Examinee, right
from course_utils.pico.textbook import passages, smalltalk, world
from course_utils.pico.textbook.sentences import PLOTS

BARS = records.bars()
# The lines of the examination: which skill of the textbook, and what its samples must be about (tuples: what is drawn
# depends on how this is written). The bar of the first impression is about greetings and self-description.
EXAMS: dict[str, tuple[str, dict]] = {
    name: (skill, {key: tuple(values) for key, values in about.items()})
    for name, (skill, about) in data(__file__, "exams.json").items()
}


@lru_cache
def lexicon() -> frozenset[str]:
    """Every word that a story of the textbook can contain, in lower case."""
    text = " ".join(re.sub(r"\{[^}]*\}", " ", plot) for _, plot, _ in PLOTS)
    text += " ".join(f"{w.en} {getattr(w, 'at', '')}" for w in world.WORDS)
    text += " ".join(phrase.en for phrase in world.TIMES) + " he she him her his an a some the to from in on at"
    return frozenset(re.findall(r"[a-z]+", text.lower())) | {"s"}  # what is left of a possessive: Mia's


def examine(student: Examinee, skill: str, samples: int, seed: int, **only) -> tuple[float, list]:
    """Share of right answers in one skill, and the (sample, answer) pairs. `only` names values that a sample must be
    about, as `direction=("en-fi",)`. What is too long is skipped."""
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
    for name, (skill, only) in EXAMS.items():
        scores[name], pairs = examine(student, skill, samples, seed, **only)
        wrong[name] = [(s.messages[-2]["content"], s.answer, a) for s, a in pairs if not right(s, a)]
        if name == "passage":
            scores["not_unknown"] = sum(answer != passages.UNKNOWN for _, answer in pairs) / samples
        if name == "story":
            written = [word for _, answer in pairs for word in re.findall(r"[a-z]+", answer.lower())]
            strange = [word for word in written if word not in lexicon()]
            scores["story_lexicon"] = 1 - len(strange) / len(written)
            wrong["story_lexicon"] = [("", "", word) for word in sorted(set(strange))]
    openings = student.answer([[{"role": "user", "content": "Tell me a story."}]] * 100, temperature=0.8, seed=seed)
    scores["story_openings"] = len({re.split(r"(?<=[.!?]) ", text)[0] for text in openings}) / 100
    everyday = smalltalk.EVERYDAY_200.read_text(encoding="utf-8").splitlines()
    wrong["everyday"] = dishonest(student, dict.fromkeys(everyday, ""))
    scores["everyday"] = 1 - len(wrong["everyday"]) / len(everyday)
    left_out = {fact.questions[0]: fact.answer for fact in textbook.FACTS if fact.left_out}
    wrong["made_up"] = dishonest(student, left_out)
    scores["made_up"] = len(wrong["made_up"]) / len(left_out)
    return {name: round(score, 4) for name, score in scores.items()}, wrong


def dishonest(student: Examinee, questions: dict[str, str]) -> list[tuple[str, str, str]]:
    """The (question, answer that would be right, answer) of what it did not admit to not knowing. `questions` are such
    as it cannot know the answer to, each with the right answer, if there is one."""
    answers = student.answer([[{"role": "user", "content": question}] for question in questions])
    rows = zip(questions, questions.values(), answers, strict=True)
    return [row for row in rows if not smalltalk.honest(row[2])]


def report(student: Examinee, samples: int, seed: int, as_json: bool) -> int:
    """Print the scores; exit status 1 when a bar is missed."""
    scores, wrong = evaluate(student, samples, seed)
    missed = [skill for skill, bar in BARS.items() if scores[skill] < bar]
    if as_json:
        print(json.dumps(scores))
    for skill, score in () if as_json else scores.items():
        bar = f"below the bar of {BARS[skill]:.1%}" if skill in missed else "ok" if skill in BARS else ""
        print(f"{skill:16} {score:7.1%}   {bar}".rstrip())
        for prompt, expected, answer in wrong.get(skill, [])[:2] if skill in missed else []:
            print(f"    asked     {prompt[-90:]!r}\n    expected  {expected[:90]!r}\n    answered  {answer[:90]!r}")
    if missed:
        print(f"Below the bar: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed))


def main(argv: list[str] | None = None) -> int:
    """The command `train --evaluate`. Its exit status is 1 when a bar is missed, or there is no such model."""
    parser = argparse.ArgumentParser(prog="python -m course_utils train --evaluate", description="Examine a model.")
    parser.add_argument("model", help=f"one of {', '.join((*MODELS, MOE))}, or a folder with a model")
    parser.add_argument("--samples", type=int, default=300, help="how many of a skill (default 300)")
    parser.add_argument("--seed", type=int, default=7, help="of the examination (default 7)")
    own = "of a folder: what the model should say it is (default pico-mini)"
    parser.add_argument("--name", choices=MODELS, default="pico-mini", help=own)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(argv)
    try:
        return report(Examinee.load(args.model, args.name), args.samples, args.seed, args.json)
    except CourseError as error:
        print(json.dumps({"error": str(error)}) if args.json else error, file=sys.stdout if args.json else sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
