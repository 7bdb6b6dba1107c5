"""The first impression: what people type before they have read anything, and pico-mini's honest answers. *Topics* are
greetings, thanks, "who are you?" and the like, each with many wordings and a few answers. Everyday questions from
*outside* of its world, mixed endlessly, get an honest answer: only many different examples can teach that it knows
nothing of weather and football. One wording in eight is never trained on, so that scores mean something."""

import random
import re
from dataclasses import dataclass
from functools import cache
from itertools import chain, product

from course_utils.pico.textbook.lists import DATA, Lines, asked, family, pairs, section, sections, split_words
from course_utils.pico.textbook.sample import in_test
from course_utils.pico.textbook.world import CHOICE

EVERYDAY_200 = DATA / "everyday_200.txt"  # the 200 everyday questions of the evaluation, one a line


@dataclass(frozen=True)
class Topic:
    """One thing people say first, in many wordings, with the answers that fit all of them."""

    key: str
    questions: dict[str, Lines]  # by language, "en" or "fi"
    answers: dict[str, Lines]


def _topic(key: str) -> Topic:
    both = {language: asked(section("topics", f"{key} {language}")) for language in ("en", "fi")}
    return Topic(key, *({language: lines[part] for language, lines in both.items()} for part in (0, 1)))


TOPICS = tuple(map(_topic, dict.fromkeys(heading.split()[0] for heading in sections("topics"))))
FIRST_TOPICS = [topic for topic in TOPICS if f"{topic.key} en" in sections("wordings")]
# What people say after an offer such as "Shall I tell you a story?"
YES, NO, YES_FINNISH = (split_words(section("replies", heading), "|") for heading in ("yes en", "no en", "yes fi"))
OUTSIDE, OUTSIDE_FINNISH = section("replies", "outside en"), section("replies", "outside fi")


def normalise(text: str) -> str:
    """Lower case, words only, single spaces: "Hello,  Pico!" and "hello pico" are one wording."""
    return " ".join(re.findall(r"\w+", text.lower().replace("'", ""))) or text.strip()


def by_split(wordings: Lines, split: str) -> Lines:
    """The wordings that belong to this split; an eighth is kept for "test", by a checksum of the words."""
    return tuple(wording for wording in wordings if in_test(normalise(wording)) == (split == "test"))


@cache
def patterns() -> dict[str, list[Lines]]:
    """The patterns of `wordings.txt`, each spelt out: {"greeting en": [("Hi", "Hi!", "Hello", ...), ...], ...}."""
    return {heading: [spelt_out(line) for line in lines] for heading, lines in sections("wordings").items()}


def spelt_out(pattern: str) -> tuple[str, ...]:
    """Every text that a pattern with "[a|b|c]" in it stands for."""
    pieces = CHOICE.split(pattern)
    options = [piece.split("|") if i % 2 else [piece] for i, piece in enumerate(pieces)]
    return tuple(dict.fromkeys("".join(chosen).strip() for chosen in product(*options)))


@cache
def wordings(key: str, language: str, split: str) -> list[tuple[str, ...]]:
    """All wordings of a topic in one split, as groups to draw from: first a group, then a wording of it."""
    topic = next(topic for topic in TOPICS if topic.key == key)
    groups = [(text,) for text in topic.questions[language]] + patterns().get(f"{key} {language}", [])
    return [group for group in (by_split(group, split) for group in groups) if group]


# First person only, and never inside quotation marks: in a story the fox may well say "I cannot find my hat".
_HONEST = re.compile(
    r"outside (of )?my (small |little )?world|not in my (small |little )?world|maailmani ulkopuolella"
    r"|\bI (really |just |also )?((do not|don't) (know|have)|cannot|can't|can not|know nothing|only know)\b"
    r"|\bI am (not able|unable) to\b|\bI'm (not able|unable) to\b|\ben (tied[aä]|osaa|voi|tunne|pysty)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*("|$)|“[^”]*(”|$)')


def honest(text: str) -> bool:
    """Whether an answer says plainly that the question is outside of what the model knows or can do."""
    return _HONEST.search(_QUOTED.sub(" ", text.replace("\u2019", "'"))) is not None


_SHORT = dict(pairs(section("replies", "short forms")))
_SHORT_PATTERN = re.compile(r"\b(" + "|".join(_SHORT) + r")\b", re.IGNORECASE)


def _typo(rng: random.Random, text: str) -> str:
    """Swap, drop or double one letter inside one word of at least four letters."""
    if not (spans := [match.span() for match in re.finditer(r"[^\W\d_]{4,}", text)]):
        return text
    start, end = rng.choice(spans)
    at = rng.randrange(start + 1, end - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind == 1 else text[:at] + text[at] + text[at:]


def scruffy(rng: random.Random, text: str) -> str:
    """The text as people really type it: small letters, typos, no full stop; a third of it unchanged."""
    if rng.random() < 0.34:
        return text
    result = text.lower() if rng.random() < 0.7 else text
    ending = rng.random()
    if ending < 0.55:
        result = result.rstrip(".?!") or result
    elif ending < 0.68 and result[-1:] in ".?!":
        result += result[-1] * rng.randrange(1, 3)
    if rng.random() < 0.4:
        result = result.replace("'", "")
    if rng.random() < 0.15:
        result = _SHORT_PATTERN.sub(lambda match: _SHORT[match.group(1).lower()], result)
    if rng.random() < 0.22:
        result = _typo(rng, result)
    if rng.random() < 0.08:
        result = result.replace("ä", "a").replace("ö", "o")
    if rng.random() < 0.06:
        result = result.replace(",", "")
    if rng.random() < 0.06:
        result = result.replace(" ", "  ", 1) if rng.random() < 0.5 else result + " "
    return result


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The words for each slot of the templates; "thing" and "topic" take all words of several others."""
    found = {heading: split_words(lines, ",") for heading, lines in sections("everyday_words").items()}
    for slot, lines in family("everyday_words", "any of").items():
        found[slot] = tuple(dict.fromkeys(word for key in split_words(lines, ",") for word in found[key]))
    return found


def with_article(noun: str) -> str:
    """Put "a" or "an" before the words, unless they have an article already."""
    if noun.startswith(("a ", "an ", "the ")):
        return noun
    vowel_sound = noun[0].lower() in "aeiou" and not noun.startswith(("uni", "uku", "euro", "one"))
    return ("an " if vowel_sound or noun.startswith(("X-", "hour", "FI")) else "a ") + noun


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def slot(rng: random.Random, name: str) -> str:
    """What fills a slot: `food`, `a_food` (with its article), `relation_cap` (with a capital letter), a number, ..."""
    if name == "number":
        return str(rng.randrange(101, rng.choice((1_000, 1_000, 10_000, 1_000_000))))
    if name in ("small", "year"):
        return str(rng.randrange(3, 100) if name == "small" else rng.randrange(1066, 2031))
    if name in words():
        return rng.choice(words()[name])
    kind = name.removeprefix("a_").removesuffix("_cap")
    if kind == "nonsense":  # a word that nobody knows, such as "zorflick"
        word = "".join(rng.choice(words()["syllables"]) for _ in range(rng.choice((2, 2, 3))))
    else:
        word = rng.choice(words()[kind])
    return with_article(word) if name.startswith("a_") else capital(word) if name.endswith("_cap") else word


def fill_one(rng: random.Random, heading: str) -> str:
    """One of the templates of a section with its slots filled; the first letter becomes a capital."""
    template = rng.choice(section("everyday_questions", heading))
    return capital(re.sub(r"{(\w+)}", lambda match: slot(rng, match[1]), template))


def dress(rng: random.Random, text: str) -> str:
    """Sometimes put a greeting, a sentence of context or a "Thanks!" around a question."""
    kind, dressed = rng.random(), text
    if kind < 0.14:
        opener = rng.choice(section("everyday_questions", "openers"))
        keep = opener.endswith((".", "!")) or text.startswith(("I ", "I'"))
        dressed = f"{opener} {text if keep else text[:1].lower() + text[1:]}"
    elif kind < 0.22 and text.endswith((".", "?", "!")):
        dressed = f"{text} {rng.choice(section('everyday_questions', 'closers'))}"
    elif 0.22 <= kind < 0.30:
        dressed = f"{fill_one(rng, 'prefaces')} {text}"
    return dressed if len(dressed.split()) <= 25 else text


def everyday(rng: random.Random) -> tuple[str, bool]:
    """One question, command or remark from outside the small world, 2 to 25 words; and whether it is Finnish (one in
    ten)."""
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(section("everyday_questions", "fixed fi")), True
    if kind < 0.10:
        return fill_one(rng, "templates fi"), True
    if kind < 0.33:
        heading = "fixed" if kind < 0.28 else "statements"
        return dress(rng, rng.choice(section("everyday_questions", heading))), False
    return dress(rng, fill_one(rng, "templates")), False


@cache
def inside() -> frozenset[str]:
    """What `outside` must not say: every wording of every topic, and the 200 everyday questions of the evaluation.
    Training never shows those: this is called decontamination."""
    groups = [EVERYDAY_200.read_text(encoding="utf-8").splitlines(), *chain(*patterns().values())]
    groups += [topic.questions[language] for topic in TOPICS for language in ("en", "fi")]
    return frozenset(normalise(text) for group in groups for text in group)


def outside(rng: random.Random) -> tuple[str, str]:
    """A question from outside of the small world, as people type it, and the honest answer to it."""
    while True:
        question, finnish = everyday(rng)
        if normalise(question) not in inside():
            return scruffy(rng, question), rng.choice(OUTSIDE_FINNISH if finnish else OUTSIDE)
