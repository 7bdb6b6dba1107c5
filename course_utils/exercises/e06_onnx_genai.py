"""Exercises, warm-up and quizzes of notebook 06, ONNX Runtime and its generative loop."""

from __future__ import annotations

import re
import string

import numpy as np

from .engine import Exercise, function, given, number
from .quiz import Quiz, WarmUp

q1 = Exercise(
    "06.q1",
    "answer_1",
    judge=number(46_080, within=0.001, unit="bytes"),
    right="30 layers, a key and a value each, 3 heads, 64 numbers a head, 4 bytes a number: 46,080 bytes a token.",
    right_examples=[46080, 30 * 2 * 3 * 64 * 4],
    known_wrong=[
        (23_040, "That is half of it. A layer keeps a key **and** a value, and a float32 number takes **4** bytes."),
        (11_520, "These are the numbers. Each takes 4 bytes."),
        (5760, "That is the numbers of the keys alone. There are values, too, and a number takes 4 bytes."),
        (1536, "That is one layer only. There are 30."),
        (768, "That is one key or one value of one layer. How many of them are there?"),
        (384, "These are the numbers of one layer. There are 30 layers, and a number takes 4 bytes."),
        (192, "These are the numbers of one key. Count all keys and values, and 4 bytes a number."),
        (6144, "That is pico-mini, with its 4 layers. SmolLM2 has 30."),
        (15_360, "The 3 heads are missing: each has its own 64 numbers."),
        (92_160, "That is twice as much. `present` is the same cache a step later, so count `past_key_values` only."),
        (46_080 * 1024, "That is the cache of 1,024 tokens. One token is wanted here."),
        (46_080 * 8192, "That is the cache of a full context of 8,192 tokens. One token is wanted here."),
        (2 * 2048 * 4, "2,048 is pico-mini's vocabulary. A key has 3 heads of 64 numbers."),
        (30 * 2 * 2048 * 4, "2,048 is the vocabulary, not the length of a key: 3 heads of 64 numbers."),
    ],
    hints=[
        "Each layer has two names that begin with `past_key_values`: a key and a value.",
        "Each of those has 3 heads with 64 numbers for every token, and float32 takes 4 bytes.",
    ],
    code="answer_1 = 30 * 2 * 3 * 64 * 4",
    why="SmolLM2's graph has 60 entries `past_key_values`. A full context of 8,192 tokens takes 377 MB.",
)

ZERO = "0 is not low: logits below 0 are common, so 0 can even raise a chance."
LESS = "Less likely is not never: another score may fall as low. Give it the lowest score there is."
REMOVED = "Removing scores moves all later tokens to other ids. Keep the shape, one score for every entry."
FIRST = "Some of the ids are forbidden, others can still be drawn. `ids` can hold several."
TURNED = "That is the wrong way around: only the forbidden tokens are left."
ALL = "Now every token is forbidden, and nothing is left to draw. Change the scores of `ids` only."
HIGHEST = "A forbidden token has got a **higher** score than before. Minus infinity is the lowest."
NO_NUMBER = "A score has become nan, which is no number, and the choice breaks. Use minus infinity."
OTHERS = "The scores of the other tokens must stay as they were. `ids` are the places to change."


def _scores(seed: int, around: float) -> np.ndarray:
    """As many scores as pico-mini's vocabulary has entries, in the shape that the library hands out."""
    return (np.random.default_rng(seed).normal(around, 4, (1, 1, 2048))).astype(np.float32)


def _forbidden(before: np.ndarray, ids):
    """A check of what `forbid` returned for these scores and ids."""

    def fault(result):
        if not isinstance(result, np.ndarray):
            return False
        if result.shape != before.shape:
            return REMOVED
        old, new = before[0, 0].astype(np.float64), result[0, 0].astype(np.float64)
        others = np.setdiff1d(np.arange(len(old)), ids)
        if np.isnan(new).any():
            return NO_NUMBER
        if np.isneginf(new).all():
            return ALL
        if (new[ids] > old[ids]).any():
            return ZERO if (new[ids] == 0).all() else HIGHEST
        if np.isneginf(new[others]).all():
            return TURNED
        with np.errstate(over="ignore", under="ignore"):
            drawn = np.exp(new[ids] - new.max()) > 0
        if not np.allclose(new[others], old[others]):
            return OTHERS
        if drawn.any():
            return FIRST if not drawn.all() else ZERO if (new[ids] == 0).all() else LESS
        return True

    return fault


# As `encode` gives them, as a list, many; scores of the usual size, and all far below 0.
CASES = [
    (_scores(1, 0), np.array([394], dtype=np.int32)),
    (_scores(2, -900), [7, 0, 2047]),
    (_scores(3, 300), np.arange(1000, 1300, dtype=np.int64)),
]


def _forbid(logits, ids):
    logits[0, 0, ids] = -np.inf
    return logits


def _forbid_by_adding(logits, ids):
    bias = np.zeros((1, 1, 2048))
    bias[0, 0, ids] = -np.inf
    return logits + bias


def _forbid_by_keeping(logits, ids):
    keep = np.ones(2048, bool)
    keep[ids] = False
    return np.where(keep, logits, -np.inf)


def _forbid_by_zero(logits, ids):
    logits[0, 0, ids] = 0
    return logits


def _forbid_by_less(logits, ids):
    logits[0, 0, ids] -= 20
    return logits


def _forbid_by_removing(logits, ids):
    return np.delete(logits, ids, axis=2)


q2 = Exercise(
    "06.q2",
    "forbid",
    judge=function([((scores, ids), _forbidden(scores, ids)) for scores, ids in CASES]),
    right="Minus infinity becomes a probability of exactly 0, whatever the other scores are.",
    right_examples=[_forbid, _forbid_by_adding, _forbid_by_keeping],
    known_wrong=[
        (_forbid_by_zero, ZERO, lambda forbid: _said(forbid) == ZERO),
        (_forbid_by_less, LESS, lambda forbid: _said(forbid) == LESS),
        (_forbid_by_removing, REMOVED, lambda forbid: _said(forbid) == REMOVED),
    ],
    hints=[
        "`favour` adds to a score. Here the score itself must become so low that no other can be lower.",
        "`logits[0, 0, ids] = ...` sets the scores of all these ids at once. What is the lowest number there is?",
    ],
    code=("import numpy as np\n\ndef forbid(logits, ids):\n    logits[0, 0, ids] = -np.inf\n    return logits"),
    why="`softmax` turns a score into e to the power of it, and e to the power of minus infinity is 0.",
)


def _said(forbid) -> str | None:
    """What is wrong with the first case in which something is."""
    for scores, ids in CASES:
        fault = _forbidden(scores, ids)(forbid(scores.copy(), ids))
        if fault is not True:
            return fault
    return None


MOODS = ("Positive.", "Negative.")
OTHER_WORDS = "Neutral Native Creative Relative Passive Positively Posative Negitive Pos Neg NitPig I yes no".split()


def _near_misses() -> list[str]:
    """Texts that are nearly one of the two moods: what a pattern that is nearly right lets through."""
    signs = sorted(set(string.ascii_letters) | set(" .,!?;:-_0|\n\t\u00e4"))
    found = {"", ".", "..", " ", *OTHER_WORDS, *(f"{word}." for word in OTHER_WORDS)}
    for mood in MOODS:
        word, other = mood[:-1], next(text for text in MOODS if text != mood)
        found |= {word, f"{mood} ", f" {mood}", f"{mood}\n", f"{mood} I think.", f"Very {mood}", f"{mood} {other}"}
        found |= {mood + mood, word + mood, word + other, mood + other, f"{word}..", f"{word}...", f"{word} or {other}"}
        found |= {mood.lower(), mood.upper(), mood.swapcase(), mood[::-1], f"{word}|{other}", f"{word}\\."}
        for at in range(len(mood) + 1):
            found |= {mood[:at] + sign + mood[at:] for sign in signs}  # one sign more
            found |= {mood[:at] + sign + mood[at + 1 :] for sign in signs}  # another sign
            found |= {mood[:at], mood[at:], mood[:at] + mood[at + 1 :], mood[:at] + 2 * mood[at : at + 1] + mood[at:]}
            found |= {mood[:at] + other[end:] for end in range(len(other) + 1)}  # half of this and half of that
    return sorted(found - set(MOODS), key=lambda text: (len(text), text))


NEAR_MISSES = _near_misses()
SIGNS = {"\n": "a new line", "\t": "a tab", " ": "a blank"}


def _two_moods(answer) -> bool | str:
    if isinstance(answer, re.Pattern):
        return "`set_guidance` takes a text: write the pattern itself, without `re.compile`."
    if not isinstance(answer, str):
        return 'Write the pattern as a text, for example r"yes|no".'
    try:
        pattern = re.compile(answer)
    except re.error as error:
        return f"This is not a regular expression: {error}."
    foreign = re.search(r"\\[bBZ]|\(\?<?[=!]|\(\?[>#]|\\\d|\(\?P=", answer)  # Python knows these, the library does not
    if foreign:
        return f"GenAI's patterns do not know `{foreign[0]}`. Leave it out: the whole answer has to fit anyway."
    missing = [text for text in MOODS if not pattern.fullmatch(text)]
    if missing:
        return f"The pattern does not let the model say “{missing[0]}”."
    extra = next((text for text in NEAR_MISSES if pattern.fullmatch(text)), None)
    if extra is None:
        return True
    shown = extra.replace("\n", "⏎").replace("\t", "⇥") or "nothing at all"
    return f"The pattern also lets the model say “{shown}”."


def _exactly(*patterns: str):
    return lambda answer: answer in patterns


q3 = Exercise(
    "06.q3",
    "answer_3",
    judge=_two_moods,
    right=f"Two answers are left, full stop included: {len(NEAR_MISSES):,} near misses were tried, and none fits.",
    right_examples=[r"(Positive|Negative)\.", r"Positive\.|Negative\.", r"(Posi|Nega)tive\."],
    known_wrong=[
        (
            "Positive|Negative",
            "The full stop is missing: pico-mini ends a sentence with one, and now it cannot.",
            lambda answer: (
                all(re.fullmatch(answer, mood[:-1]) for mood in MOODS)
                and not any(re.fullmatch(answer, mood) for mood in MOODS)
            ),
        ),
        (
            r".*\.",
            "That lets nearly anything through, such as `I do not know.` Name the two words.",
            lambda answer: any(re.fullmatch(answer, text) for text in ("Maybe.", "I do not know.", "Hello.")),
        ),
        (
            r"(Positive|Negative).",
            "A bare `.` stands for **any** sign, so `Negative!` fits as well. Write `\\.` for a full stop.",
            lambda answer: all(re.fullmatch(answer, f"{mood[:-1]}{end}") for mood in MOODS for end in ".!x"),
        ),
        (
            r"Positive|Negative\.",
            "`|` reaches as far as it can: this is `Positive` or `Negative.`. Put brackets around the two words.",
            _exactly(r"Positive|Negative\.", r"Negative|Positive\."),
        ),
        (
            r"[Positive|Negative]+\.",
            "Square brackets mean **one of these letters**, so whole words get lost. Round brackets group words.",
            lambda answer: re.search(r"\[\w+\|\w+\]", answer),
        ),
        (
            r"(positive|negative)\.",
            "A pattern knows great and small letters: pico-mini writes `Positive.`, with a capital.",
            lambda answer: (
                all(re.fullmatch(answer, mood.lower()) for mood in MOODS)
                and not any(re.fullmatch(answer, mood) for mood in MOODS)
            ),
        ),
        (
            r"(Positive|Negative)\.?",
            "The full stop can be left out here. It has to be there, once: `\\.` alone.",
            lambda answer: all(re.fullmatch(answer, text) for mood in MOODS for text in (mood, mood[:-1])),
        ),
        (
            r"(Positive|Negative)\.+",
            "More than one full stop fits here. One is wanted: `\\.` alone.",
            lambda answer: all(re.fullmatch(answer, mood + ".") for mood in MOODS),
        ),
        (
            r"(Positive|Negative|Neutral)\.",
            "This still lets the model be neutral. Leave that choice out.",
            lambda answer: re.search("neutral", answer, re.IGNORECASE),
        ),
        (
            "Positive. or Negative.",
            "That is one fixed sentence. The sign for a choice is `|`.",
            lambda answer: "|" not in answer and "Positive" in answer and "Negative" in answer,
        ),
    ],
    hints=[
        "A choice is written `(this|that)`.",
        "A full stop that means itself is written `\\.`. Put `r` before the quotes so that `\\` stays as it is.",
    ],
    code=r'answer_3 = r"(Positive|Negative)\."',
    why=(
        "Try it: `write('Is this sentence positive, negative or neutral? The bus is red.', "
        "guidance=('regex', answer_3))`."
    ),
)

q4 = Exercise(
    "06.q4",
    "answer_4",
    judge=number(4.5, within=0.005, unit="bits"),
    right="4 bits for the weight, and 32 bits of scale shared by 64 weights: 4.5 bits each.",
    right_examples=[4.5, (4 * 64 + 32) / 64],
    known_wrong=[
        (4, "That is the weight alone. Each group of 64 weights also needs its scale."),
        (5, "That would be right for groups of 32 weights. These have 64."),
        (6, "The share is upside down: 32 bits of scale are divided among 64 weights."),
        (
            4.25,
            "That would be right for a scale of 16 bits, or for a group of 128. Here it is a float32, for 64 weights.",
        ),
        (4.0625, "A scale is a float32, so it has 4 **bytes**, not 4 bits."),
        (4.125, "A scale is a float32, so it has 32 **bits**: 4 bytes of 8 bits."),
        (36, "36 are the bytes of a whole group, or a weight with a whole scale. Share the group among its weights."),
        (288, "These are the bits of the whole group. Divide them by its weights."),
        (
            0.5,
            "That is the share of the scale alone. The weight has its own 4 bits.",
        ),
        (
            8,
            "Two weights share a byte in int4. That is 4 bits a weight, and a share of the scale comes on top.",
        ),
        (8.5, "Two weights share a byte, so a weight has 4 bits, not 8. The share of the scale is right."),
        (5.5, "Count one scale for a group. Nothing else is stored with it."),
        (32, "That is float32, before it was quantized."),
        (
            4 + 32 / 192,
            "One scale serves a **group** of 64 weights here, not a whole column of 192.",
            lambda a: 4.16 < float(a) < 4.18,
        ),
    ],
    hints=[
        "Take one group: 64 weights of 4 bits, and one scale of 32 bits.",
        "All bits of the group, divided by its 64 weights.",
    ],
    code="answer_4 = (64 * 4 + 32) / 64",
    why="The name int4 hides the scales. With groups of 32, as built above, it is 5 bits, and a little more exact.",
)

SOMETHING = "Something was saved: without rewinding each question brings the passage along."
SHARE = "That is a share. A number of tokens is wanted: a multiple of `passage_tokens`."
READINGS = "These are readings or questions. How many *tokens* is that? Multiply by `passage_tokens`."
THRICE = "Almost: the passage has to be read once, so with three questions it is saved only twice."
ONCE = "The passage is saved for every question after the first, and there were three questions."
PEOPLE = "The eight people are all in one passage. What counts is how often it is read: there were three questions."
NEARLY = "Nearly. Each reading that falls away has all the tokens of the passage: count them exactly."
FOUR = "That is more than was read without rewinding: three questions, so three readings. How many fell away?"
SIGN = "Count what fell away as a positive number."


def _saved(answer, namespace):
    passage = namespace["passage_tokens"]
    if isinstance(answer, str):
        return "Write it without quotes, as a number or a calculation."
    if answer is None:
        return "The value is None. Did you print it? Write `answer_5 = ...` with the calculation itself."
    tokens = float(answer)
    if tokens == 2 * passage:
        return True
    if tokens < 0:
        return SIGN
    for times, reason in ((3, THRICE), (1, ONCE), (4, FOUR), (8, PEOPLE), (7, PEOPLE)):
        if abs(tokens - times * passage) < 0.5:
            return reason
    if abs(tokens - 2 * passage) <= 8:
        return NEARLY
    return "Think of how often the passage is read without rewinding, and how often with it."


q5 = Exercise(
    "06.q5",
    "answer_5",
    judge=_saved,
    right="The passage is read once instead of three times. The longer the common beginning, the more it pays.",
    right_examples=[given(answer_5=1000, passage_tokens=500)],
    known_wrong=[
        (given(answer_5=1500, passage_tokens=500), THRICE),
        (given(answer_5=500, passage_tokens=500), ONCE),
        (given(answer_5=0, passage_tokens=500), SOMETHING, lambda answer: float(answer) == 0),
        (given(answer_5=2 / 3, passage_tokens=500), SHARE, lambda answer: 0 < float(answer) < 1),
        (
            given(answer_5=66.7, passage_tokens=500),
            "That looks like percent. A number of tokens is wanted: a multiple of `passage_tokens`.",
            lambda answer: 66 < float(answer) < 67,
        ),
        (given(answer_5=2, passage_tokens=500), READINGS, lambda answer: float(answer) in (1, 2, 3)),
        (
            given(answer_5=500 / 3, passage_tokens=500),
            "The passage is not divided among the questions. Each would have brought the whole of it along.",
            lambda answer, namespace: abs(float(answer) - namespace["passage_tokens"] / 3) < 0.5,
        ),
    ],
    hints=[
        "Without rewinding each of the three questions brings the whole passage along.",
        "With rewinding the passage is read once. So what falls away is ... times `passage_tokens`.",
    ],
    code="answer_5 = 2 * passage_tokens",
    why="Chat services do the same under the name prompt caching: a long system text is read once and kept.",
)

q6 = Exercise(
    "06.q6",
    "answer_6",
    judge=number(2.7206, within=0.01, unit="GB"),
    right="About 2.72 GB, and that is the size such a file really has: pico-mini is a good scale model.",
    right_examples=[2.72, 2.7, (3_722_578_944 * 5 / 8 + 98_500_608 * 4) / 1e9],
    known_wrong=[
        (1.91, "That is 4 bits for everything. The scales cost a bit a weight, and the embedding table is float32."),
        (
            1.86,
            "That is 4 bits a weight, and no embedding table. The scales make it 5 bits, and the table comes on top.",
        ),
        (2.255, "The embedding table is in. But with its scale a weight takes 5 bits, not 4."),
        (2.39, "Good, the scales are in. But the embedding table stays in float32: 4 bytes a weight, not 5 bits."),
        (2.326, "The embedding table is missing: 98,500,608 weights of 4 bytes each."),
        (2.425, "The embedding table has 4 bytes a weight here (float32), not 1."),
        (
            2.534,
            "That is the size in GiB, of 1,073,741,824 bytes. A GB is a billion bytes.",
            lambda a: 2.529 <= float(a) < 2.54,
        ),
        (2.524, "The embedding table has 4 bytes a weight here (float32), not 2."),
        (7.64, "That is the size in 16 bits. int4 takes less than half of it."),
        (
            15.28,
            "That is everything in float32. Only the embedding table stays so; the rest has 5 bits a weight.",
        ),
        (19.007, "The weights are in bits, the table in bytes: divide the bits of the weights by 8."),
        (5.48, "The embedding table has 32 **bits** a weight, which are 4 bytes."),
        (0.394, "That is the embedding table alone. The other weights come on top, 5 bits each."),
    ],
    hints=[
        "3,722,578,944 weights of 5 bits, and 98,500,608 weights of 32 bits. Eight bits are a byte.",
        "GB are billions of bytes: divide by 1e9 at the end.",
    ],
    code="answer_6 = (3_722_578_944 * 5 / 8 + 98_500_608 * 32 / 8) / 1e9",
    why="A model of exactly this shape, built with the same command, measured 2.72 GB on disk.",
)

warm_up = WarmUp("06")

quiz = Quiz.read("06")

deeper_quiz = Quiz.read("06", "deeper_quiz")
