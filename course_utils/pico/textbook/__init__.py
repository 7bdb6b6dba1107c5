"""The textbook that the pico models read: an endless, seeded generator of text about one small world.

Phi's makers wrote "textbook quality" data with larger models. Ours is written by this file, so that you can
read all of it. Every skill is one function: it draws a cast from the world, writes what a person would ask,
and writes the right answer. `draw` picks a skill by its share and calls it.

The split: two entities of the world (a colour and an animal, a person and a place, ...) may form a held-out
pair. A sample for "train" never contains such a pair, a sample for "test" always does: a good test score is
therefore not memory. Sums, greetings and facts are held out by the sum itself and by the wording.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations

from course_utils.pico.textbook import passages, smalltalk
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.textbook.sentences import SIMPLE, finnish_story, pair
from course_utils.pico.textbook.stories import PLOTS
from course_utils.pico.textbook.world import (
    ANIMALS,
    COLOURS,
    FOODS,
    PEOPLE,
    PLACES,
    THINGS,
    Cast,
    Noun,
    fill,
    held_out,
)

# The share of each skill among the samples. Hard skills (reading, translating, sums) and open ones get more.
SHARES = {
    "repeat": 5,
    "story": 9,
    "continue": 2,
    "running": 2,
    "translate": 17,
    "word": 3,
    "summary": 5,
    "passage": 9,
    "unknown": 4,
    "reading": 14,
    "sentiment": 3,
    "sum": 9,
    "fact": 6,
    "followup": 5,
    "system": 3,
    "tool": 5,
    "smalltalk": 11,
    "outside": 7,
    "conversation": 4,
    "finnish": 2,
    "person": 0,  # these four only in the timetable of `train`
    "interview": 0,
    "whose": 0,
    "impression": 0,
}


@dataclass(frozen=True)
class Sample:
    """One page of the textbook: a conversation, or plain text. `about` keeps what a check needs to know."""

    skill: str
    messages: tuple[dict, ...] = ()
    text: str = ""
    about: dict = field(default_factory=dict)

    @property
    def answer(self) -> str:
        return self.messages[-1]["content"] if self.messages else self.text


def chat(skill: str, *turns: str, system: str = "", **about) -> Sample:
    """A conversation: turns alternate between user and assistant, and end with the assistant."""
    roles = ("user", "assistant")
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": roles[i % 2], "content": turn} for i, turn in enumerate(turns)]
    return Sample(skill, tuple(messages), about=about)


def plain(sample: Sample) -> str:
    """The sample as the text a model sees, in Phi-3's chat markup."""
    if not sample.messages:
        return sample.text
    return "".join(f"<|{m['role']}|>\n{m['content']}<|end|>\n" for m in sample.messages)


# What a bigger sibling says of itself where the textbook speaks of pico-mini. Longer phrases come first.
INTRODUCTIONS = {
    "pico-mini": {},
    "pico-medium": {
        "about two million parameters, a few megabytes. Phi and ChatGPT are more than a thousand times bigger.": ""
        "about seven million parameters, 13 megabytes. Phi-3-mini is more than five hundred times bigger.",
        "about two million parameters": "about seven million parameters",
        "noin kaksi miljoonaa parametria": "noin seitsemän miljoonaa parametria",
        "pico-mini": "pico-medium",
    },
}


def introduce(sample: Sample, name: str) -> Sample:
    """The same sample as the model `name` should learn it, and be judged by: with its own name and size."""

    def own(text: str) -> str:
        for old, new in INTRODUCTIONS[name].items():
            text = text.replace(old, new)
        return text

    about = dict(sample.about)
    if "answers" in about:
        about["answers"] = tuple(map(own, about["answers"]))
    messages = tuple({**message, "content": own(message["content"])} for message in sample.messages)
    return replace(sample, messages=messages, text=own(sample.text), about=about)


def in_test(*content) -> bool:
    """Whether this content belongs to the test split (one in eight does)."""
    return zlib.crc32(" ".join(map(str, content)).encode()) % 8 == 0


# --- stories ---------------------------------------------------------------------------------------------

ASK_STORY = (
    "[Tell me|Write|Please tell me|Can you tell me|Please write|Make up|Tell|Write me] a [|short |little "
    "]story about a "
    "{colour} {animal} {place.at}[.|.|, please.]",
    "[Tell me|Write|I would like|I want|Give me] a [|short ]story with a {colour} {animal}. It "
    "[happens|takes place] {place.at}.",
    "A story about a {colour} {animal} {place.at}[, please|].",
    "[Tell|Write] a story. [Animal|The animal]: {animal}. Colour: {colour}. Place: {place}.",
    "[Tell me|Write] a story [that happens|set] {place.at} [about|with] a {colour} {animal}.",
)
ASK_PART = (
    "[Tell me|Write|Please tell me|Can you tell me] a [|short |little ]story about a {colour} {animal}.",
    "[Tell me|Write|Please tell me|Can you write] a [|short |bedtime ]story about a {animal}[.|!|, please.]",
    "[Tell me|Write] a story about {hero} and a {animal}.",
    "[Tell me|Write] a story about {hero}.",
    "[Tell me|Write] a story about a {thing}.",
    "[Tell me|Write] a story [|that happens ]{place.at}.",
    "[Tell me|Write|Can you tell me|Please tell|Could you tell me|I want to hear|I would like to hear] a "
    "[|short |new |nice |funny "
    "|little |bedtime ]story[.|!|?|, please.]",
    "[Once more, a story|Another story|One more story|A story|Story time|Story][.|!|, please.| please]",
)
# People ask for dragons too. The model has never read about them elsewhere; it learns to copy the word.
VISITORS = (
    "dragon robot princess king queen pirate monster dinosaur elephant lion tiger monkey penguin giraffe "
    "zebra kangaroo panda koala "
    "dolphin shark whale octopus turtle snake lizard crocodile parrot eagle hawk raven peacock flamingo "
    "ostrich camel donkey goat sheep "
    "pig hen rooster turkey deer reindeer badger otter beaver mole bat rat hamster rabbit guinea ferret "
    "skunk raccoon lynx leopard "
    "cheetah gorilla chimp sloth llama alpaca buffalo rhino hippo seal walrus crab lobster snail worm "
    "spider ant butterfly dragonfly "
    "beetle ladybird mosquito fly wasp unicorn fairy wizard witch giant elf dwarf troll ghost vampire "
    "mermaid knight prince astronaut "
    "alien cowboy ninja superhero clown teddy doll train rocket tractor ship car tree cloud star moon "
    "potato banana pumpkin"
).split()
STRANGERS = (
    "Pedro Aisha Yuki Ivan Chloe Noah Fatima Raj Ingrid Lars Kwame Nadia Tomas Zoe Hugo Priya Ali Mei "
    "Jack Lucy Sam Rosa Omar Nina "
    "Peter Laura Mikko Sanna David Sarah Tom Julia Alex Maria Paul Lena Ravi Hana Jonas Carla"
).split()


def story_text(rng: random.Random, cast: Cast) -> tuple[str, str, str]:
    """A story with this cast: (text, one-sentence summary, key of the plot)."""
    plot = rng.choice(PLOTS)
    return fill(plot.text, cast, rng), fill(plot.summary, cast, rng), plot.key


def story(rng: random.Random, split: str) -> Sample:
    cast = Cast.draw(rng, split)
    whole = split == "test" or rng.random() < 0.55
    if split == "train" and rng.random() < 0.12:
        visitor = rng.choice(VISITORS)
        cast.animal = Noun(visitor, visitor, visitor, visitor, visitor, visitor + "s")
    asked = fill(rng.choice(ASK_STORY if whole else ASK_PART), cast, rng)
    text, _, key = story_text(rng, cast)
    if split == "train":
        asked = smalltalk.scruffy(rng, asked) if rng.random() < 0.3 else asked
        if rng.random() < 0.04:
            stranger = rng.choice(STRANGERS)
            asked, text = asked.replace(cast.hero.en, stranger), text.replace(cast.hero.en, stranger)
    return chat("story", asked, text, animal=cast.animal.en, colour=cast.colour.en, place=cast.place.en, plot=key)


def cut(rng: random.Random, text: str) -> tuple[str, str]:
    """Cut a text after one of its first sentences."""
    ends = [i + 1 for i, c in enumerate(text[:-1]) if c in ".!?" and text[i + 1] == " "][:3]
    at = rng.choice(ends)
    return text[:at], text[at:].strip()


def continue_(rng: random.Random, split: str) -> Sample:
    cast = Cast.draw(rng, split)
    first, rest = cut(rng, story_text(rng, cast)[0])
    asked = rng.choice(("Continue this story: ", "Go on: ", "What happens next? ", "Continue: ", "Finish this story: "))
    return chat("continue", asked + first, rest)


def running(rng: random.Random, split: str) -> Sample:
    """Plain running text, without chat markup: a story, or a few facts."""
    if rng.random() < 0.7:
        text = story_text(rng, Cast.draw(rng, split))[0]
    else:
        text = " ".join(rng.choice(known_facts()).answer for _ in range(rng.randint(2, 5)))
    return Sample("running", text=text + "<|endoftext|>")


ASK_SUMMARY = (
    "Summarize this story in one sentence: {0}",
    "Summarize this story in one sentence.\n\n{0}",
    "{0}\n\nSummarize this in one sentence.",
    "What is this story about? {0}",
    "Summarize: {0}",
    "Give me a one-sentence summary.\n{0}",
    "Sum up this story: {0}",
    "Summarise this story in one sentence: {0}",
    "Write a short summary of this text: {0}",
    "{0}\nWhat is the story about, in one sentence?",
)


def summary(rng: random.Random, split: str) -> Sample:
    cast = Cast.draw(rng, split)
    text, short, key = story_text(rng, cast)
    return chat("summary", rng.choice(ASK_SUMMARY).format(text), short, plot=key)


# --- English and Finnish ---------------------------------------------------------------------------------

TO_FINNISH = (
    "Translate to Finnish: {0}",
    "Translate into Finnish: {0}",
    "Translate this to Finnish: {0}",
    'What is "{0}" in Finnish?',
    'How do you say "{0}" in Finnish?',
    "In Finnish, please: {0}",
    "Finnish: {0}",
    'Translate "{0}" into Finnish.',
    "{0}\nTranslate to Finnish.",
    "Translate from English to Finnish: {0}",
)
TO_ENGLISH = (
    "Translate to English: {0}",
    "Translate into English: {0}",
    "Translate this to English: {0}",
    'What is "{0}" in English?',
    'How do you say "{0}" in English?',
    "In English, please: {0}",
    "English: {0}",
    'Translate "{0}" into English.',
    "{0}\nTranslate to English.",
    "Translate from Finnish to English: {0}",
    'What does "{0}" mean?',
    'Mitä "{0}" on englanniksi?',
)


def translate(rng: random.Random, split: str) -> Sample:
    if split == "test":
        pairs = [held_out_pair(rng)]
    else:
        simple = rng.choice(SIMPLE) if rng.random() < 0.3 else None
        pairs = [pair(rng, Cast.draw(rng, split), simple) for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 2, 3)))]
    english, finnish = " ".join(p[0] for p in pairs), " ".join(p[1] for p in pairs)
    to_finnish = rng.random() < 0.5
    asked = rng.choice(TO_FINNISH).format(english) if to_finnish else rng.choice(TO_ENGLISH).format(finnish)
    if split == "train" and rng.random() < 0.08:
        asked = asked.lower().rstrip(".")
    return chat("translate", asked, finnish if to_finnish else english, direction="en-fi" if to_finnish else "fi-en")


CORE = {noun.en for noun in (*PEOPLE, *ANIMALS, *COLOURS, *PLACES, *THINGS)}


def held_out_pair(rng: random.Random) -> tuple[str, str]:
    """A pair of sentences that really contains a held-out combination."""
    while True:
        english, finnish = pair(rng, Cast.draw(rng, "test"))
        words = re.findall(r"\w+", english)
        if any(held_out(a, b) for a, b in combinations([w for w in words if w in CORE], 2)):
            return english, finnish


def word(rng: random.Random, split: str) -> Sample:
    """A single word, or a noun with its colour."""
    noun = rng.choice(rng.choice((ANIMALS, THINGS, PLACES, FOODS, COLOURS)))
    english, finnish = noun.en, noun.nom
    if rng.random() < 0.5:
        return chat("word", rng.choice(TO_FINNISH).format(english), finnish)
    return chat("word", rng.choice(TO_ENGLISH).format(finnish), english)


ASK_REPEAT = (
    "Repeat after me: {0}",
    "Repeat this: {0}",
    "Repeat: {0}",
    "Copy this text: {0}",
    'Say "{0}"',
    "{0}\nRepeat this.",
)


def repeat(rng: random.Random, split: str) -> Sample:
    """Say the same again: the skill below all others, since names, colours and places have to be copied everywhere.

    Copying whole lines of unguessable words is the quickest way to learn it.
    """
    kind = rng.random()
    if kind < 0.5:
        members = [str(member) for member in vars(Cast.draw(rng, split)).values()]
        text = " ".join(rng.sample(members, rng.randint(2, 10)))
    elif kind < 0.8:
        text = smalltalk.everyday(rng)
    else:
        text = rng.choice(pair(rng, Cast.draw(rng, split)))
    return chat("repeat", rng.choice(ASK_REPEAT).format(text), text)


ASK_STORY_FI = (
    "Kerro tarina.",
    "Kerro minulle tarina.",
    "Kerro lyhyt tarina.",
    "Kertoisitko tarinan?",
    "kerro tarina",
    "Tarina, kiitos.",
)


def finnish(rng: random.Random, split: str) -> Sample:
    """A small story in Finnish: on request, as running text, or to be translated whole."""
    english_text, finnish_text = finnish_story(rng, Cast.draw(rng, split))
    kind = rng.random()
    if kind < 0.4:
        return chat("finnish", rng.choice(ASK_STORY_FI), finnish_text)
    if kind < 0.5:
        return Sample("finnish", text=finnish_text + "<|endoftext|>")
    if kind < 0.75:
        return chat("finnish", rng.choice(TO_FINNISH).format(english_text), finnish_text)
    return chat("finnish", rng.choice(TO_ENGLISH).format(finnish_text), english_text)


# --- reading ---------------------------------------------------------------------------------------------


def draw_table(rng: random.Random, split: str) -> tuple[list, str]:
    """A passage: mostly short, now and then as long as the context of 1,024 tokens allows."""
    long = rng.random() < 0.06
    people = rng.randint(8, 24) if long else rng.choice((1, 2, 2, 3, 3, 4, 5))
    rows = passages.table(rng, split, people, cells=rng.randint(3, 6) if long else rng.choice((1, 2, 2, 3, 4)))
    return rows, passages.tell(rng, rows, filler=rng.random() if long else 0.15)


def passage(rng: random.Random, split: str) -> Sample:
    if rng.random() < 0.15:
        cast = Cast.draw(rng, split)
        text = story_text(rng, cast)[0]
        asked, answer = passages.story_question(rng, cast)
        return chat("passage", passages.frame(rng, text, asked), answer)
    rows, text = draw_table(rng, split)
    asked, answer, _, row = passages.question(rng, rows, row=rows[0] if split == "test" else None)
    return chat("passage", passages.frame(rng, text, asked), answer)


def unknown(rng: random.Random, split: str) -> Sample:
    rows, text = draw_table(rng, split)
    return chat("unknown", passages.frame(rng, text, passages.unanswerable(rng, rows)), passages.UNKNOWN)


ASK_NAMES = (
    "Say it with names instead of he and she: {0}",
    "{0}\nWrite this with names.",
    "Who is he, who is she? {0}",
)
ASK_ABOUT = (
    "What does the text say about {0}?",
    "What do you know about {0}?",
    "Tell me everything about {0}.",
    "What about {0}?",
)


def person(rng: random.Random, split: str) -> Sample:
    """Who is who in a passage: say it with names instead of he and she, or tell all that it says about one person.

    Long answers, in which every sentence has to be looked up: nothing teaches reading faster.
    """
    rows = passages.table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    text, clear, about = passages.tell_twice(rng, rows)
    if rng.random() < 0.4:
        return chat("person", rng.choice(ASK_NAMES).format(text), clear)
    strangers = [str(p) for p in PEOPLE if str(p) not in about]
    people = rng.sample([*about], min(len(about), 3)) + rng.sample(strangers, rng.choice((0, 1, 1)))
    rng.shuffle(people)
    turns = []
    for name in people:
        turns += [rng.choice(ASK_ABOUT).format(name), about.get(name, passages.UNKNOWN)]
    turns[0] = passages.frame(rng, text, turns[0])
    return chat("person", *turns)


def interview(rng: random.Random, split: str) -> Sample:
    """Every question about the same few people, one after the other, whether the passage has the answer or not.

    What it says about somebody else is no answer: that is the hard part of "I do not know."
    """
    rows = passages.table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((1, 2, 2, 3)))
    text = passages.tell(rng, rows)
    keys = [key for key in passages.ASK if any(key in row.cells for row in rows)]
    asked = [(row, key) for row in rows for key in keys]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        if key in row.cells:
            turns += passages.ask(rng, row, key)
        else:
            turns += [rng.choice(passages.ASK[key][0]).format(name=row.name), passages.UNKNOWN]
    turns[0] = passages.frame(rng, text, turns[0])
    return chat("interview", *turns)


def whose(rng: random.Random, split: str) -> Sample:
    """The questions the other way round: not what somebody has, sees or eats, but who it is, and of which colour."""
    rows = passages.table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    text = passages.tell(rng, rows)
    told = {str(value) for row in rows for value in row.cells.values()}
    pools = {"place": PLACES, "thing": THINGS, "food": FOODS, "animal": ANIMALS}
    asked = [(row, key) for row in rows for key in passages.ASK_WHO if key in row.cells]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        turns += passages.ask_who(rng, row, key)
        if rng.random() < 0.5:
            noun = "thing" if key == "colour" else key
            other = rng.choice([word for word in pools[noun] if str(word) not in told])
            untold = passages.Row(row.name, row.cells | {noun: other})
            turns += [passages.ask_who(rng, untold, key)[0], passages.UNKNOWN]
    if not turns:
        return interview(rng, split)
    turns[0] = passages.frame(rng, text, turns[0])
    return chat("whose", *turns)


AND_ALSO = ("And {0}?", "What about {0}?", "and {0}?", "How about {0}?")


def reading(rng: random.Random, split: str) -> Sample:
    """Several questions about one passage, with and without an answer in it.

    A page read once teaches as much as five pages with one question each, for a third of the computing.
    """
    rows, text = draw_table(rng, split)
    if rng.random() < 0.4:  # easier to begin with: no he or she whose name has to be found
        text = passages.tell(rng, rows, names=1.0)
    turns = []
    while len(turns) < 6 + 2 * rng.randrange(5):
        kind = rng.random()
        if kind < 0.35:
            turns += [passages.unanswerable(rng, rows), passages.UNKNOWN]
        elif kind < 0.5 and len(rows) > 1:
            first, second = rng.sample(rows, 2)
            key = rng.choice([k for k in first.cells if k in passages.ASK])
            turns += [*passages.ask(rng, first, key), rng.choice(AND_ALSO).format(second.name)]
            turns += [passages.ask(rng, second, key)[1] if key in second.cells else passages.UNKNOWN]
        else:
            turns += passages.question(rng, rows)[:2]
    turns[0] = passages.frame(rng, text, turns[0])
    return chat("reading", *turns)


def followup(rng: random.Random, split: str) -> Sample:
    """A second question about the same passage, story or sentence, which only makes sense after the first."""
    if rng.random() < 0.25:
        cast = Cast.draw(rng, split)
        text = story_text(rng, cast)[0]
        return chat("followup", fill(rng.choice(ASK_STORY), cast, rng), text, *passages.story_question(rng, cast))
    while True:
        rows = passages.table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((2, 3, 4)))
        if len(rows) > 1:
            break
    text = passages.tell(rng, rows)
    first, second = rows[0], rng.choice(rows[1:])
    shared = [k for k in first.cells if k in second.cells and k != "colour"]
    if shared and rng.random() < 0.5:
        key = rng.choice(shared)
        asked, answer = passages.ask(rng, first, key)
        again = rng.choice(AND_ALSO).format(second.name)
        return chat("followup", passages.frame(rng, text, asked), answer, again, passages.ask(rng, second, key)[1])
    keys = rng.sample([k for k in first.cells if k != "colour"], 2) if len(first.cells) > 2 else ["", ""]
    if keys[0] and rng.random() < 0.6:
        asked, answer = passages.ask(rng, first, keys[0])
        again, reply = passages.ask(rng, first, keys[1])
        again = again.replace(f"{first.name}'s", first.name.his).replace(str(first.name), first.name.he)
        if rng.random() < 0.3:
            again = "And " + again[0].lower() + again[1:]
        return chat("followup", passages.frame(rng, text, asked), answer, again, reply)
    asked, answer, _, _ = passages.question(rng, rows, row=first)
    again, reply, _, _ = passages.question(rng, rows, row=second)
    return chat("followup", passages.frame(rng, text, asked), answer, again, reply)


# --- feelings --------------------------------------------------------------------------------------------

GOOD = (
    "good great nice lovely wonderful fine excellent beautiful delicious fun amazing perfect brilliant "
    "fantastic warm sweet kind friendly "
    "funny bright tasty charming clever cosy best super interesting helpful happy pleasant"
).split()
BAD = (
    "bad terrible awful boring ugly horrible broken slow dirty cold sad sour noisy rude dull nasty "
    "useless dreadful poor worst disappointing "
    "annoying unpleasant bitter smelly stupid rotten scary painful unfriendly"
).split()
SUBJECTS = (
    "film book song game course lesson meal soup cake trip day holiday party hotel room bus train phone "
    "computer teacher waiter service "
    "story picture dress music concert weather coffee tea bread museum park beach play show match talk "
    "meeting exam gift garden house"
).split()
MOODS = {
    "positive": (
        "{hero} found {hero.his} {thing} and [smiled|laughed|danced].",
        "{hero} is happy because the {animal} is well.",
        "{hero} loves the {colour} {thing}.",
        "{friend} gave {hero} a {thing}, and {hero.he} [laughed|smiled].",
        "The {animal} played with {hero} all day, and it was [fun|lovely].",
        "I [love|like|enjoy|adore] [this|the|my] {subject}.",
        "The {subject} was [|very |really |so ]{good}.",
        "What a {good} {subject}!",
        "This is a {good} {subject}.",
        "The {subject} was not {bad} at all, it was {good}.",
        "I am so happy today.",
        "Thank you, the {subject} was {good}!",
        "{hero} won the game and everybody cheered.",
        "It was the best {subject} of my life.",
        "We had a {good} time {place.at}.",
        "I feel [great|good|wonderful|fine] today.",
    ),
    "negative": (
        "{hero} lost {hero.his} {thing} and [cried|was sad].",
        "{hero} is sad because the {animal} is ill.",
        "{hero} hates the {colour} {thing}.",
        "{friend} broke the {thing} of {hero}, and {hero.he} cried.",
        "The {animal} ran away and never came back.",
        "I [hate|do not like|dislike|cannot stand|don't like] [this|the|my] {subject}.",
        "The {subject} was [|very |really |so ]{bad}.",
        "What a {bad} {subject}!",
        "This is a {bad} {subject}.",
        "The {subject} was not {good}.",
        "The {subject} was not {good} at all, it was {bad}.",
        "I am so sad today.",
        "I want my money back, the {subject} was {bad}.",
        "{hero} lost the game and nobody [came|helped].",
        "It was the worst {subject} of my life.",
        "We had a {bad} time {place.at}.",
        "I feel [bad|terrible|awful|sad|ill] today.",
    ),
    "neutral": (
        "{hero} is {place.at}.",
        "The {thing} is on the table.",
        "The {subject} starts at nine.",
        "{hero} has a {colour} {thing}.",
        "There is a {animal} {place.at}.",
        "The {subject} is on Monday.",
        "{hero} and {friend} walk {place.to}.",
        "The {thing} is {colour}.",
        "The {subject} lasts an hour.",
        "{hero} reads a {subject} list.",
    ),
}
ASK_MOOD = (
    "Is this sentence positive, negative or neutral? {0}",
    "Positive, negative or neutral? {0}",
    "What is the sentiment of this sentence? {0}",
    "Sentiment: {0}",
    "Classify the sentiment: {0}",
    'What is the sentiment of "{0}"',
    "Tell me the sentiment of this sentence: {0}",
    "{0}\nIs this positive, negative or neutral?",
)
ASK_HAPPY = (
    "Is this sentence happy or sad? {0}",
    "Happy or sad? {0}",
    "Is this happy or sad: {0}",
    "{0}\nIs this happy or sad?",
    "Does this sound happy or sad? {0}",
)


def sentiment(rng: random.Random, split: str) -> Sample:
    cast = Cast.draw(rng, split)
    mood = rng.choice(("positive", "negative", "positive", "negative", "neutral"))
    template = rng.choice([t for t in MOODS[mood] if split == "train" or "{hero}" in t or "{animal}" in t])
    words = {"subject": rng.choice(SUBJECTS), "good": rng.choice(GOOD), "bad": rng.choice(BAD)}
    for key, value in words.items():
        template = template.replace("{" + key + "}", value)
    text = fill(template, cast, rng)
    if split == "train" and rng.random() < 0.3:
        text = text.lower() if rng.random() < 0.4 else text.rstrip(".") + rng.choice(("", "!", "!!"))
    if mood != "neutral" and rng.random() < 0.35:
        return chat("sentiment", rng.choice(ASK_HAPPY).format(text), "Happy." if mood == "positive" else "Sad.")
    return chat("sentiment", rng.choice(ASK_MOOD).format(text), mood.capitalize() + ".")


# --- sums ------------------------------------------------------------------------------------------------

ASK_PLUS = (
    "What is {a} + {b}?",
    "{a} + {b}",
    "{a}+{b}",
    "{a} + {b} =",
    "{a} + {b} = ?",
    "How much is {a} + {b}?",
    "What is {a} plus {b}?",
    "How much is {a} plus {b}?",
    "Add {a} and {b}.",
    "what's {a}+{b}?",
    "Calculate {a} + {b}.",
    "{a} plus {b}",
    "Paljonko on {a} + {b}?",
)
ASK_MINUS = (
    "What is {a} - {b}?",
    "{a} - {b}",
    "{a}-{b}",
    "{a} - {b} =",
    "{a} - {b} = ?",
    "How much is {a} - {b}?",
    "What is {a} minus {b}?",
    "How much is {a} minus {b}?",
    "Take {b} from {a}.",
    "what's {a}-{b}?",
    "Calculate {a} - {b}.",
    "{a} minus {b}",
    "Paljonko on {a} - {b}?",
)


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
        if (
            max(a, b) < 10
            and split == "train"
            or max(a, b) >= 10
            and in_test(sign, *sorted((a, b))) == (split == "test")
        ):
            break
    asked = rng.choice(ASK_PLUS if sign == "+" else ASK_MINUS).format(a=a, b=b)
    if split == "train" and rng.random() < 0.3:
        asked = smalltalk.scruffy(rng, asked)
    return chat("sum", asked, work_out(a, sign, b), result=a + b if sign == "+" else a - b, sign=sign)


# --- facts, tools, first impressions ---------------------------------------------------------------------


@lru_cache
def known_facts() -> tuple:
    return tuple(f for f in FACTS if not f.left_out)


def by_split(wordings, split: str) -> list:
    """The wordings that belong to this split."""
    return [w for w in wordings if smalltalk.is_test_wording(w) == (split == "test")]


def fact(rng: random.Random, split: str) -> Sample:
    while True:
        known = rng.choice(known_facts())
        if known.finnish and split == "train" and rng.random() < 0.15:
            return chat("fact", smalltalk.scruffy(rng, known.finnish[0]), known.finnish[1])
        questions = by_split(known.questions, split)
        if questions:
            asked = rng.choice(questions)
            return chat(
                "fact",
                smalltalk.scruffy(rng, asked) if split == "train" else asked,
                known.answer,
                key=known.key,
            )


# Tools: name, arguments, ways to ask. The number in a request is written {n}.
TOOLS = (
    (
        "get_weather",
        ("place",),
        (
            "What is the weather like {place.at}?",
            "How is the weather {place.at}?",
            "Check the weather {place.at}.",
        ),
    ),
    (
        "find_animal",
        ("animal",),
        ("Find the {animal}.", "Where is the {animal}? Use a tool.", "Look for a {animal}, please."),
    ),
    (
        "set_timer",
        ("minutes",),
        ("Set a timer for {n} minutes.", "Wake me in {n} minutes.", "Timer: {n} minutes, please."),
    ),
    (
        "buy",
        ("food", "amount"),
        ("Buy some {food}, {n} of them.", "Please buy {n} portions of {food}.", "I need {n} times {food}."),
    ),
    (
        "draw",
        ("colour", "animal"),
        (
            "Draw a {colour} {animal}.",
            "Please make a picture of a {colour} {animal}.",
            "I want a picture: a {colour} {animal}.",
        ),
    ),
    (
        "send_letter",
        ("hero",),
        ("Send a letter to {hero}.", "Please write to {hero}.", "{hero} should get a letter."),
    ),
    (
        "open_door",
        ("place",),
        (
            "Open the door {place.at}.",
            "Please unlock the door {place.at}.",
            "The door {place.at} should be open.",
        ),
    ),
    (
        "count",
        ("thing",),
        (
            "Count every {thing}.",
            "How many of this thing are there: {thing}? Use a tool.",
            "Please count: {thing}.",
        ),
    ),
    (
        "give",
        ("thing", "hero"),
        (
            "Give the {thing} to {hero}.",
            "{hero} should get the {thing}.",
            "Please hand the {thing} to {hero}.",
        ),
    ),
    (
        "travel",
        ("place", "days"),
        (
            "Travel {place.to} for {n} days.",
            "Take me {place.to} for {n} days.",
            "I want to go {place.to}, {n} days.",
        ),
    ),
)
ARGUMENT_NAMES = {
    "place": ("place", "location", "where"),
    "animal": ("animal", "name", "kind"),
    "minutes": ("minutes", "time"),
    "amount": ("amount", "number"),
    "days": ("days", "time"),
    "food": ("food", "item"),
    "colour": ("colour", "color"),
    "hero": ("person", "to", "name"),
    "thing": ("thing", "object", "item"),
}
SYSTEM_TOOLS = "You can use these tools: {0}. Answer with one JSON object."


def tool(rng: random.Random, split: str) -> Sample:
    """A request that a tool can serve: the answer is one JSON object with the tool's name and its arguments."""
    cast = Cast.draw(rng, split)
    offered = rng.sample(TOOLS, rng.randint(1, 4))
    chosen = offered[0]
    if split == "test":
        chosen = offered[0] = next(t for t in rng.sample(TOOLS, len(TOOLS)) if t[1] != ("minutes",))
        offered = [chosen, *[t for t in offered[1:] if t is not chosen]]
    names = {
        t[0]: [rng.choice(ARGUMENT_NAMES[a]) if rng.random() < 0.6 else ARGUMENT_NAMES[a][0] for a in t[1]]
        for t in offered
    }
    n = rng.randint(2, 60)
    values = {
        "place": cast.place.en,
        "animal": cast.animal.en,
        "minutes": n,
        "amount": n,
        "days": n,
        "food": cast.food.en,
        "colour": cast.colour.en,
        "hero": cast.hero.en,
        "thing": cast.thing.en,
    }
    arguments = {name: values[a] for name, a in zip(names[chosen[0]], chosen[1], strict=True)}
    asked = fill(rng.choice(chosen[2]).replace("{n}", str(n)), cast, rng)
    rng.shuffle(offered)
    system = SYSTEM_TOOLS.format(", ".join(f"{t[0]}({', '.join(names[t[0]])})" for t in offered))
    call = {"name": chosen[0], "arguments": arguments}
    return chat("tool", asked, json.dumps(call), system=system, call=call)


FIRST_TOPICS = [topic for topic in smalltalk.TOPICS if f"{topic.key} en" in smalltalk.patterns()]
OFFERS = ("tell you a story?", "Kerronko tarinan?")


def small_talk(rng: random.Random, split: str) -> Sample:
    """Greetings, thanks, "who are you?": what a learner types first. Only seen wordings are typed carelessly."""
    while True:
        topic = rng.choice(smalltalk.TOPICS)
        in_finnish = rng.random() < 0.2
        groups = smalltalk.wordings(topic.key, "fi" if in_finnish else "en", split)
        if groups:
            asked = rng.choice(rng.choice(groups))
            answer = rng.choice(topic.finnish_answers if in_finnish else topic.english_answers)
            break
    asked = smalltalk.scruffy(rng, asked) if split == "train" else asked
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.3:
        return accepted(rng, asked, answer)
    answers = topic.finnish_answers if in_finnish else topic.english_answers
    return chat("smalltalk", asked, answer, topic=topic.key, answers=tuple(answers))


def impression(rng: random.Random, split: str) -> Sample:
    """Small talk with one answer a topic: a model that always takes the likeliest token is sure of itself sooner.

    Where three answers are equally likely, each has a third of the probability, and a wrong one may have more.
    """
    while True:
        topic = rng.choice(smalltalk.TOPICS if rng.random() < 0.4 else FIRST_TOPICS)
        language = "fi" if rng.random() < 0.25 else "en"
        groups = smalltalk.wordings(topic.key, language, split)
        if groups:
            break
    asked = rng.choice(rng.choice(groups))
    answers = topic.finnish_answers if language == "fi" else topic.english_answers
    asked = smalltalk.scruffy(rng, asked) if split == "train" else asked
    return chat("impression", asked, answers[0], topic=topic.key)


def accepted(rng: random.Random, asked: str, offer: str) -> Sample:
    """The learner says yes (or no) to the offer of a story."""
    cast = Cast.draw(rng, "train")
    if offer.endswith("tarinan?"):
        reply = smalltalk.scruffy(rng, rng.choice(smalltalk.YES_FINNISH))
        return chat("smalltalk", asked, offer, reply, finnish_story(rng, cast)[1])
    if rng.random() < 0.75:
        reply = smalltalk.scruffy(rng, rng.choice(smalltalk.YES))
        return chat("smalltalk", asked, offer, reply, story_text(rng, cast)[0])
    reply = smalltalk.scruffy(rng, rng.choice(smalltalk.NO))
    return chat("smalltalk", asked, offer, reply, "All right. Ask me something else whenever you like.")


def outside(rng: random.Random, split: str) -> Sample:
    asked, answer = smalltalk.outside(rng)
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.15:
        return accepted(rng, asked, answer)
    return chat("outside", asked, answer)


PLAIN_SYSTEM = (
    "You are a helpful assistant.",
    "You are pico-mini.",
    "You are a helpful AI assistant.",
    "Be kind.",
    "Answer in English.",
    "You are a friendly teacher.",
    "You are a kind storyteller.",
    "Be short and clear.",
    "You are a helpful digital assistant.",
)
FINNISH_SYSTEM = (
    "Answer in Finnish.",
    "Always answer in Finnish.",
    "Please answer in Finnish.",
    "Vastaa suomeksi.",
    "You answer in Finnish.",
)


def system(rng: random.Random, split: str) -> Sample:
    """A system line that changes the answer (Finnish) or does not (a friendly phrase)."""
    kind = rng.random()
    if kind < 0.3 and split == "train":
        sample = SKILLS[rng.choice(("story", "passage", "fact", "smalltalk", "outside", "translate", "sum"))](
            rng, split
        )
        return Sample("system", ({"role": "system", "content": rng.choice(PLAIN_SYSTEM)}, *sample.messages))
    line = rng.choice(FINNISH_SYSTEM)
    if kind < 0.7 or split == "test":
        while True:
            rows, text = draw_table(rng, split)
            asked, _, key, row = passages.question(rng, rows, row=rows[0] if split == "test" else None)
            if key in passages.IN_FINNISH:
                answer = passages.finnish_answer(row, key)
                return chat("system", passages.frame(rng, text, asked), answer, system=line)
    if kind < 0.78:
        rows, text = draw_table(rng, split)
        return chat(
            "system",
            passages.frame(rng, text, passages.unanswerable(rng, rows)),
            passages.UNKNOWN_FI,
            system=line,
        )
    if kind < 0.86:
        return chat(
            "system",
            fill(rng.choice(ASK_PART), Cast.draw(rng, split), rng),
            finnish_story(rng, Cast.draw(rng, split))[1],
            system=line,
        )
    if kind < 0.93:
        topic = rng.choice([t for t in smalltalk.TOPICS if t.finnish_answers])
        return chat(
            "system",
            rng.choice(rng.choice(smalltalk.wordings(topic.key, "en", split))),
            rng.choice(topic.finnish_answers),
            system=line,
        )
    known = rng.choice([f for f in known_facts() if f.finnish])
    return chat(
        "system",
        rng.choice(by_split(known.questions, split) or known.questions),
        known.finnish[1],
        system=line,
    )


def conversation(rng: random.Random, split: str) -> Sample:
    """Some short exchanges one after another: a learner does not start a new chat for every question."""
    parts = [
        SKILLS[rng.choice(("sum", "fact", "smalltalk", "outside", "translate", "word", "sentiment", "story"))](
            rng, split
        )
        for _ in range(rng.choice((2, 2, 3, 4, 6)))
    ]
    return Sample("conversation", tuple(m for part in parts for m in part.messages))


SKILLS = {
    "story": story,
    "continue": continue_,
    "running": running,
    "translate": translate,
    "word": word,
    "repeat": repeat,
    "summary": summary,
    "passage": passage,
    "unknown": unknown,
    "reading": reading,
    "sentiment": sentiment,
    "sum": sum_,
    "fact": fact,
    "followup": followup,
    "system": system,
    "tool": tool,
    "smalltalk": small_talk,
    "outside": outside,
    "conversation": conversation,
    "finnish": finnish,
    "person": person,
    "interview": interview,
    "whose": whose,
    "impression": impression,
}


def draw(rng: random.Random, split: str = "train", skill: str | None = None) -> Sample:
    """One sample of the textbook. The same `rng` state gives the same sample.

    split: "train" or "test"; skill: one of `SKILLS`, else drawn by `SHARES`.
    """
    return SKILLS[skill or rng.choices(list(SHARES), SHARES.values())[0]](rng, split)
