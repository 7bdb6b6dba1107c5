"""Exercises, warm-up and quizzes of notebook 02, the Phi family."""

from __future__ import annotations

import math

from . import fair
from .engine import Exercise, function, given, number
from .jobs import JOBS, unfit
from .quiz import Quiz, WarmUp
from .values import as_number

MINI = 3_821_079_552  # parameters of Phi-3.5-mini, which the notebook counts
READ = 3.4e12  # tokens it read
FILE = 2_716_566_814  # bytes of Microsoft's int4 file for a CPU
A_TOKEN = 2 * 32 * 32 * 96 * 2  # bytes of its KV cache for a token, in 16 bits

# --- 1: the 1.8 GB of the report

q1 = Exercise(
    "02.q1",
    "answer_1",
    judge=number(MINI / 2 / 2**30, within=0.013, unit="GiB"),  # the report's own 1.8 is right
    right="There is the 1.8 of the report: 1.78, bare weights, counted in GiB, without a scale, a cache or a program.",
    right_examples=[1.78, 1.8, MINI / 2 / 2**30],
    known_wrong=[
        (MINI / 2 / 1e9, "That is in GB, of 1,000,000,000 bytes. A GiB has 2 ** 30 of them."),
        (MINI * 2 / 2**30, "That is 16 bits a weight. Four bits are half a **byte**."),
        (MINI * 4 / 2**30, "That is four bytes a weight. Four **bits** are half a byte: eight bits are one."),
        (MINI * 4 / 1e9, "That is four bytes a weight, in GB. Four **bits** are half a byte, and a GiB is 2 ** 30."),
        (MINI * 0.4 / 2**30, "A byte has eight bits, not ten."),
        (MINI / 2**30, "That is a byte a weight. Four bits are half a byte.", lambda answer: 3.5 < answer < 3.65),
        (MINI / 4 / 2**30, "That is two bits a weight. Four bits are half a byte."),
        (1.7, "That is 1.78 cut off, and not rounded. Give two digits behind the point."),
        (
            FILE / 1e9,
            "That is Microsoft's file. It holds scales, and tables in more bits, too.",
            lambda answer: 2.5 < answer < 2.75,
        ),
        (MINI / 2, "That is in bytes. A GiB has 2 ** 30 of them: divide once more."),
        (MINI / 2 / 2**20, "That is in MiB, of 2 ** 20 bytes. A GiB has 2 ** 30."),
        (
            MINI * 4.5 / 8 / 2**30,
            "2.0 is 4.5 bits a weight, with a scale of 16 bits for every 32 weights; or it is the answer, rounded to "
            "a whole number. Wanted are the bare four bits, with two digits behind the point.",
        ),
        (MINI * 5 / 8 / 2**30, "That is five bits a weight, with a scale for every 32. Wanted are the bare four."),
        (
            MINI / 16 / 2**30,
            "Divided by eight twice. Four bits are half a byte, so halve the number of weights.",
            lambda answer: 0.215 < answer < 0.225,
        ),
        (MINI * 3 / 8 / 2**30, "That is three bits a weight. Take four, which is half a byte."),
    ],
    hints=["Four bits are half a byte. How many bytes are 3,821,079,552 halves?", "Divide by 2 ** 30."],
    code="answer_1 = 3_821_079_552 / 2 / 2**30",
    why="No file reaches this number. It is a floor, and honest advertising would say so.",
)

# --- 2: when the cache outweighs the model

EVEN = MINI * 2 / A_TOKEN

q2 = Exercise(
    "02.q2",
    "answer_2",
    judge=number(EVEN, within=0.01, unit="tokens"),
    right="Some 19,400 tokens, about an eighth of what the card promises. From there on you pay for memory of the "
    "conversation rather than for the model.",
    right_examples=[EVEN, 19_435, 19_400],
    known_wrong=[
        (FILE / A_TOKEN, "That is for the int4 file. Wanted are the weights in 16 bits, two bytes each."),
        (2.7e9 / A_TOKEN, "That is for 2.7 GB, the int4 file. Wanted are the weights in 16 bits, two bytes each."),
        (
            EVEN * 2,
            "Twice too many. Either the cache came out at half (it holds keys **and** values, two bytes each), or the "
            "weights at double (16 bits are two bytes).",
        ),
        (
            EVEN / 2,
            "Half of it. Either the weights came out at half (16 bits are two bytes each), or the cache at double: it "
            "is in 16 bits, too.",
        ),
        (EVEN / 4, "That is for weights of half a byte, four bits. Both are stored in 16 bits, two bytes."),
        (EVEN * 4, "Four times too many, so two slips: keys **and** values, and two bytes for each number or weight."),
        (EVEN * 32, "32 times too many: there are 32 layers **and** 32 heads. Take the bytes that were printed above."),
        (EVEN * 8, "Eight times too many: 16 bits are two bytes, not sixteen."),
        (EVEN / 1000, "That is in thousand tokens. The unit wanted: tokens."),
        (131_072, "That is the whole context. There the cache is nearly seven times as heavy as the weights."),
        (MINI * 2 / 131_072, "131,072 bytes a token is Phi-4-mini. Phi-3.5-mini keeps three times as much."),
        (A_TOKEN, "That is the cache of one token, in bytes. How many tokens does it take?"),
        (MINI * 2 / 1e9, "That is the weights, in GB. How many tokens have a cache of that weight?"),
        (MINI * 2 / 2**30, "That is the weights, in GiB. How many tokens have a cache of that weight?"),
        (MINI * 2 / 2**30 / A_TOKEN, "GiB divided by bytes. Take bytes on both sides: the weights have 7.64e9."),
        (
            A_TOKEN * 131_072 / (MINI * 2),
            "So many times as heavy as the weights is the cache of the whole context. At how many **tokens** is it as "
            "heavy as they are?",
        ),
    ],
    hints=[
        "The weights: 3,821,079,552 × 2 bytes. The cache of one token was printed above.",
        "Divide the one by the other.",
    ],
    code="answer_2 = 3_821_079_552 * 2 / (2 * 32 * 32 * 96 * 2)",
    why="Weights are paid once, the cache for each token. Somewhere the second must overtake the first.",
)

# --- 3: what may be compared

q3 = Exercise(
    "02.q3",
    "fair",
    judge=function(fair.CASES),
    right="One test, one way of asking, one source. It is the least that one may ask, and most charts in "
    "advertisements fail it.",
    right_examples=[
        lambda a, b: a.key == b.key and a.method == b.method and a.source.key == b.source.key,
        lambda a, b: (a.key, a.method, a.source) == (b.key, b.method, b.source),
    ],
    known_wrong=fair.KNOWN_WRONG,
    hints=[
        "`a.key` is the benchmark, `a.method` how it was asked, `a.source.key` where the number was read.",
        "Three things must be equal: `a.key == b.key and ...`",
    ],
    code="def fair(a, b):\n    return a.key == b.key and a.method == b.method and a.source.key == b.source.key",
    why="It is needed, and not enough: in the Phi-3 report Mistral 7B is a base model and Phi-3 an instruct model.",
)

# --- 4: the right one for the job


def _chosen(laptop, phone, receipts) -> bool | str:
    faults = [unfit(choice, job) for choice, job in zip((laptop, phone, receipts), JOBS.values(), strict=True)]
    return next(filter(None, faults), True)


GOOD = {"laptop": ("phi-3.5-mini", "int4"), "phone": ("phi-3-mini-4k", "int4"), "receipts": ("phi-3.5-vision", "bf16")}


def _wrong(name: str, choice) -> tuple:
    """A known wrong choice for one job, with what the check says about it. Those that are too big are not listed: to
    say how big, a model has to be built, and each notebook from 03 on imports this one for its warm-up."""
    because = unfit(choice, JOBS[name])
    return given(**(GOOD | {name: choice})), because, lambda *values: _chosen(*values) == because


q4 = Exercise(
    "02.q4",
    ("laptop", "phone", "receipts"),
    judge=_chosen,
    right="All three fit, know the language, and see what they must. Now measure before you believe: your own task "
    "is the only benchmark that counts.",
    right_examples=[
        given(**GOOD),
        given(laptop=("phi-4-mini", "int4"), phone=("phi-3-mini-4k-june", "int4"), receipts=("phi-3.5-vision", "int8")),
        given(laptop=("Phi-3.5-mini", "INT4"), phone=["phi-3-mini-4k", "int4"], receipts=("phi-4-multimodal", "bf16")),
    ],
    known_wrong=[
        _wrong("laptop", ("phi-3-mini-4k", "int4")),  # no Finnish
        _wrong("laptop", ("phi-4", "int4")),
        _wrong("laptop", ("int4", "phi-3.5-mini")),
        _wrong("phone", ("phi-2", "int4")),  # context
        _wrong("phone", ("phi-silica", "int4")),
        _wrong("receipts", ("phi-3-vision", "bf16")),  # one picture
        _wrong("receipts", ("phi-4", "int4")),  # no pictures
        _wrong("receipts", ("phi-3.5-vision", "16 bits")),
        _wrong("receipts", "phi-3.5-vision"),
    ],
    hints=[
        "First what it must be able to do (`show.card` tells: languages, pictures, context), then whether it fits.",
        "For the memory: `fit.predict(...)` as above. On the phone a sliding window helps.",
        "Laptop: a mini of August 2024 or later, in int4. Phone: the mini with the window. Receipts: the newer vision.",
    ],
    code=(
        'laptop = ("phi-3.5-mini", "int4")\nphone = ("phi-3-mini-4k", "int4")\nreceipts = ("phi-3.5-vision", "bf16")'
    ),
    why="First rule out what cannot do the task, then what does not fit; compare scores last, on your own task.",
)

# --- 5: the same computing, by the rule

BY_RULE = math.sqrt(MINI * READ / 20)

q5 = Exercise(
    "02.q5",
    "answer_5",
    judge=number(BY_RULE / 1e9, within=0.021, unit="billion parameters"),  # 25 and 26 are right
    right="A model of 25.5 B, for the same bill. Microsoft paid once, in training, so that each answer costs "
    "a seventh of that model's.",
    right_examples=[25.5, BY_RULE / 1e9, 25, 26],
    known_wrong=[
        (
            READ / 20 / 1e9,
            "170 billion parameters would fit the rule for the same **tokens**. But each token would then cost 44 "
            "times as much computing. Here the product of parameters and tokens stays the same.",
        ),
        (MINI * READ / 20 / 1e18, "That is the square of the answer: parameters × parameters. Take the root."),
        (
            MINI * READ / 20 / 1e9,
            "That is the square of the answer, with the billions divided out once: parameters × parameters. Take the "
            "root, then divide by 1e9.",
        ),
        (math.sqrt(MINI * READ) / 1e9, "The 20 is missing: the model reads 20 tokens for each parameter, N × 20 N."),
        (
            math.sqrt(6 * MINI * READ / 20) / 1e9,
            "The 6 stands on one side only. Both trainings cost 6 × parameters × tokens, so it drops out.",
        ),
        (
            math.sqrt(MINI * READ / 120) / 1e9,
            "The 6 was divided out of one side only. Both trainings have it, so it drops out.",
        ),
        (
            6 * MINI * READ / 1e9,
            "That is the computing itself, in billions. How big is the other model that costs as much?",
        ),
        (
            20 * MINI / 1e9,
            "So many billion **tokens** would Phi-3.5-mini read by the rule. How big is the other model?",
        ),
        (math.sqrt(READ / MINI / 20), "So many **times** bigger it is. Multiply by the 3.82 billion of Phi-3.5-mini."),
        (
            READ / MINI / 20,
            "So many times longer than the rule asks did Phi-3.5-mini read. How big is the other model?",
        ),
        (READ / MINI, "That is how many tokens it read for each parameter. How big is the other model?"),
        (20 * BY_RULE / 1e9, "Those are its tokens, in billions. By the rule it has a 20th as many parameters."),
        (
            math.sqrt(MINI * READ / 200) / 1e9,
            "One zero too few: 3.4 trillion is 3.4e12, and this is the answer for 3.4e11.",
        ),
        (MINI / 1e9, "That is Phi-3.5-mini itself. The other one reads less and is bigger."),
    ],
    hints=[
        "Parameters × tokens is the same for both, and the other model reads 20 × its parameters.",
        "N × 20 N = 3.82e9 × 3.4e12. Solve for N, and give it in billions.",
    ],
    code="answer_5 = (3.82e9 * 3.4e12 / 20) ** 0.5 / 1e9",
    why="N × 20 N = 1.3e22, so N × N = 6.5e20, and N is 25.5 billion.",
)

# --- 6: the slow pairs

SLOW = 51_862  # tokens that the slowest pair needs for a turn


def _pairs(answer) -> bool:
    """True for the numbers of the slow pairs, where their count is wanted."""
    return not isinstance(answer, str) and as_number(answer) is None and len(list(answer)) in (14, 34, 48)


q6 = Exercise(
    "02.q6",
    "answer_6",
    judge=number(14, plus_minus=0.01, unit="pairs"),
    right="Fourteen of 48. Those are the ones that LongRoPE has to protect.",
    right_examples=[14],
    known_wrong=[
        (34, "34 pairs do complete a turn, and pair 34 is the first that does not. How many do not?"),
        (28, "Fourteen pairs are 28 numbers; the pairs were asked for."),
        (13, "One too few. The slowest is pair 47, and the first one slower than 4,096 tokens is pair 34."),
        (15, "One too many: pair 33 takes 3,533 tokens, which is less than 4,096."),
        (4, "So many have a `10_000 ** (2 * i / 96)` above 4,096. A full turn is 2π times as long."),
        (0, "The slowest pair takes 51,862 tokens for a turn. Compare with 4,096 tokens, not with 131,072."),
        (47, "That is the number of the last pair. How many pairs are too slow?"),
        (48, "The fastest pair turns round in six tokens."),
        (14 / 48, "That is the share of the pairs. How **many** are there?"),
        (SLOW, "That is how long the slowest pair takes for a turn. How many pairs take more than 4,096 tokens?"),
        (4096 / SLOW, "That is how far the slowest pair turns in 4,096 tokens. How many pairs stay below one turn?"),
        (list(range(34, 48)), "Those are the pairs, one by one. How many are there? `len(...)` counts.", _pairs),
    ],
    hints=[
        "A pair whose period is longer than 4,096 tokens has never completed a turn.",
        "`sum(period > 4096 for period in periods)`",
    ],
    code="import math\n\nperiods = [2 * math.pi * 10_000 ** (2 * i / 96) for i in range(48)]\n"
    "answer_6 = sum(period > 4096 for period in periods)",
    why="Of each of these pairs the model has seen a part of the circle. Beyond 4,096 come angles that are new to it.",
)

# --- 7: the working experts

TOTAL, EXPERT = 41_873_153_344, 2_516_582_400
SHARED = TOTAL - 16 * EXPERT
ACTIVE = SHARED + 2 * EXPERT
ATTENTION = 1_342_504_960

q7 = Exercise(
    "02.q7",
    "answer_7",
    judge=number(ACTIVE, within=0.007, unit="parameters"),  # the report's own 6.6 B is right
    right="6.64 billion: two experts, and all that is shared. The report's 6.6 B is right.",
    right_examples=[ACTIVE, 6_640_999_744, 6.6e9],
    known_wrong=[
        (ACTIVE / 1e9, "The digits fit, in billions. Give the number of parameters itself, as it was printed."),
        (2 * EXPERT, "Those are the two experts. What all of them share works as well: attention, tables, routers."),
        (TOTAL * 2 / 16, "Two sixteenths of everything. But only the experts are divided by sixteen."),
        (SHARED + EXPERT, "That is one expert and what is shared. Two work on each token."),
        (2 * 3.8e9, "An expert has 2.5 billion weights, not 3.8. Count with the printed numbers."),
        (16 * 3.8e9, "An expert has 2.5 billion weights, not 3.8, and two of the sixteen work on a token."),
        (TOTAL - 2 * EXPERT, "You left out two experts. Fourteen of the sixteen do not work."),
        (SHARED, "That is what is shared. Two experts work, too."),
        (ATTENTION + 2 * EXPERT, "The tables are missing: they, the norms and the routers are shared as well."),
        (
            SHARED + 2 * EXPERT / 32,
            "`expert` is one expert through **all** layers already. Do not divide it by the layers.",
        ),
        (
            SHARED + 2 * 16 * EXPERT,
            "`counts['experts']` is all sixteen together. One is `expert`, and two of them work.",
        ),
        (ACTIVE / 2, "That is bytes, at four bits a weight. How many parameters are they?"),
        (TOTAL, "That is all that is stored. On one token most of it rests: fourteen of sixteen **experts**."),
    ],
    hints=["Sixteen experts are stored, two of them work. What does not work?", "The whole, less 14 experts."],
    code="answer_7 = 41_873_153_344 - 14 * 2_516_582_400",
    why="1,607,834,944 shared weights + 2 × 2,516,582,400 = 6,640,999,744.",
)

warm_up = WarmUp("02")

quiz = Quiz.read("02")

deeper_quiz = Quiz.read("02", "deeper_quiz")
