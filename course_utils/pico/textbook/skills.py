"""The skills of the textbook, those of `passages` too: each is a function (rng, split) that writes one sample."""

import json
import random
import re
from dataclasses import dataclass

from course_utils.pico.textbook import passages, smalltalk, world
from course_utils.pico.textbook.lists import asked_once, family, pairs, section, sections, split_words
from course_utils.pico.textbook.sample import Sample, chat, in_test, running_text
from course_utils.pico.textbook.sentences import SIMPLE, finnish_story, pair, story_text
from course_utils.pico.textbook.smalltalk import FIRST_TOPICS, TOPICS, Topic, by_split, everyday, scruffy, wordings
from course_utils.pico.textbook.world import Cast, Noun, fill, held_out_pairs

VISITORS, STRANGERS = (split_words(section("requests", heading)) for heading in ("visitors", "strangers"))


def request(rng: random.Random, heading: str, text: str) -> str:
    """One of the wordings that ask for something to be done with this text."""
    return rng.choice(section("requests", heading)).format(text)


def story(rng: random.Random, split: str) -> Sample:
    """A story as it was asked for. Now and then it is about an animal or a name that the world does not have."""
    cast = Cast.draw(rng, split)
    whole = split == "test" or rng.random() < 0.55
    if split == "train" and rng.random() < 0.12:
        visitor = rng.choice(VISITORS)
        cast.animal = Noun(visitor, visitor, visitor, visitor, visitor, visitor + "s")
    asked = fill(rng.choice(section("requests", "story" if whole else "part of a story")), cast, rng)
    text, _, key = story_text(rng, cast)
    if split == "train":
        asked = scruffy(rng, asked) if rng.random() < 0.3 else asked
        if rng.random() < 0.04:
            stranger = rng.choice(STRANGERS)
            asked, text = asked.replace(cast.hero.en, stranger), text.replace(cast.hero.en, stranger)
    return chat("story", asked, text, animal=cast.animal.en, colour=cast.colour.en, place=cast.place.en, plot=key)


def continue_(rng: random.Random, split: str) -> Sample:
    """The rest of a story that was cut after one of its first sentences."""
    text = story_text(rng, Cast.draw(rng, split))[0]
    end = rng.choice([i + 1 for i, c in enumerate(text[:-1]) if c in ".!?" and text[i + 1] == " "][:3])
    return chat("continue", request(rng, "continue", text[:end]), text[end:].strip())


def running(rng: random.Random, split: str) -> Sample:
    """Plain running text, without chat markup: a story, or a few facts."""
    if rng.random() < 0.7:
        text = story_text(rng, Cast.draw(rng, split))[0]
    else:
        text = " ".join(rng.choice(KNOWN).answer for _ in range(rng.randint(2, 5)))
    return running_text("running", text)


def summary(rng: random.Random, split: str) -> Sample:
    """What a story is about, in one sentence."""
    text, short, key = story_text(rng, Cast.draw(rng, split))
    return chat("summary", request(rng, "summary", text), short, plot=key)


def translate(rng: random.Random, split: str) -> Sample:
    """One to three sentences, from English to Finnish or back."""
    if split == "test":
        pairs = [pair(rng, Cast.draw(rng, split))]
        while not held_out_pairs(pairs[0][0]):  # what is drawn for the test need not be in this sentence
            pairs = [pair(rng, Cast.draw(rng, split))]
    else:
        simple = rng.choice(SIMPLE) if rng.random() < 0.3 else None
        pairs = [pair(rng, Cast.draw(rng, split), simple) for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 2, 3)))]
    english, finnish = " ".join(p[0] for p in pairs), " ".join(p[1] for p in pairs)
    to_finnish = rng.random() < 0.5
    asked = request(rng, "to Finnish", english) if to_finnish else request(rng, "to English", finnish)
    if split == "train" and rng.random() < 0.08:
        asked = asked.lower().rstrip(".")
    return chat("translate", asked, finnish if to_finnish else english, direction="en-fi" if to_finnish else "fi-en")


def word(rng: random.Random, split: str) -> Sample:
    """A single word, from English to Finnish or back."""
    noun = rng.choice(rng.choice((world.ANIMALS, world.THINGS, world.PLACES, world.FOODS, world.COLOURS)))
    if rng.random() < 0.5:
        return chat("word", request(rng, "to Finnish", noun.en), noun.nom)
    return chat("word", request(rng, "to English", noun.nom), noun.en)


def repeat(rng: random.Random, split: str) -> Sample:
    """Say the same again, whole lines of unguessable words: copying is the skill below all others."""
    kind = rng.random()
    if kind < 0.5:
        members = [str(member) for member in vars(Cast.draw(rng, split)).values()]
        text = " ".join(rng.sample(members, rng.randint(2, 10)))
    elif kind < 0.8:
        text = everyday(rng)[0]
    else:
        text = rng.choice(pair(rng, Cast.draw(rng, split)))
    return chat("repeat", request(rng, "repeat", text), text)


def finnish(rng: random.Random, split: str) -> Sample:
    """A small story in Finnish: on request, as running text, or to be translated whole."""
    english_text, finnish_text = finnish_story(rng, Cast.draw(rng, split))
    kind = rng.random()
    if kind < 0.4:
        return chat("finnish", rng.choice(section("requests", "story fi")), finnish_text)
    if kind < 0.5:
        return running_text("finnish", finnish_text)
    if kind < 0.75:
        return chat("finnish", request(rng, "to Finnish", english_text), finnish_text)
    return chat("finnish", request(rng, "to English", finnish_text), english_text)


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
    asked, answer = "ask mood", mood.capitalize() + "."
    if mood != "neutral" and rng.random() < 0.35:
        asked, answer = "ask happy", "Happy." if mood == "positive" else "Sad."
    return chat("sentiment", rng.choice(section("feelings", asked)).format(text), answer)


def work_out(a: int, sign: str, b: int) -> str:
    """The sum the way one does it in the head: first the tens of `b`, then its ones; the last number is the answer."""
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


@dataclass(frozen=True)
class Fact:
    """One thing to know, about language models or about the made-up town of Pikola: several ways to ask for it, one
    answer, and for some the same pair in Finnish. What is `left_out` never appears in training: asking for it shows
    what a model does when it cannot know the answer."""

    key: str
    questions: tuple[str, ...]
    answer: str
    left_out: bool = False
    finnish: tuple[str, str] | None = None


def _fact(key: str, lines: tuple[str, ...]) -> Fact:
    finnish = [line.removeprefix("suomeksi: ") for line in lines if line.startswith("suomeksi: ")]
    questions, answer = asked_once([line for line in lines if line != "left out" and not line.startswith("suomeksi: ")])
    return Fact(key, questions, answer, "left out" in lines, *pairs(finnish))


COURSE_FACTS, WORLD_FACTS = (
    tuple(_fact(key, lines) for key, lines in sections(name).items()) for name in ("facts_models", "facts_pikola")
)
FACTS: tuple[Fact, ...] = COURSE_FACTS + WORLD_FACTS
KNOWN: tuple[Fact, ...] = tuple(fact for fact in FACTS if not fact.left_out)


def fact(rng: random.Random, split: str) -> Sample:
    """A question about language models or about Pikola."""
    while True:
        known = rng.choice(KNOWN)
        if known.finnish and split == "train" and rng.random() < 0.15:
            return chat("fact", scruffy(rng, known.finnish[0]), known.finnish[1])
        if questions := by_split(known.questions, split):
            asked = rng.choice(questions)
            return chat("fact", scruffy(rng, asked) if split == "train" else asked, known.answer, key=known.key)


# Name, arguments and ways to ask of each tool.
_TOOLS = {re.fullmatch(r"(\w+)\((.*)\)", heading): lines for heading, lines in sections("tools").items()}
TOOLS = [(match[1], match[2].split(", "), ways) for match, ways in _TOOLS.items() if match]
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
    called = {}  # an argument by its usual name or by another one
    for t in offered:
        called[t[0]] = [rng.choice(ARGUMENT_NAMES[a]) if rng.random() < 0.6 else ARGUMENT_NAMES[a][0] for a in t[1]]
    n = rng.randint(2, 60)
    values = {a: n if a in ("minutes", "amount", "days") else getattr(cast, a).en for a in arguments}
    call = {"name": name, "arguments": {c: values[a] for c, a in zip(called[name], arguments, strict=True)}}
    asked = fill(rng.choice(ways).replace("{n}", str(n)), cast, rng)
    rng.shuffle(offered)
    system = SYSTEM_TOOLS.format(", ".join(f"{t[0]}({', '.join(called[t[0]])})" for t in offered))
    return chat("tool", asked, json.dumps(call), system=system, call=call)


OFFERS = ("tell you a story?", "Kerronko tarinan?")


def greet(rng: random.Random, split: str, finnish: float, first: bool = False) -> tuple[str, Topic, str]:
    """(wording, topic, language): this share is Finnish, and with `first` most make the first impression."""
    while True:
        topic = rng.choice(FIRST_TOPICS if first and rng.random() >= 0.4 else TOPICS)
        language = "fi" if rng.random() < finnish else "en"
        if groups := wordings(topic.key, language, split):
            return rng.choice(rng.choice(groups)), topic, language


def small_talk(rng: random.Random, split: str) -> Sample:
    """Greetings, thanks, "who are you?": what a learner types first. Only seen wordings are typed carelessly."""
    asked, topic, language = greet(rng, split, finnish=0.2)
    answers = topic.answers[language]
    answer = rng.choice(answers)
    asked = scruffy(rng, asked) if split == "train" else asked
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.3:
        return accepted(rng, asked, answer)
    return chat("smalltalk", asked, answer, topic=topic.key, answers=answers)


def impression(rng: random.Random, split: str) -> Sample:
    """Small talk with one answer a topic: of three equally likely ones a wrong one may be likelier than each."""
    asked, topic, language = greet(rng, split, finnish=0.25, first=True)
    asked = scruffy(rng, asked) if split == "train" else asked
    return chat("impression", asked, topic.answers[language][0], topic=topic.key)


def accepted(rng: random.Random, asked: str, offer: str) -> Sample:
    """The learner says yes (or no) to the offer of a story."""
    cast = Cast.draw(rng, "train")
    if offer.endswith("tarinan?"):
        reply, told = scruffy(rng, rng.choice(smalltalk.YES_FINNISH)), finnish_story(rng, cast)[1]
    elif rng.random() < 0.75:
        reply, told = scruffy(rng, rng.choice(smalltalk.YES)), story_text(rng, cast)[0]
    else:
        reply, told = scruffy(rng, rng.choice(smalltalk.NO)), "All right. Ask me something else whenever you like."
    return chat("smalltalk", asked, offer, reply, told)


def outside(rng: random.Random, split: str) -> Sample:
    """An everyday question that pico cannot know, and the honest answer."""
    asked, answer = smalltalk.outside(rng)
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.15:
        return accepted(rng, asked, answer)
    return chat("outside", asked, answer)


def system(rng: random.Random, split: str) -> Sample:
    """A system line that changes the answer (Finnish) or does not (a friendly phrase)."""
    kind = rng.random()
    if kind < 0.3 and split == "train":
        sample = rng.choice((story, passages.passage, fact, small_talk, outside, translate, sum_))(rng, split)
        line = rng.choice(section("requests", "system"))
        return Sample("system", ({"role": "system", "content": line}, *sample.messages))
    line = rng.choice(section("requests", "system fi"))
    return chat("system", *answered_in_finnish(rng, split, 0 if split == "test" else kind), system=line)


def answered_in_finnish(rng: random.Random, split: str, kind: float) -> tuple[str, str]:
    """Something asked in English, and its Finnish answer. `kind`, from 0 to 1, says what: mostly about a passage."""
    if kind < 0.7:
        while True:
            rows, text = passages.draw_table(rng, split)
            asked, _, key, row = passages.question(rng, rows, row=rows[0] if split == "test" else None)
            if key in passages.IN_FINNISH:
                return passages.frame(rng, text, asked), row.fill(passages.IN_FINNISH[key])
    if kind < 0.78:
        rows, text = passages.draw_table(rng, split)
        return passages.frame(rng, text, passages.unanswerable(rng, rows)), "En tiedä."
    if kind < 0.86:
        asked = fill(rng.choice(section("requests", "part of a story")), Cast.draw(rng, split), rng)
        return asked, finnish_story(rng, Cast.draw(rng, split))[1]
    if kind < 0.93:
        topic = rng.choice(TOPICS)
        return rng.choice(rng.choice(wordings(topic.key, "en", split))), rng.choice(topic.answers["fi"])
    known = rng.choice([fact for fact in KNOWN if fact.finnish])
    return rng.choice(by_split(known.questions, split) or known.questions), known.finnish[1]


def conversation(rng: random.Random, split: str) -> Sample:
    """Some short exchanges one after another: a learner does not start a new chat for every question."""
    skills = (sum_, fact, small_talk, outside, translate, word, sentiment, story)
    parts = [rng.choice(skills)(rng, split) for _ in range(rng.choice((2, 2, 3, 4, 6)))]
    return Sample("conversation", tuple(message for part in parts for message in part.messages))


SHARES = {skill: int(share) for skill, share in pairs(section("shares", "shares"))}
_SKILLS = (story, continue_, running, translate, word, repeat, summary, passages.passage, passages.unknown)
_SKILLS += (passages.reading, sentiment, sum_, fact, passages.followup, system, tool, small_talk, outside)
_SKILLS += (conversation, finnish, passages.person, passages.interview, passages.whose, impression)
SKILLS = {skill.__name__.replace("_", ""): skill for skill in _SKILLS}  # by the names in `data/shares.txt`


def draw(rng: random.Random, split: str = "train", skill: str | None = None) -> Sample:
    """One sample for the split "train" or "test", of one of `SKILLS`, else drawn by `SHARES`; `rng` decides it."""
    return SKILLS[skill or rng.choices(list(SHARES), SHARES.values())[0]](rng, split)
