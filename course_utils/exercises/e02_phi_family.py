"""Exercises, warm-up and quiz of notebook 02, the Phi family."""

from __future__ import annotations

import math

from course_utils.phi import facts

from .engine import Exercise, function, given, number
from .jobs import JOBS, unfit
from .quiz import Choice, Question, Quiz, WarmUp

MINI = 3_821_079_552  # parameters of Phi-3.5-mini, which the notebook counts
READ = 3.4e12  # tokens it read
FILE = 2_716_566_814  # bytes of Microsoft's int4 file for a CPU
A_TOKEN = 2 * 32 * 32 * 96 * 2  # bytes of its KV cache for a token, in 16 bits

# --- 1: the same computing, by the rule

BY_RULE = math.sqrt(MINI * READ / 20)

q1 = Exercise(
    "02.q1",
    "answer_1",
    judge=number(BY_RULE / 1e9, within=0.02, unit="billion parameters"),
    right="A model of 25.5 B, for the same bill. Microsoft paid once, in training, so that each answer costs "
    "a seventh of that model's.",
    right_examples=[25.5, BY_RULE / 1e9, 25],
    known_wrong=[
        (
            READ / 20 / 1e9,
            "170 billion parameters would fit the rule for the same **tokens**. But each token would then cost 44 "
            "times as much computing. Here the product of parameters and tokens stays the same.",
        ),
        (
            MINI * READ / 20 / 1e18,
            "That is the square of the answer: parameters × parameters. Take the root.",
        ),
        (
            math.sqrt(READ / MINI / 20),
            "So many **times** bigger it is. Multiply by the 3.82 billion of Phi-3.5-mini.",
        ),
        (READ / MINI, "That is how many tokens it read for each parameter. How big is the other model?"),
        (MINI / 1e9, "That is Phi-3.5-mini itself. The other one reads less and is bigger."),
    ],
    hints=[
        "Parameters × tokens is the same for both, and the other model reads 20 × its parameters.",
        "N × 20 N = 3.82e9 × 3.4e12. Solve for N, and give it in billions.",
    ],
    code="answer_1 = (3.82e9 * 3.4e12 / 20) ** 0.5 / 1e9",
    why="N × 20 N = 1.3e22, so N × N = 6.5e20, and N is 25.5 billion.",
)

# --- 2: the 1.8 GB of the report

q2 = Exercise(
    "02.q2",
    "answer_2",
    judge=number(MINI / 2 / 2**30, within=0.01, unit="GiB"),
    right="1.78: there is the 1.8 of the report. Bare weights, counted in GiB, without a scale, a cache or a program.",
    right_examples=[1.78, MINI / 2 / 2**30],
    known_wrong=[
        (MINI / 2 / 1e9, "That is in GB, of 1,000,000,000 bytes. A GiB has 2 ** 30 of them.", number(1.91)),
        (MINI * 2 / 2**30, "That is 16 bits a weight. Four bits are half a **byte**."),
        (MINI * 4 / 2**30, "That is four bytes a weight. Four **bits** are half a byte."),
        (MINI / 2**30, "That is a byte a weight. Four bits are half a byte."),
        (
            FILE / 1e9,
            "That is Microsoft's file. It holds scales, and tables in more bits, too.",
            lambda answer: 2.5 < answer < 2.75,
        ),
    ],
    hints=["Four bits are half a byte. How many bytes are 3,821,079,552 halves?", "Divide by 2 ** 30."],
    code="answer_2 = 3_821_079_552 / 2 / 2**30",
    why="No file reaches this number. It is a floor, and honest advertising would say so.",
)

# --- 3: when the cache outweighs the model

EVEN = MINI * 2 / A_TOKEN

q3 = Exercise(
    "02.q3",
    "answer_3",
    judge=number(EVEN, within=0.01, unit="tokens"),
    right="Some 19,400 tokens, about an eighth of what the card promises. From there on you pay for memory of the "
    "conversation rather than for the model.",
    right_examples=[EVEN, 19_435, 19_400],
    known_wrong=[
        (FILE / A_TOKEN, "That is for the int4 file. Wanted are the weights in 16 bits, two bytes each."),
        (MINI * 2 / (A_TOKEN / 2), "Twice too many: keys **and** values are kept."),
        (MINI * 2 / (A_TOKEN * 2), "Half of it: the cache is kept in 16 bits too, two bytes a number."),
        (131_072, "That is the whole context. There the cache is nearly seven times as heavy as the weights."),
        (MINI * 2 / 131_072, "131,072 bytes a token is Phi-4-mini. Phi-3.5-mini keeps three times as much."),
        (A_TOKEN, "That is the cache of one token, in bytes. How many tokens does it take?"),
    ],
    hints=[
        "The weights: 3,821,079,552 × 2 bytes. The cache of one token was printed above.",
        "Divide the one by the other.",
    ],
    code="answer_3 = 3_821_079_552 * 2 / (2 * 32 * 32 * 96 * 2)",
    why="Weights are paid once, the cache for each token. Somewhere the second must overtake the first.",
)

# --- 4: the slow pairs

q4 = Exercise(
    "02.q4",
    "answer_4",
    judge=number(14, plus_minus=0.01, unit="pairs"),
    right="Fourteen of 48. Those are the ones that LongRoPE has to protect.",
    right_examples=[14],
    known_wrong=[
        (34, "So many do complete a turn. How many do not?"),
        (28, "Fourteen pairs are 28 numbers; the pairs were asked for."),
        (13, "One too few. The slowest is pair 47, and the first one slower than 4,096 tokens is pair 34."),
        (15, "One too many: pair 33 takes 3,533 tokens, which is less than 4,096."),
        (0, "The slowest pair takes 51,862 tokens for a turn. It never saw one in training."),
        (48, "The fastest pair turns round in six tokens."),
    ],
    hints=[
        "A pair whose period is longer than 4,096 tokens has never completed a turn.",
        "`sum(period > 4096 for period in periods)`",
    ],
    code="import math\n\nperiods = [2 * math.pi * 10_000 ** (2 * i / 96) for i in range(48)]\n"
    "answer_4 = sum(period > 4096 for period in periods)",
    why="Of each of these pairs the model has seen a part of the circle. Beyond 4,096 come angles that are new to it.",
)

# --- 5: what may be compared


def _score(name: str, id: str, source: str) -> facts.Figure:
    return facts.benchmark(name, [id], source)[id]


OWN_35, OWN_4 = _score("MMLU", "phi-3.5-mini", "card-3.5-mini"), _score("MMLU", "phi-4-mini", "card-4-mini")
AGAIN_35 = _score("MMLU", "phi-3.5-mini", "card-4-mini")
GSM_4 = _score("GSM8K", "phi-4-mini", "card-4-mini")
PHI_2, MISTRAL = _score("MMLU", "phi-2", "report-3"), _score("MMLU", "mistral-7b-v0.1", "report-3")


def _should_be(expected: bool, because: str):
    """A case of `fair`: True is right, any other result is explained."""
    return lambda result: True if result is expected else because


_CASES = [
    ((AGAIN_35, OWN_4), _should_be(True, "MMLU twice, both from the card of Phi-4-mini: that pair is fair.")),
    ((PHI_2, MISTRAL), _should_be(True, "MMLU twice, both from the Phi-3 report: that pair is fair.")),
    ((OWN_35, OWN_4), _should_be(False, "MMLU twice, but from two different cards: that pair is not fair.")),
    ((AGAIN_35, GSM_4), _should_be(False, "One source, but MMLU and GSM8K: that pair is not fair.")),
]

q5 = Exercise(
    "02.q5",
    "fair",
    judge=function(_CASES),
    right="One test, one source. It is the least that one may ask, and most charts in advertisements fail it.",
    right_examples=[
        lambda a, b: a.key == b.key and a.source.key == b.source.key,
        lambda a, b: (a.key, a.source) == (b.key, b.source),
    ],
    known_wrong=[
        (
            lambda a, b: a.key == b.key,
            "Two cards measure one model differently, you have just seen it. The source has to be the same, too.",
        ),
        (
            lambda a, b: a.source.key == b.source.key,
            "One source has many tests. The key of the benchmark has to be the same, too.",
        ),
        (
            lambda a, b: a.key == b.key and a.method == b.method,
            "Both cards say “5-shot”, and yet one model gets 69.0 in the one and 65.5 in the other. "
            "Compare who measured: `source.key`.",
        ),
        (
            lambda a, b: a.key == b.key and a.model == b.model,
            "Then a model could be compared with nothing but itself. Compare the key and the source.",
        ),
        (lambda a, b: True, "That is the chart of the advertising department: everything against everything."),
    ],
    hints=[
        "`a.key` is the benchmark, `a.source.key` says where the number was read.",
        "Two things must be equal: `a.key == b.key and ...`",
    ],
    code="def fair(a, b):\n    return a.key == b.key and a.source.key == b.source.key",
    why="It is needed, and not enough: in the Phi-3 report Mistral 7B is a base model and Phi-3 an instruct model.",
)

# --- 6: the working experts

TOTAL, EXPERT = 41_873_153_344, 2_516_582_400
ACTIVE = TOTAL - 14 * EXPERT

q6 = Exercise(
    "02.q6",
    "answer_6",
    judge=number(ACTIVE, within=0.002, unit="parameters"),
    right="6.64 billion: two experts, and all that is shared. The report's 6.6 B is right.",
    right_examples=[ACTIVE, TOTAL - 14 * EXPERT, 6_640_999_744],
    known_wrong=[
        (2 * EXPERT, "Those are the two experts. What all of them share works as well: attention, tables, routers."),
        (TOTAL * 2 / 16, "Two sixteenths of everything. But only the experts are divided by sixteen."),
        (2 * 3.8e9, "An expert has 2.5 billion weights, not 3.8. Count with the printed numbers."),
        (TOTAL - 2 * EXPERT, "You left out two experts. Fourteen of the sixteen do not work."),
        (TOTAL - 16 * EXPERT, "That is what is shared. Two experts work, too."),
        (TOTAL, "That is all that is stored. For one token most of it rests."),
    ],
    hints=["Sixteen experts are stored, two of them work. What does not work?", "The whole, less 14 experts."],
    code="answer_6 = 41_873_153_344 - 14 * 2_516_582_400",
    why="1,607,834,944 shared weights + 2 × 2,516,582,400 = 6,640,999,744.",
)

# --- 7: the right one for the job


def _chosen(laptop, phone, receipts) -> bool | str:
    faults = [unfit(choice, job) for choice, job in zip((laptop, phone, receipts), JOBS.values(), strict=True)]
    return next(filter(None, faults), True)


GOOD = {
    "laptop": ("phi-3.5-mini", "int4"),
    "phone": ("phi-3-mini-4k", "int4"),
    "receipts": ("phi-3.5-vision", "bf16"),
}


def _wrong(name: str, choice) -> tuple:
    """A known wrong choice for one job, with what the check says about it."""
    because = unfit(choice, JOBS[name])
    return given(**(GOOD | {name: choice})), because, lambda *values: _chosen(*values) == because


q7 = Exercise(
    "02.q7",
    ("laptop", "phone", "receipts"),
    judge=_chosen,
    right="All three fit, know the language, and see what they must. Now measure before you believe: your own task "
    "is the only benchmark that counts.",
    right_examples=[
        given(**GOOD),
        given(laptop=("phi-4-mini", "int4"), phone=("phi-3-mini-4k-june", "int4"), receipts=("phi-3.5-vision", "int8")),
    ],
    known_wrong=[
        _wrong("laptop", ("phi-3-mini-4k", "int4")),  # no Finnish
        _wrong("laptop", ("phi-3.5-mini", "bf16")),  # too big
        _wrong("laptop", ("phi-3.5-moe", "int4")),  # 6.6 B active, 42 B stored
        _wrong("laptop", ("phi-4", "int4")),
        _wrong("phone", ("phi-3.5-mini", "int4")),  # without a window the cache is twice as big
        _wrong("phone", ("phi-2", "int4")),  # context
        _wrong("phone", ("phi-4-mini", "int4")),
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

warm_up = WarmUp("02")

quiz = Quiz(
    "02",
    [
        Question(
            "02.textbook",
            "What was the idea behind Phi-1, which the family has kept?",
            [
                Choice("To cut a large model down to a small one.", False, "Phi is trained from random weights."),
                Choice(
                    "To choose and write what the model reads, like a textbook.",
                    True,
                    "Filtered pages and text written by larger models, instead of the web as it comes.",
                ),
                Choice("To use more layers than others.", False, "Its architecture is an ordinary one."),
            ],
        ),
        Question(
            "02.over",
            "Phi-3.5-mini read some 890 tokens for each parameter; the rule of thumb says 20. What for?",
            [
                Choice("The rule was not yet known.", False, "It is from 2022, and Phi-3.5 from 2024."),
                Choice("It makes the training cheaper.", False, "By the rule, a bigger model gets as good for less."),
                Choice(
                    "A dear training once, a cheap model ever after.",
                    True,
                    "The rule looks for the best model for a given training. Whoever answers millions of "
                    "questions counts differently.",
                ),
            ],
        ),
        Question(
            "02.cache",
            "Phi-4-mini has as many parameters as Phi-3.5-mini. Why is its cache a third?",
            [
                Choice("Its vocabulary is larger.", False, "That makes the embedding table larger, not the cache."),
                Choice("It has fewer layers.", False, "Both have 32."),
                Choice(
                    "8 heads keep keys and values, and all 24 share them.",
                    True,
                    "Phi-3.5-mini keeps them for 32 heads of 96 numbers: 3,072 against 1,024.",
                ),
            ],
        ),
        Question(
            "02.length",
            "A card says “128K context”. What does that promise?",
            [
                Choice(
                    "That the positions reach that far.",
                    True,
                    "What the model finds in so long a text is another matter: see RULER. And somebody must pay "
                    "for the cache.",
                ),
                Choice("That it reads 128K tokens as well as 4K.", False, "Phi-3.5-mini loses 30 points of RULER."),
                Choice("That it fits into the memory of a laptop.", False, "Its cache alone would take 51.5 GB."),
            ],
        ),
        Question(
            "02.average",
            "The card of Phi-3-small reports an average of 75.7, that of Phi-3.5-MoE 69.2. Which is the better model?",
            [
                Choice("Phi-3-small: 75.7 is more.", False, "The two averages are of different lists of tests."),
                Choice("Phi-3.5-MoE: it is newer.", False, "Newer is no measurement. Which tests do both have?"),
                Choice(
                    "These two numbers cannot say.",
                    True,
                    "On MMLU, which both cards report, the newer one leads: 78.9 against 75.7.",
                ),
            ],
        ),
        Question(
            "02.moe",
            "Your machine has 16 GB of memory. Does Phi-3.5-MoE fit, with its 6.6 billion **active** parameters?",
            [
                Choice("Yes, in int4: 6.6 billion half bytes.", False, "The other experts must be in memory, too."),
                Choice(
                    "No: all 42 billion must be stored.",
                    True,
                    "Which expert a token needs is known only when it comes. Active counts for time, total for memory.",
                ),
                Choice("Yes, one expert at a time.", False, "Each layer and each token may choose others."),
            ],
        ),
        Question(
            "02.retired",
            "Phi-3.5-mini was retired from Azure's serverless endpoints. What does that mean for you?",
            [
                Choice("Nobody may use it any more.", False, "Its licence is MIT, and that cannot be taken back."),
                Choice(
                    "That service answers no more; the weights do.",
                    True,
                    "They stay on Hugging Face, and on your disk. That is what open weights are good for.",
                ),
                Choice("It stops working on your laptop.", False, "A file on your disk asks nobody."),
            ],
        ),
    ],
)
