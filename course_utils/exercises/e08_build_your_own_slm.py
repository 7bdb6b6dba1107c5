"""Exercises, warm-up and quiz of notebook 08, building a small language model."""

from __future__ import annotations

import math
from collections.abc import Mapping

from course_utils.pico.training import thesis

from .engine import Exercise, function, given, number
from .quiz import Choice, Question, Quiz, WarmUp

# --- 1: the leak


def _leaked(train, test):
    seen = set(train)
    return sum(text in seen for text in test) / len(test)


def _of_train(train, test):
    return len(set(train) & set(test)) / len(train)


def _counted(train, test):
    return sum(text in set(train) for text in test)


def _different(train, test):
    return len(set(train) & set(test)) / len(set(test))


def _clean(train, test):
    return 1 - _leaked(train, test)


def _by_place(train, test):
    return sum(a == b for a, b in zip(train, test, strict=False)) / len(test)


q1 = Exercise(
    "08.q1",
    "leaked",
    judge=function(
        [
            ((["a", "b", "c", "d", "e"], ["a", "x", "y", "z"]), 0.25),
            ((["a", "a", "b"], ["a", "a", "c", "d", "e"]), 0.4),
            ((["a"], ["x", "y"]), 0),
            ((["owl", "cat"], ["cat", "ow"]), 0.5),
        ]
    ),
    right="That is the first number to compute before you believe a score, anybody's score.",
    right_examples=[_leaked, lambda train, test: len([t for t in test if t in train]) / len(test)],
    known_wrong=[
        (_of_train, "That is a share of the training. Wanted is the share of the examination: divide by `len(test)`."),
        (_counted, "That is how many. A share is that number divided by `len(test)`."),
        (_different, "A text that stands in the examination twice also counts twice. Count in the list, not in a set."),
        (_clean, "That is the share that did **not** leak. Turn it round."),
        (_by_place, "Those are texts at the same place of both lists. A leak may stand anywhere: ask `text in train`."),
    ],
    hints=[
        "For one text the question is `text in train`. Count for how many texts of `test` it is true.",
        "`sum(text in seen for text in test)` counts, where `seen = set(train)`. Then divide.",
    ],
    code=("def leaked(train, test):\n    seen = set(train)\n    return sum(text in seen for text in test) / len(test)"),
    why="A set finds a text at once, a list looks through all its entries: with 20,000 pages you feel the difference.",
)

# --- 2: the table

TABLE, BABY = 2048 * 96, 418_272

q2 = Exercise(
    "08.q2",
    "answer_2",
    judge=number(TABLE / BABY, within=0.01),
    right="47 %: nearly half of this model is its vocabulary. In Phi-3-mini it is 98.5 million of 3.8 billion, 2.6 %.",
    right_examples=[0.47, TABLE / BABY],
    known_wrong=[
        (TABLE, "That is the size of the table. Divide it by the size of the model."),
        (1 - TABLE / BABY, "That is the share of all the **rest**."),
        (100 * TABLE / BABY, "The number is right, as a percentage. A share between 0 and 1 is wanted.", number(47.0)),
        (BABY / TABLE, "Turned upside down: the part divided by the whole."),
        (2048 / BABY, "A row has 96 numbers, not one."),
    ],
    hints=["A table of 2,048 rows with 96 numbers each: how many numbers?", "That, divided by 418,272."],
    code="answer_2 = 2048 * 96 / 418_272",
    why="This model uses one table at both ends (tied embeddings). With two tables it would be more than half.",
)

# --- 3: the first loss

q3 = Exercise(
    "08.q3",
    "answer_3",
    judge=number(math.log(2048), within=0.02, unit="nats"),
    right="Each token has a probability of about 1/2048, and −ln(1/2048) is ln(2048) = 7.62.",
    right_examples=[7.62, math.log(2048), 7.6],
    known_wrong=[
        (11, "That is the logarithm to base 2: 11 bits. The loss is counted in nats, with `math.log`."),
        (3.311, "That is the logarithm to base 10. `math.log` is the natural one.", number(3.311)),
        (1 / 2048, "That is the probability of each token. The loss is minus its logarithm."),
        (-math.log(2048), "Almost: the logarithm of a small probability is negative, and the loss is **minus** that."),
        (2048, "That many tokens are possible. How likely is each, and what is minus the logarithm of that?"),
        (0, "A loss of 0 would mean that it is always sure, and always right."),
    ],
    hints=[
        "If all 2,048 tokens are equally likely, what is the probability of the one that comes next?",
        "`-math.log(1 / 2048)`",
    ],
    code="import math\n\nanswer_3 = -math.log(1 / 2048)",
    why="A training whose first loss is far from ln of the vocabulary has a fault before its first step.",
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
    ],
    hints=["Beside a table of m × n stand one of m × 8 and one of 8 × n.", "576 × 8, plus 8 × 192."],
    code="answer_4 = 576 * 8 + 8 * 192",
    why="It is one eighteenth of the table. For a table of Phi-3-mini, 3,072 × 3,072, it is one in 192.",
)

# --- 5: the neighbour

q5 = Exercise(
    "08.q5",
    "answer_5",
    judge=number(0, plus_minus=0.01),
    right="The scale is 7 / 7 = 1, and 0.3 rounds to 0. All the small ones die for the sake of the giant.",
    right_examples=[0, 0.0],
    known_wrong=[
        (0.3, "It stays only if it is a multiple of the scale. The scale is 7.0 / 7."),
        (1, "The steps are 1 apart, that is right. But which whole number is nearest to 0.3?"),
        (0.5, "int4 keeps whole multiples of the scale, and the scale is 1: half steps do not exist."),
        (2, "You divided by 0.15 or so: the scale depends on the **largest** weight, which is 7.0.", number(2.0)),
        (7, "That is what becomes of the outlier itself: it fits exactly."),
    ],
    hints=[
        "The scale is the largest weight divided by 7, the largest whole number of int4.",
        "The scale is 1.0. Divide 0.3 by it, round, multiply back.",
    ],
    code="answer_5 = round(0.3 / (7.0 / 7)) * (7.0 / 7)",
    why="That is why methods for large models treat outliers apart, or move them into the neighbouring table.",
)

# --- 6: the thesis


def _equal_tokens() -> float:
    """Tokens after which the big model has used the computing of the whole training of the small one."""
    runs = thesis.results()["runs"]
    small, big = runs["small-textbook"], runs["big-web"]
    return small["tokens"] * small["parameters"] / big["parameters"]


EQUAL, ALL, SMALL, BIG = _equal_tokens(), 2_048_090, 529_056, 3_258_480

q6 = Exercise(
    "08.q6",
    "answer_6",
    judge=number(EQUAL, within=0.02, unit="tokens"),
    right="About 333,000 tokens, a sixth of the way: for the same electricity the big one reads a sixth as much.",
    right_examples=[EQUAL, ALL * SMALL / BIG, 333_000],
    known_wrong=[
        (ALL, "At that point it had used six times as much: it has six times the parameters."),
        (ALL * BIG / SMALL, "Turned upside down: more parameters, **fewer** tokens for the same computing."),
        (BIG / SMALL, "That is how many times bigger the model is. Divide the tokens by it."),
        (6 * SMALL * ALL, "Those are the FLOPs of `small-textbook`. Divide them by 6 × the parameters of `big-web`."),
        (
            SMALL * ALL / BIG / 6,
            "The factor 6 stands on both sides, so it falls away.",
        ),
    ],
    hints=[
        "6 × parameters × tokens must be the same for both. What can you cancel?",
        "529,056 × 2,048,090 = 3,258,480 × ...",
    ],
    code="answer_6 = 529_056 * 2_048_090 / 3_258_480",
    why="Papers compare at equal tokens or at equal computing, whichever flatters. Always ask which.",
)

# --- 7: balance

q7 = Exercise(
    "08.q7",
    "answer_7",
    judge=number(160, within=0.001, unit="sentences"),
    right="180 of each. A whole book must be rewritten to balance one word pair: curating is work.",
    right_examples=[160],
    known_wrong=[
        (180, "Twenty sentences with *she* are there already."),
        (80, "That would be right if you could turn sentences round. Adding leaves the 180 as they are."),
        (20, "Then there are 180 and 40."),
        (200, "That many sentences there are now. How many are missing on one side?"),
        (360, "That is how many there are at the end, on both sides together."),
    ],
    hints=["At the end there must be as many with *she* as with *he*.", "180 − 20."],
    code="answer_7 = 180 - 20",
    why="The other way is to turn existing sentences round (80 of them): *counterfactual augmentation*.",
)

# --- 8: your own words

FEW = "A few words more: a list of **twenty** is what an evening with a dialect gives."
NO_DICTIONARY = 'Write a dictionary: `{"guitar": "kitara", "rocket": "raketti"}`.'
NO_TEXTS = "Words and meanings are texts, in quotes."
OTHER = "The model was trained on another list. Run the cells of this section again, from `my_words` on."
UNLEARNED = (
    "It answers fewer than 8 of 10 of them. Give `learn` more steps, or make the meanings shorter, and run it again."
)
LOST = "It knows your words, but an old skill is below 70 %. Mix in more rehearsal than 0.4, and run it again."


def _fault(my_words, namespace: Mapping) -> str | None:
    if not isinstance(my_words, Mapping):
        return NO_DICTIONARY
    if not all(isinstance(text, str) and text.strip() for pair in my_words.items() for text in pair):
        return NO_TEXTS
    if len(my_words) < 20:
        return FEW
    if dict(namespace["words"]) != dict(my_words):
        return OTHER
    if namespace["learned"] < 0.8:
        return UNLEARNED
    return LOST if min(namespace["kept_skills"].values()) < 0.7 else None


def _is(fault: str):
    return lambda my_words, namespace: _fault(my_words, namespace) == fault


ENGLISH = (
    "uncle aunt cousin neighbour nephew niece twins wedding funeral birthday attic cellar hallway roof chimney fence"
)
FINNISH = (
    "setä täti serkku naapuri veljenpoika veljentytär kaksoset häät hautajaiset syntymäpäivä ullakko kellari eteinen"
)
ENGLISH, FINNISH = (
    ENGLISH + " ladder bucket shovel rake",
    FINNISH + " katto savupiippu aita tikkaat ämpäri lapio harava",
)
TWENTY = dict(zip(ENGLISH.split(), FINNISH.split(), strict=True))
DONE = {"words": TWENTY, "learned": 0.95, "kept_skills": {"translate": 0.95, "sum": 0.9}}

q8 = Exercise(
    "08.q8",
    "my_words",
    judge=lambda my_words, namespace: _fault(my_words, namespace) is None,
    right="Your words, your model, on your machine, and it has kept its old skills. That is fine-tuning.",
    right_examples=[given(my_words=TWENTY, **DONE)],
    known_wrong=[
        (given(my_words={"a": "b"}, **DONE), FEW, _is(FEW)),
        (given(my_words=["guitar", "kitara"], **DONE), NO_DICTIONARY, _is(NO_DICTIONARY)),
        (given(my_words={"a": 1}, **DONE), NO_TEXTS, _is(NO_TEXTS)),
        (given(my_words=TWENTY, **(DONE | {"words": {"guitar": "kitara"}})), OTHER, _is(OTHER)),
        (given(my_words=TWENTY, **(DONE | {"learned": 0.4})), UNLEARNED, _is(UNLEARNED)),
        (given(my_words=TWENTY, **(DONE | {"kept_skills": {"translate": 0.3, "sum": 0.9}})), LOST, _is(LOST)),
    ],
    hints=[
        'Replace the `...` by your own list: `my_words = {"guitar": "kitara", "rocket": "raketti"}`, twenty of them.',
        "Then run the two cells that follow: the training reads `words`, which is your list now.",
    ],
    code=f"my_words = {TWENTY!r}",
    why="The check looks at what your model answers to your words, and at what is left of its old skills.",
)

warm_up = WarmUp("08")

quiz = Quiz(
    "08",
    [
        Question(
            "08.held-out",
            "Why are examination pages **held out** of the training?",
            [
                Choice("To make the training shorter.", False, "A few pages less make no difference to the time."),
                Choice(
                    "So that a good score cannot come from memory.",
                    True,
                    "The parrot passes an exam of pages that it has seen.",
                ),
                Choice("Because they are too hard to learn.", False, "They are of the same kind, only never shown."),
            ],
        ),
        Question(
            "08.first-loss",
            "A model with a vocabulary of 32,064 starts its training with a loss of 25. What do you think?",
            [
                Choice(
                    "Normal: big models start high.",
                    False,
                    "ln(32,064) is 10.4, however many parameters the model has.",
                ),
                Choice("Good: it has much to learn.", False, "Worse than guessing evenly is no good start."),
                Choice(
                    "Something is broken before the first step.",
                    True,
                    "Even odds would give 10.4. At 25 it is sure of wrong things.",
                ),
            ],
        ),
        Question(
            "08.lora",
            "What does **LoRA** leave untouched?",
            [
                Choice(
                    "All the weights of the model.",
                    True,
                    "Only thin tables beside them learn, and these can be taken off again.",
                ),
                Choice("The new skill.", False, "The skill is what it learns."),
                Choice(
                    "Every old skill, with certainty.",
                    False,
                    "While the thin tables are on, old skills can suffer. Measure.",
                ),
            ],
        ),
        Question(
            "08.soft",
            "What does a student get from **soft targets** that a hard label does not tell?",
            [
                Choice("The right answer.", False, "The hard label tells that, too."),
                Choice(
                    "Which other tokens would have been nearly as good.",
                    True,
                    "The whole opinion of the teacher, and not only its first choice.",
                ),
                Choice("The weights of the teacher.", False, "It sees only what the teacher says, its probabilities."),
            ],
        ),
        Question(
            "08.outlier",
            "Why do blocks of 32 survive 4 bits better than one scale for a table?",
            [
                Choice(
                    "An outlier spoils 31 neighbours, not the whole table.",
                    True,
                    "Each block has a scale that fits its own largest weight.",
                ),
                Choice("They use more bits for each whole number.", False, "4 bits each, in both cases."),
                Choice("They leave the outliers out.", False, "Each outlier is rounded, too, in its own block."),
            ],
        ),
        Question(
            "08.bias",
            "A shop says: “Our model is small, and so it has no bias.” What do you answer?",
            [
                Choice("True: less data, less bias.", False, "Forty steps of a skewed text were enough for any size."),
                Choice("False: small models are always more biased.", False, "That is not what was measured either."),
                Choice(
                    "Size says nothing. What did you measure?",
                    True,
                    "The leaning followed the text, in the small model and in the bigger one.",
                ),
            ],
        ),
        Question(
            "08.sure",
            "The model gave each token of its answer a probability above 98 %. Is the answer true?",
            [
                Choice("Yes, nearly certainly.", False, "There were inventions it was just as sure of."),
                Choice(
                    "It is a usual continuation. That is all it says.",
                    True,
                    "Probability measures the likeness to the training text.",
                ),
                Choice("No: too sure is a sign of invention.", False, "What it knows it says with the same certainty."),
            ],
        ),
    ],
)
