"""Exercises, warm-up and quizzes of notebook 08, building a small language model."""

from __future__ import annotations

import math

from course_utils.pico.training import thesis

from . import own_words
from .engine import Exercise, function, given, number
from .quiz import Quiz, WarmUp

# --- 1: the leak


def _leaked(train, test):
    seen = set(train)
    return sum(text in seen for text in test) / len(test)


def _loosely(train, test):
    seen = {text.casefold().strip() for text in train}
    return sum(text.casefold().strip() in seen for text in test) / len(test)


def _used_up(train, test):
    left, hits = list(train), 0
    for text in test:
        if text in left:
            left.remove(text)
            hits += 1
    return hits / len(test)


def _share(expected: float):
    """Whether a result is this share, and a number: False for 0 would be an answer to another question."""

    def judge(result):
        if isinstance(result, bool):
            return "True or False says whether there is a leak. Wanted is how large it is: a share from 0 to 1."
        return result is not None and abs(float(result) - expected) < 1e-6

    return judge


LEAKS = [
    ((["a", "b", "c", "d", "e"], ["a", "x", "y", "z"]), 0.25),
    ((["a fox", "an owl"], ["a fox", "a fox", "a hen", "a cat", "an elk"]), 0.4),
    ((["An owl", "a cat "], ["an owl", "a cat", "a hen", "An owl"]), 0.25),
    ((["owl", "cat"], ["cat", "ow"]), 0.5),
    ((["a", "a", "b", "c"], ["x", "a", "b", "y", "z"]), 0.4),
    ((["a", "a", "b"], ["a", "a", "x", "y"]), 0.5),
    ((["a"], ["x", "y"]), 0),
]

q1 = Exercise(
    "08.q1",
    "leaked",
    judge=function([(inputs, _share(share)) for inputs, share in LEAKS]),
    right="That is the first number to compute before you believe a score, anybody's score.",
    right_examples=[_leaked, lambda train, test: len([t for t in test if t in train]) / len(test)],
    known_wrong=[
        (
            lambda train, test: any(text in train for text in test),
            "True or False says whether there is a leak. Wanted is how large it is: a share from 0 to 1.",
        ),
        (
            lambda train, test: sum(text in test for text in train) / len(train),
            "That is a share of the training. Wanted is the share of the examination: go through `test`.",
        ),
        (
            lambda train, test: sum(text in train for text in test) / len(train),
            "You count in the examination, so divide by `len(test)`, not by `len(train)`.",
        ),
        (
            lambda train, test: sum(text in train for text in test),
            "That is how many. A share is that number divided by `len(test)`.",
        ),
        (
            lambda train, test: len(set(train) & set(test)) / len(set(test)),
            "A text that stands in the examination twice also counts twice. Count in the list, not in a set.",
        ),
        (
            lambda train, test: len(set(train) & set(test)) / len(test),
            "A set keeps one of two equal texts, and `len(test)` counts both. Count in the list itself.",
        ),
        (lambda train, test: 1 - _leaked(train, test), "That is the share that did **not** leak. Turn it round."),
        (
            lambda train, test: sum(a == b for a, b in zip(train, test, strict=False)) / len(test),
            "Those are texts at the same place of both lists. A leak may stand anywhere: ask `text in train`.",
        ),
        (
            lambda train, test: 100 * _leaked(train, test),
            "The number is right, as a percentage. A share from 0 to 1 is wanted.",
        ),
        (lambda train, test: round(_leaked(train, test)), "Do not round: a quarter is 0.25."),
        (
            lambda train, test: sum(text in " ".join(train) for text in test) / len(test),
            "A text counts only when it is there as a **whole**: *ow* is not in a list that holds *owl*.",
        ),
        (
            lambda train, test: 1 / len(test) if _leaked(train, test) else 0,
            "That stops at the first leak. Go on to the end, and count them all.",
        ),
        (_loosely, "Here a text counts only if it is the same letter by letter, capitals and blanks included."),
        (
            _used_up,
            "Two copies in the examination are two leaks, also of one training page. And leave `train` as it is.",
        ),
    ],
    hints=[
        "For one text the question is `text in train`. Count for how many texts of `test` it is true.",
        "`sum(text in seen for text in test)` counts, where `seen = set(train)`. Then divide.",
    ],
    code=("def leaked(train, test):\n    seen = set(train)\n    return sum(text in seen for text in test) / len(test)"),
    why="A set finds a text at once, a list looks through all its entries: with 20,000 pages you feel the difference.",
)

# --- 2: the first loss

q2 = Exercise(
    "08.q2",
    "answer_2",
    judge=number(math.log(2048), within=0.005, unit="nats"),
    right="Each token has a probability of about 1/2048, and −ln(1/2048) is ln(2048) = 7.62.",
    right_examples=[7.62, math.log(2048), 7.6],
    known_wrong=[
        (11, "That is the logarithm to base 2: 11 bits. The loss is counted in nats, with `math.log`."),
        (3.311, "That is the logarithm to base 10. `math.log` is the natural one."),
        (1 / 2048, "That is the probability of each token. The loss is minus its logarithm."),
        (-math.log(2048), "Almost: the logarithm of a small probability is negative, and the loss is **minus** that."),
        (2048, "That many tokens are possible. How likely is each, and what is minus the logarithm of that?"),
        (0, "A loss of 0 would mean that it is always sure, and always right."),
        (6.9, "That is the example of 1/1000. Here each token has a chance of 1/2048."),
        (0.69, "That is the example of 1/2, a choice between two tokens. Here there are 2,048."),
        (1, "A loss has no upper end at 1. Take minus the logarithm of the probability of a token."),
        (
            1 - 1 / 2048,
            "That is the chance of being wrong. The loss is minus the logarithm of the chance of being right.",
        ),
        (math.log(418_272), "That is the logarithm of the number of weights. How many tokens can come next?"),
        (math.log(96), "That is the logarithm of the numbers for one token. How many tokens can come next?"),
        (8, "Near, but rounded too far: two digits after the point.", number(8.0)),
        (math.inf, "Infinite is the loss of a model that gave the right token no chance at all. Here it has 1/2048."),
    ],
    hints=[
        "If all 2,048 tokens are equally likely, what is the probability of the one that comes next?",
        "`-math.log(1 / 2048)`",
    ],
    code="import math\n\nanswer_2 = -math.log(1 / 2048)",
    why="A training whose first loss is far from ln of the vocabulary has a fault before its first step.",
)

# --- 3: what counts


def _labels(asked, answer, length):
    return [-100] * len(asked) + list(answer) + [-100] * (length - len(asked) - len(answer))


def _row(expected: list[int]):
    """Whether a result is this row, as a list, a tuple, an array or a tensor."""

    def judge(result):
        row = result.tolist() if hasattr(result, "tolist") else result
        return isinstance(row, list | tuple) and [*map(float, row)] == [*map(float, expected)]

    return judge


ROWS = [((5, 2, 7, 8), (9, 4, 2), 9), ((6, 7), (3, 2), 4), ((1, 2, 1, 2, 5), (9, 8, 7, 2), 12), ((5,), (2,), 4)]

q3 = Exercise(
    "08.q3",
    "labels",
    judge=function([((list(a), list(b), n), _row(_labels(a, b, n))) for a, b, n in ROWS]),
    right="The end counts, the filling does not, though both are the same number: you went by place, not by number.",
    right_examples=[_labels],
    known_wrong=[
        (
            lambda asked, answer, length: [-100 if token == 2 else token for token in _labels(asked, answer, length)],
            "The end of the answer must **count**, or the model never learns to stop. "
            "It has the number of the filling, so go by its place.",
        ),
        (
            lambda asked, answer, length: list(asked) + list(answer) + [-100] * (length - len(asked) - len(answer)),
            "The question must not count: put −100 for each of its tokens.",
        ),
        (
            lambda asked, answer, length: (
                [-100] * len(asked) + list(answer) + [2] * (length - len(asked) - len(answer))
            ),
            "The filling must not count: −100, not 2. Else the model learns to write ends for ever.",
        ),
        (
            lambda asked, answer, length: [-100] * len(asked) + list(answer),
            "A row of the batch has `length` labels. Fill up with −100 behind the answer.",
        ),
        (
            lambda asked, answer, length: [-100] * (length - len(answer)) + list(answer),
            "The filling stands **behind** the answer here, so that the labels stay beside their tokens.",
        ),
        (
            lambda asked, answer, length: list(asked) + [-100] * (length - len(asked)),
            "Turned round: the question is given, and the answer is what counts.",
        ),
        (
            lambda asked, answer, length: [0 if label == -100 else label for label in _labels(asked, answer, length)],
            "0 is the number of a token, and would count. The label that does not count is −100.",
        ),
        (
            lambda asked, answer, length: [-100] * len(asked) + list(answer) + [-100] * length,
            "That is longer than `length`: subtract what question and answer take.",
        ),
        (
            lambda asked, answer, length: [label if label == -100 else 1 for label in _labels(asked, answer, length)],
            "A label says **which** token is right, so the answer keeps its own numbers.",
        ),
        (
            lambda asked, answer, length: [-100] * length,
            "Nothing counts here, so nothing would be learned. The answer keeps its own numbers.",
        ),
        (
            lambda asked, answer, length: list(answer) + [-100] * (length - len(answer)),
            "The question is missing: one −100 for each of its tokens. (And leave `asked` as it is.)",
        ),
        (
            lambda asked, answer, length: [100 if label == -100 else label for label in _labels(asked, answer, length)],
            "The minus is missing: 100 is the number of a token, −100 means that it does not count.",
        ),
    ],
    hints=[
        "Three lists, one behind the other: `[-100] * len(asked)`, the answer, and the filling.",
        "The filling is `[-100] * (length - len(asked) - len(answer))`.",
    ],
    code=(
        "def labels(asked, answer, length):\n    filling = length - len(asked) - len(answer)\n"
        "    return [-100] * len(asked) + list(answer) + [-100] * filling"
    ),
    why="A widely copied line gives −100 to every filling token by its number. Models tuned so never learned to stop.",
)

# --- 4: the adapter

q4 = Exercise(
    "08.q4",
    "answer_4",
    judge=number(8 * (576 + 192), within=0.001, unit="weights"),
    right="8 × (576 + 192) = 6,144: a plus where the big table has a times. That is the whole trick.",
    right_examples=[6144, 8 * (576 + 192)],
    known_wrong=[
        (8 * 576 * 192, "That is larger than the table itself. Two thin tables stand beside it: 576 × 8 and 8 × 192."),
        (576 * 192, "That is the big table, and it is frozen."),
        (8 * 576, "That is the first of two thin tables. The other is 8 × 192."),
        (8 * 192, "That is the second of two thin tables. The other is 576 × 8."),
        (8 * 8, "The thin tables reach along the whole side of the big one: 576 × 8 and 8 × 192."),
        (8 * 576 * 8 * 192, "Two tables: their weights are **added**, not multiplied."),
        (576 * 192 / 8, "An eighth of the table is not what LoRA trains: 576 × 8 and 8 × 192 stand beside it."),
        (576 + 192, "That would be rank 1. Here each thin table is 8 wide."),
        (576 * 192 + 6144, "The big table is frozen: count only what is trained."),
        (6144 / (576 * 192), "That is the share of the table. Wanted is how many weights."),
        (16 * (576 + 192), "Twice too many: the rank is 8, and each of the two thin tables counts once."),
        (15 * 6144, "That is for 15 layers. Wanted is one table."),
        (8 * (576 + 576), "The table is not square: its sides are 576 and 192."),
    ],
    hints=["Beside a table of m × n stand one of m × 8 and one of 8 × n.", "576 × 8, plus 8 × 192."],
    code="answer_4 = 576 * 8 + 8 * 192",
    why="It is one eighteenth of the table. For a table of Phi-3-mini, 3,072 × 3,072, it is one in 192.",
)

# --- 5: your own words

q5 = Exercise(
    "08.q5",
    "my_words",
    judge=lambda my_words, namespace: own_words.fault(my_words, namespace) is None,
    right="Your words, in wordings it never saw, and its old skills are still there. That is fine-tuning.",
    right_examples=[given(**own_words.DONE)],
    known_wrong=[(given(**names), fault, own_words.met(fault)) for names, fault in own_words.WRONG],
    hints=[
        'Replace the `...` by your own list: `my_words = {"guitar": "kitara", "rocket": "raketti"}`, twenty of them.',
        "Then run the two cells that follow: the training reads `words`, which is your list now.",
    ],
    code=f"my_words = {own_words.TWENTY!r}",
    why="The check looks at what your model answers to your words, and at what is left of its old skills.",
)

# --- 6: the neighbour

q6 = Exercise(
    "08.q6",
    "answer_6",
    judge=number(1.2, within=0.005),
    right="The scale is 8.4 / 7 = 1.2, 0.9 / 1.2 = 0.75 rounds to 1, and 1 × 1.2 = 1.2. The −0.4 and the 0.2 become 0.",
    right_examples=[1.2, round(0.9 / 1.2) * 1.2],
    known_wrong=[
        (0.9, "It stays only if it is a multiple of the scale. The scale is 8.4 / 7."),
        (1, "1 is the whole number that is stored. Multiply it back by the scale."),
        (0, "0.9 is nearer to one step of 1.2 than to none."),
        (0.75, "That is 0.9 divided by the scale. Round it, and multiply back."),
        (8.4, "That is what becomes of the outlier itself: it fits exactly."),
        (1.05, "You divided by 8. The largest whole number of int4 is 7 here, for −7 to 7."),
        (
            1.12,
            "You divided by 15. The 15 whole numbers reach to **both** sides: the scale is the largest weight over 7.",
        ),
        (round(0.9 / (8.4 / 127)) * 8.4 / 127, "That is int8, with 127. int4 has 7."),
        (0.9 / 8.4, "The scale is the largest weight **over 7**. Then round, and multiply back."),
        (0.9 * 8.4, "First divide by the scale, then round, then multiply by it."),
        (-1.2, "The sign stays: 0.9 is positive."),
        (7, "7 is the whole number of the outlier. The question is the 0.9."),
    ],
    hints=[
        "The scale is the largest weight divided by 7, the largest whole number of int4.",
        "The scale is 1.2. Divide 0.9 by it, round, multiply back.",
    ],
    code="answer_6 = round(0.9 / (8.4 / 7)) * (8.4 / 7)",
    why="That is why methods for large models treat outliers apart, or move them into the neighbouring table.",
)

# --- 7: the thesis


def _equal_tokens() -> float:
    """Tokens after which the big model has used the computing of the whole training of the small one."""
    runs = thesis.results()["runs"]
    small, big = runs["small-textbook"], runs["big-web"]
    return small["tokens"] * small["parameters"] / big["parameters"]


EQUAL, ALL, SMALL, BIG = _equal_tokens(), 2_048_090, 529_056, 3_258_480

q7 = Exercise(
    "08.q7",
    "answer_7",
    judge=number(EQUAL, within=0.01, unit="tokens"),
    right="About 333,000 tokens, a sixth of the way: for the same computing the big one reads a sixth as much.",
    right_examples=[EQUAL, ALL * SMALL / BIG, 333_000],
    known_wrong=[
        (ALL, "At that point it had used six times as much: it has six times the parameters."),
        (ALL * BIG / SMALL, "Turned upside down: more parameters, **fewer** tokens for the same computing."),
        (BIG / SMALL, "That is how many times bigger the model is. Divide the tokens by it."),
        (SMALL / BIG, "That is the share. Of how many tokens?"),
        (6 * SMALL * ALL, "Those are the FLOPs of `small-textbook`. Divide them by 6 × the parameters of `big-web`."),
        (6.5e12, "Those are the FLOPs of `small-textbook`. Divide them by 6 × the parameters of `big-web`, exactly."),
        (6 * SMALL * ALL / BIG, "The factor 6 stands on **both** sides, so it falls away."),
        (
            SMALL * ALL / BIG / 6,
            "The 6 of the rule has nothing to divide here: it stands on both sides and falls away.",
        ),
        (ALL / 2, "Half of the tokens is where the losses meet. Here the **computing** is to be equal."),
        (ALL - EQUAL, "Those are the tokens that were left to read. After how many was it equal?"),
        (32 * EQUAL, "Tokens, not pages: nothing more is to be multiplied."),
        (ALL / 36, "Six times as big means a sixth of the tokens, once and not squared."),
        (
            (332, 537),
            "Python takes `332,537` for two numbers. Write `332_537`.",
            lambda answer: isinstance(answer, tuple) and len(answer) == 2,
        ),
    ],
    hints=[
        "6 × parameters × tokens must be the same for both. What can you cancel?",
        "529,056 × 2,048,090 = 3,258,480 × ...",
    ],
    code="answer_7 = 529_056 * 2_048_090 / 3_258_480",
    why="Papers compare at equal tokens or at equal computing, whichever flatters. Always ask which.",
)

# --- 8: balance

q8 = Exercise(
    "08.q8",
    "answer_8",
    judge=number(142, within=0.001, unit="sentences"),
    right="171 of each. A whole book must be rewritten to balance one word pair: curating is work.",
    right_examples=[142],
    known_wrong=[
        (171, "29 sentences with *she* are there already."),
        (71, "That would be right if you could turn sentences round. Adding leaves the 171 as they are."),
        (100, "Half of the 200 is what each side would have if nothing were added. The 171 stay."),
        (29, "Then there are 171 and 58."),
        (200, "That many sentences there are now. How many are missing on one side?"),
        (342, "That is how many there are at the end, on both sides together."),
        (143, "One too many: half and half, not more than half."),
        (113, "You took the 29 away twice."),
        (-142, "The right size, the wrong way round: *she* is what is missing, so it is 171 − 29."),
        (-29, "Sentences are added, so their number is above zero.", lambda answer: answer < 0),
        (0.71, "That is a share. Wanted is how many sentences."),
        (171 / 29, "That is how many times as many. Wanted is the difference."),
    ],
    hints=["At the end there must be as many with *she* as with *he*.", "171 − 29."],
    code="answer_8 = 171 - 29",
    why="The other way is to turn existing sentences round (71 of them): *counterfactual augmentation*.",
)

warm_up = WarmUp("08")

quiz = Quiz.read("08")
deeper_quiz = Quiz.read("08", "deeper_quiz")
