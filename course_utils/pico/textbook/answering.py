"""Skills of the textbook with a short answer: feelings of a sentence, sums, facts, calls of tools."""

from __future__ import annotations

import json
import random
import re

from course_utils.pico.textbook.facts import KNOWN
from course_utils.pico.textbook.lists import family, pairs, section, sections, split_words
from course_utils.pico.textbook.sample import Sample, chat, in_test
from course_utils.pico.textbook.smalltalk import by_split, scruffy
from course_utils.pico.textbook.world import Cast, fill

# --- feelings --------------------------------------------------------------------------------------------

MOODS = family("feelings", "mood")
SLOTS = {slot: split_words(section("feelings", slot)) for slot in ("subject", "good", "bad")}


def sentiment(rng: random.Random, split: str) -> Sample:
    """Whether a sentence is positive, negative or neutral, or happy or sad."""
    cast = Cast.draw(rng, split)
    mood = rng.choice(("positive", "negative", "positive", "negative", "neutral"))
    template = rng.choice([t for t in MOODS[mood] if split == "train" or "{hero}" in t or "{animal}" in t])
    for slot, words in SLOTS.items():
        template = template.replace("{" + slot + "}", rng.choice(words))
    text = fill(template, cast, rng)
    if split == "train" and rng.random() < 0.3:
        text = text.lower() if rng.random() < 0.4 else text.rstrip(".") + rng.choice(("", "!", "!!"))
    if mood != "neutral" and rng.random() < 0.35:
        asked, answer = section("feelings", "ask happy"), "Happy." if mood == "positive" else "Sad."
    else:
        asked, answer = section("feelings", "ask mood"), mood.capitalize() + "."
    return chat("sentiment", rng.choice(asked).format(text), answer)


# --- sums ------------------------------------------------------------------------------------------------


def work_out(a: int, sign: str, b: int) -> str:
    """The sum written the way one does it in the head: first the tens of `b`, then its ones. Small steps are what a
    small model can learn; the last number is the answer."""
    if sign == "-" and b > a:
        return f"{work_out(b, '-', a)} So {a} - {b} = -{b - a}."
    step = 1 if sign == "+" else -1
    tens, ones = b // 10 * 10, b % 10
    if not tens or not ones or a < 10 and sign == "+" and b < 10:
        return f"{a} {sign} {b} = {a + step * b}."
    return f"{a} {sign} {tens} = {a + step * tens}. {a + step * tens} {sign} {ones} = {a + step * b}."


def sum_(rng: random.Random, split: str) -> Sample:
    """Sums and differences of numbers up to 99. One-digit tasks are learned by heart, so only the others are tested."""
    while True:
        sign = rng.choice("+-")
        small = split == "train" and rng.random() < 0.15
        a, b = (rng.randint(0, 9), rng.randint(0, 9)) if small else (rng.randint(0, 99), rng.randint(0, 99))
        if sign == "-" and b > a and rng.random() < 0.85:
            a, b = b, a
        tested = max(a, b) >= 10 and in_test(sign, *sorted((a, b)))
        if tested == (split == "test"):
            break
    asked = rng.choice(section("requests", "plus" if sign == "+" else "minus")).format(a=a, b=b)
    if split == "train" and rng.random() < 0.3:
        asked = scruffy(rng, asked)
    return chat("sum", asked, work_out(a, sign, b), result=a + b if sign == "+" else a - b, sign=sign)


# --- facts and tools -------------------------------------------------------------------------------------


def fact(rng: random.Random, split: str) -> Sample:
    """A question about language models or about Pikola."""
    while True:
        known = rng.choice(KNOWN)
        if known.finnish and split == "train" and rng.random() < 0.15:
            return chat("fact", scruffy(rng, known.finnish[0]), known.finnish[1])
        questions = by_split(known.questions, split)
        if questions:
            asked = rng.choice(questions)
            return chat("fact", scruffy(rng, asked) if split == "train" else asked, known.answer, key=known.key)


def _tools() -> list[tuple[str, list[str], tuple[str, ...]]]:
    """Name, arguments and ways to ask of each tool in `data/tools.txt`."""
    headings = {heading: re.fullmatch(r"(\w+)\((.*)\)", heading) for heading in sections("tools")}
    return [(m[1], m[2].split(", "), section("tools", heading)) for heading, m in headings.items() if m]


TOOLS = _tools()
ARGUMENT_NAMES = {name: other.split(", ") for name, other in pairs(section("tools", "other names"))}
SYSTEM_TOOLS = "You can use these tools: {0}. Answer with one JSON object."


def tool(rng: random.Random, split: str) -> Sample:
    """A request that a tool can serve: the answer is one JSON object with the tool's name and its arguments."""
    cast = Cast.draw(rng, split)
    offered = rng.sample(TOOLS, rng.randint(1, 4))
    if split == "test":
        chosen = next(t for t in rng.sample(TOOLS, len(TOOLS)) if t[1] != ["minutes"])
        offered = [chosen, *[t for t in offered[1:] if t is not chosen]]
    name, arguments, ways = offered[0]
    # An argument is called by its usual name or by another one.
    called = {
        t[0]: [rng.choice(ARGUMENT_NAMES[a]) if rng.random() < 0.6 else ARGUMENT_NAMES[a][0] for a in t[1]]
        for t in offered
    }
    n = rng.randint(2, 60)
    values = {a: n if a in ("minutes", "amount", "days") else getattr(cast, a).en for a in arguments}
    call = {"name": name, "arguments": {c: values[a] for c, a in zip(called[name], arguments, strict=True)}}
    asked = fill(rng.choice(ways).replace("{n}", str(n)), cast, rng)
    rng.shuffle(offered)
    system = SYSTEM_TOOLS.format(", ".join(f"{t[0]}({', '.join(called[t[0]])})" for t in offered))
    return chat("tool", asked, json.dumps(call), system=system, call=call)
