"""Exercises, warm-up and quizzes of notebook 09: llama.cpp, MLX, OpenVINO, and which engine for what."""

from __future__ import annotations

import re

from .engine import Exercise, choice, function, number
from .quiz import Quiz, WarmUp
from .values import alike, describe

Q4, Q8, F32 = 106_168_320, 28_311_552, 35_136

q1 = Exercise(
    "09.q1",
    "answer_1",
    judge=number(96.577, within=0.008, unit="MB"),
    right="5 bits a weight in Q4_1, 8.5 in Q8_0: 96.6 MB. The scales and minima are 15 MB of them.",
    right_examples=[96.6, 96.577, (Q4 * 5 + Q8 * 8.5 + F32 * 32) / 8 / 1e6],
    known_wrong=[
        (
            67.4,
            "That is 4 bits for all. Q4_1 has a scale and a minimum in each block, and the embedding table is Q8_0.",
        ),
        (
            81.54,
            "The 4 and 8 bits are there; the scales are missing. A block of 32 in Q4_1 has 32 bits more, in Q8_0 16.",
        ),
        (
            83.3,
            "The scale of Q8_0 is in. In Q4_1 a block has 32 bits besides its weights: a scale **and** a minimum.",
            lambda a: 83.2 < float(a) < 83.5,
        ),
        (89.94, "Nearly: in Q4_1 a block has a scale **and** a minimum, 16 bits each."),
        (94.8, "Nearly: a block of Q8_0 has a scale, too: 8.5 bits a weight."),
        (
            84.1,
            "That is 5 bits for all matrices. The embedding table is Q8_0, 8.5 bits a weight.",
            lambda a: 83.9 < float(a) < 84.4,
        ),
        (66.5, "The embedding table is missing: 28,311,552 weights of 8.5 bits."),
        (98.346, "Q8_0 has a scale alone, no minimum: 8.5 bits a weight.", lambda a: 98.2 < float(a) < 98.352),
        (98.36, "That is the whole file. Its header, with the tokenizer, is not made of weights."),
        (130.64, "The two are exchanged: Q4_1 has 5 bits a weight, the embedding table in Q8_0 has 8.5."),
        (562.83, "A scale belongs to a block of 32 weights, not to each of them."),
        (134.5, "That is one byte a weight. Q4_1 and Q8_0 have blocks: work out the bits of one weight in each."),
        (97.56, "A float32 weight has 32 *bits*, 4 bytes."),
        (92.1, "That is in MiB, of 1,048,576 bytes. A MB is a million bytes."),
        (772.6, "These are megabits. A byte has 8 bits."),
        (538.06, "That is float32 for all: 4 bytes a weight."),
        (269.03, "That is float16 for all: 2 bytes a weight."),
        (111.6, "Scales and minima have 16 bits here, not 32.", lambda answer: 111.5 < float(answer) < 111.8),
    ],
    hints=[
        "A block of Q4_1: 32 weights of 4 bits, 16 bits of scale, 16 bits of minimum. How many bits is that a weight?",
        "5 bits in Q4_1, 8.5 in Q8_0, 32 in float32. Add them up, and divide by 8 for bytes and by a million for MB.",
    ],
    code="answer_1 = (106_168_320 * 5 + 28_311_552 * 8.5 + 35_136 * 32) / 8 / 1e6",
    why="5 = (32·4 + 16 + 16) / 32, and 8.5 = (32·8 + 16) / 32. The file itself has 98.4 MB: weights and header.",
)

BUGS = {"B", "C"}
TIE = "a near tie is turned around, by no more than 8-bit numbers move a score"
CASES = {
    "A": f"A is rounding: {TIE}. `The` and `L` are the two best on both sides.",
    "B": "B is a bug: in float16 scores move by about 0.01. Here `La`, which was below −1.97, is suddenly at −1.54.",
    "C": "C is a bug: the same precision, and quite other tokens. The model ends its answer before it begins.",
    "D": f"D is rounding: {TIE}. `,` and ` that` are the two best on both sides.",
}


def _letters(answer) -> set[str] | None:
    """The letters that a learner named: "BC", "b, c", ["B", "C"]; None for anything else."""
    if isinstance(answer, list | tuple | set | frozenset):
        answer = " ".join(sorted(item for item in answer if isinstance(item, str)))
    if not isinstance(answer, str):
        return None
    named = re.findall(r"[A-Z]", re.sub(r"\b(AND|OR|UND|JA|TAI|SEKÄ)\b", " ", answer.upper()))
    return set(named) if set(named) <= set(CASES) else None


def _bugs(answer) -> bool | str:
    named = _letters(answer)
    if named is None:
        return 'Write letters from A to D as a text, such as "AD".'
    if named == BUGS:
        return True
    if named == set(CASES) - BUGS:
        return "The other way around: these two are rounding."
    if not named:
        return "At least one of them is a bug. Compare how far each score moved with what its precision explains."
    if named == set(CASES):
        return "Not every parting is a bug. " + CASES["A"]
    wrong = sorted(named - BUGS)
    if wrong:
        return CASES[wrong[0]]
    return "One is missing. " + CASES[min(BUGS - named)]


q2 = Exercise(
    "09.q2",
    "answer_2",
    judge=_bugs,
    right="In B and C scores moved by a hundred times what the precision explains, and other tokens came up.",
    right_examples=["BC", "cb", "B, C", ["B", "C"]],
    known_wrong=[
        ("AD", "The other way around: these two are rounding.", lambda answer: _letters(answer) == {"A", "D"}),
        ("ABCD", "Not every parting is a bug. " + CASES["A"], lambda answer: _letters(answer) == set(CASES)),
        ("B", "One is missing. " + CASES["C"], lambda answer: _letters(answer) == {"B"}),
        ("C", "One is missing. " + CASES["B"], lambda answer: _letters(answer) == {"C"}),
        ("CD", CASES["D"], lambda answer: "A" not in _letters(answer) and "D" in _letters(answer)),
        ("AC", CASES["A"], lambda answer: "A" in _letters(answer) and _letters(answer) != {"A", "D"}),
    ],
    hints=[
        "First look at the precision of both sides: how far may a log probability move?",
        "Then follow one token, such as `The`, from one side to the other. By a hundredth, by tenths, or more?",
    ],
    code='answer_2 = "BC"',
    why="B is a wrong base of the rotary positions (section 8), C a missing chat template.",
)

q3 = Exercise(
    "09.q3",
    "answer_3",
    judge=number(8.596, within=0.01, unit="tokens per second"),
    right="2.33 GB a token: 8.6 tokens a second, whatever the engine is called.",
    right_examples=[8.6, 8.596, 20e9 / (3_722_578_944 * 5 / 8)],
    known_wrong=[
        (10.745, "That is 4 bits a weight. With its scale a weight has 5."),
        (9.551, "That is 4.5 bits a weight. Here it is 5, scales included."),
        (4.776, "That is 9 bits a weight. The 5 bits are the 4 and the scales together."),
        (207.1, "Those are SmolLM2's bytes, of exercise 1. Take the weights of Phi-3.5-mini."),
        (5.373, "That is one byte a weight. In int4 with scales it is 5 bits, five eighths of a byte."),
        (1.0745, "The weights are in bits, the memory in bytes: divide the bits by 8."),
        (0.1163, "That is the seconds for one token. Turn it around: tokens for one second."),
        (116.3, "That is the milliseconds for one token. Turn it around: tokens for one second."),
        (1.343, "That is float32, 4 bytes a weight. Here a weight has 5 bits."),
        (2.686, "That is float16, 2 bytes a weight. Here a weight has 5 bits."),
        (46.53, "You multiplied. Each token costs 2.33 GB: how often do they fit into 20?"),
        (2.327, "That is the GB that one token reads. How often do they fit into the 20 of a second?"),
        (
            7.353,
            "That is the whole file, with the embedding table. One token needs one row of it: take the weights given.",
        ),
        (
            8.377,
            "That counts all 3.82 billion. One token needs one row of the embedding table: take the weights given.",
        ),
        (68.77, "You divided by 8 once too often, or took bits for bytes: 20 GB are bytes already."),
        (9.23, "That takes 20 GiB for 20 GB. Here a GB is a billion bytes.", lambda answer: 9.2 < float(answer) < 9.26),
        (8.006, "A GB is a billion bytes here, not 1,073,741,824.", lambda answer: 7.98 < float(answer) < 8.03),
    ],
    hints=[
        "How many bytes are 3,722,578,944 weights of 5 bits?",
        "20e9 bytes a second, divided by the bytes that one token needs.",
    ],
    code="answer_3 = 20e9 / (3_722_578_944 * 5 / 8)",
    why="Recorded for this course on two cores: 3.5 tokens/s with a model of this shape. Their memory gave less.",
)

ENGINES = {
    "transformers": "Transformers",
    "llamacpp": "llama.cpp",
    "mlx": "MLX",
    "mlxlm": "MLX",
    "openvino": "OpenVINO",
    "qnn": "QNN",
    "onnxruntimeweb": "onnxruntime-web",
    "ortweb": "onnxruntime-web",
    "ollama": "llama.cpp",
    "onnxruntimegenai": "GenAI",
    "genai": "GenAI",
    "onnx": "GenAI",
    "foundrylocal": "Foundry Local",
}
WANTED = ["MLX", "OpenVINO", "onnxruntime-web", "llama.cpp", "Transformers"]
NEED = [
    "Case 1: it is Apple's own chip, and the job includes fine-tuning. Which library is Apple's?",
    "Case 2: Core Ultra is Intel's. Which engine drives Intel's NPU?",
    "Case 3: no app and no server, so the browser itself must compute.",
    "Case 4: one GGUF file and no Python. Which program reads GGUF, and needs nothing beside it?",
    "Case 5: nobody has converted it yet. Where can a checkpoint run on its first day?",
]
QNN_IS = "Case 2: QNN drives Qualcomm's NPU in Snapdragon chips. Core Ultra is Intel's."
SERVER = "Case 3: that engine would have to run on a server, or be installed. The browser itself must compute here."
NO_PYTHON = "Case 4: Transformers needs Python and PyTorch. A program in C++ reads that file by itself."
NOT_YET_READ = "Case 5: llama.cpp needs a GGUF file, and code for this architecture. On the first day it has neither."
METAL = "Case 1: llama.cpp runs well on a Mac, but the job includes fine-tuning there: MLX does both."


def _engines(answer) -> list | None:
    """The engines that a learner named, in the spelling of WANTED; None for anything but a list or a text."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, str):
        answer = re.split(r"[,;\n]", answer)
    if not isinstance(answer, list | tuple):
        return None
    return [_engine(item) for item in answer]


MAKERS = r"\b(apple|intel|qualcomm|microsoft|hugging ?face|hf|pytorch)(['’]s)?\b"


def _engine(item):
    """One engine in the spelling of WANTED, also out of "llama.cpp (or Ollama)"; else what the learner wrote."""
    parts = re.split(r"[()/]|\b(?:or|section|tai|luku)\b", re.sub(MAKERS, "", str(item).lower()))
    named = {ENGINES.get(name) for part in parts if (name := re.sub(r"[^a-z]", "", part))}
    return named.pop() if len(named) == 1 and None not in named else item


def _chosen(answer) -> bool | str:
    named = _engines(answer)
    if named is None or len(named) != len(WANTED):
        return "Five engines are wanted, in a list, one for each case."
    strange = [item for item in named if item not in ENGINES.values()]
    if strange:
        return f"Write one engine as the table names it, in quotes. This is not one: {describe(strange[0])}."
    for wanted, item, need in zip(WANTED, named, NEED, strict=True):
        if item != wanted:
            return need
    return True


def _at(place: int, *names: str):
    """Whether the first case that is not yet right is this one, answered so."""

    def meets(answer) -> bool:
        named = _engines(answer)
        return named[:place] == WANTED[:place] and named[place] in names and len(named) == len(WANTED)

    return meets


q4 = Exercise(
    "09.q4",
    "answer_4",
    judge=_chosen,
    right="The device decides where it is special, the form of the model where it is not.",
    right_examples=[WANTED, [name.lower() for name in WANTED], ", ".join(WANTED)],
    known_wrong=[
        (["llama.cpp", *WANTED[1:]], METAL, _at(0, "llama.cpp")),
        (["MLX", "QNN", *WANTED[2:]], QNN_IS, _at(1, "QNN")),
        ([*WANTED[:2], "llama.cpp", *WANTED[3:]], SERVER, _at(2, "llama.cpp", "Transformers", "OpenVINO", "MLX")),
        ([*WANTED[:3], "Transformers", "Transformers"], NO_PYTHON, _at(3, "Transformers")),
        ([*WANTED[:4], "llama.cpp"], NOT_YET_READ, _at(4, "llama.cpp")),
    ],
    hints=[
        "Begin with the special devices: Apple, Intel, Qualcomm. Each maker has an engine of its own.",
        "For the rest ask: in which form is the model there, and what may be installed?",
    ],
    code='answer_4 = ["MLX", "OpenVINO", "onnxruntime-web", "llama.cpp", "Transformers"]',
    why="More than one would run in some cases; these fit what was asked for without a detour.",
)

OPTIONS = {"block_size": "a", "accuracy_level": "b", "shared_embeddings": "c", "int8": "d"}
SHARED = "shared_embeddings=true"


class _Option(choice):
    """A letter, or the option that stands behind it."""

    def one(self, value, namespace):
        return super().one(self._letter(value), namespace)

    def same(self, value, example):
        return super().same(self._letter(value), self._letter(example))

    @staticmethod
    def _letter(value):
        text = str(value).lower()
        if "shared_embeddings" in text and "true" in text:
            return SHARED
        named = {letter for name, letter in OPTIONS.items() if name in text}
        return named.pop() if isinstance(value, str) and len(named) == 1 else value


q5 = Exercise(
    "09.q5",
    "answer_5",
    judge=_Option("c", of="abcd"),
    right="The embedding gets a table of its own, a constant. The file grows by that table.",
    right_examples=["c", "C", "(c)", "shared_embeddings=false"],
    known_wrong=[
        ("a", "Larger groups change the tables' shapes. The embedding would still be the head's table, reshaped."),
        ("b", "The accuracy level says how to *compute*. The file would have the same nodes."),
        ("d", "An embedding in 4 bits is the very thing that it stumbles over."),
        (SHARED, "So the file is built already: one table, two uses. The option says the opposite."),
    ],
    hints=[
        "The error speaks of one node, the embedding's. What does it want there?",
        "A table of its own, not one that is made from the head's.",
    ],
    code='answer_5 = "c"',
    why="`--extra_options shared_embeddings=false`: tried, OpenVINO reads that file.",
)

SHORT = "If one list ends where the other goes on, that is where they part. `zip` alone stops before it."
NONE_IF_EQUAL = "Equal lists do not part: return `None` for them."
ANYWHERE = "Compare place by place. A token that stands somewhere else in the other list is still a difference here."


def _first_parting(one, other):
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return None if len(one) == len(other) else min(len(one), len(other))


def _by_next(one, other):
    ends = ([*one, None], [*other, None])
    return next((i for i, (a, b) in enumerate(zip(*ends, strict=False)) if a != b), None)


def _by_zip_only(one, other):
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)


def _length_if_equal(one, other):
    place = _first_parting(one, other)
    return len(one) if place is None else place


def _from_one(one, other):
    place = _first_parting(one, other)
    return None if place is None else place + 1


def _minus_one(one, other):
    place = _first_parting(one, other)
    return -1 if place is None else place


def _token(one, other):
    place = _first_parting(one, other)
    return None if place is None else one[place] if place < len(one) else other[place]


def _last(one, other):
    found = [i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    return found[-1] if found else _first_parting(one, other)


def _count(one, other):
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def _same(one, other):
    return one != other


def _not_in(one, other):
    return next((i for i, a in enumerate(one) if a not in other), None)


def _filled_with_zero(one, other):
    return _first_parting(*([*tokens, *[0] * (max(len(one), len(other)) - len(tokens))] for tokens in (one, other)))


def _by_is(one, other):
    place = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a is not b), None)
    return _first_parting(one, other) if place is None else place


def _zero_lost(one, other):
    return _first_parting(one, other) or None


def _at_end(place: int):
    return lambda result: SHORT if result is None else alike(result, place)


PARTINGS = [
    (([5, 6, 7], [5, 6, 8]), 2),
    (([9, 6, 7, 4], [5, 6, 7, 3]), 0),
    (([5, 6, 7], [5, 6, 7]), None),
    (([5, 6], [5, 6, 7]), _at_end(2)),
    (([5, 6, 7, 7], [5, 6]), _at_end(2)),
    (([], []), None),
    (([], [3]), _at_end(0)),
    (([5, 6, 7, 2], [5, 7, 6, 2]), 1),
    (([5, 6], [5, 6, 0]), 2),
    (([int("49151"), 7], [int("49151"), 8]), 1),  # equal, and not the same object: as two engines hand them over
]


class _Parting(function):
    """The place, found without changing the lists."""

    def one(self, value, namespace):
        result = super().one(value, namespace)
        if result is True:
            one, other = [5, 6, 7], [5, 6, 8, 9]
            value(one, other)
            return CHANGED if (one, other) != ([5, 6, 7], [5, 6, 8, 9]) else True
        return result


CHANGED = "The place is right, but your function changes the lists that it was given. They are wanted afterwards."

q6 = Exercise(
    "09.q6",
    "first_parting",
    judge=_Parting(PARTINGS),
    right="That is the whole of a comparison of engines: this place, and the two best scores there.",
    right_examples=[_first_parting, _by_next],
    known_wrong=[
        (_by_zip_only, SHORT),
        (_length_if_equal, NONE_IF_EQUAL),
        (_minus_one, "For equal lists `None` is wanted, not −1: −1 is the last place of a list in Python."),
        (_from_one, "Count from 0, as Python does."),
        (_token, "That is the token. The *place* is wanted, its index.", lambda f: f([15, 16], [15, 17]) in (16, 17)),
        (_last, "That is the last difference. After the first one the two texts are different texts."),
        (_count, "That is how many differ. Where does it begin?"),
        (_same, "That says *whether* they differ. The place is wanted."),
        (_not_in, ANYWHERE),
        (_filled_with_zero, "0 is a token too. Filled up with it, [5, 6] and [5, 6, 0] look equal."),
        (_zero_lost, "In Python 0 counts as false: `0 or None` is None. Ask `is None` where a place may be 0."),
        (_by_is, "`is` asks whether two are the same object. Whether two tokens are equal, ask with `==` or `!=`."),
    ],
    hints=[
        "`enumerate(zip(one, other))` gives places with pairs.",
        "After the loop: if the lists are not equally long, they part where the shorter one ends.",
    ],
    code=(
        "def first_parting(one, other):\n    for place, (a, b) in enumerate(zip(one, other)):\n        if a != b:\n"
        "            return place\n    return None if len(one) == len(other) else min(len(one), len(other))"
    ),
    why="`engines.part` does the same, and asks both engines for their two best tokens there.",
)

TYPES = "F16 Q8_0 Q6_K Q5_K Q4_1 Q4_K Q4_0 IQ4_XS MXFP4 Q3_K Q2_K".split()
HALF = "4.5 bits are 2.15 GB: a little too much."
QUARTER = "4.25 bits are 2.03 GB: just too much."


def _may_have(answer) -> bool:
    return 4.15 < float(answer) < 4.22


class _Type(choice):
    """A type's name, with or without `_`, or the library's own constant."""

    def one(self, value, namespace):
        return super().one(self._named(value), namespace)

    def same(self, value, example):
        return super().same(self._named(value), self._named(example))

    @staticmethod
    def _named(value):
        value = getattr(value, "name", value)
        letters = re.sub(r"[^A-Z0-9]", "", value.upper().partition("(")[0]) if isinstance(value, str) else None
        return next((name for name in TYPES if name.replace("_", "") == letters), value)


q7 = Exercise(
    "09.q7",
    "answer_7",
    judge=_Type("Q3_K", of=TYPES),
    right="2.0 GB allow 4.19 bits a weight, and Q3_K, with 3.4375, is the next below: 1.64 GB.",
    right_examples=["Q3_K", "q3_k", "'Q3_K'", "Q3-K"],
    known_wrong=[
        ("Q4_K", f"{HALF} Q4 is not 4 bits."),
        ("Q4_0", f"{HALF} 4 bits, and a scale of 16 bits for 32 of them."),
        ("Q4_1", "5 bits are 2.39 GB: too much."),
        ("IQ4_XS", f"{QUARTER} The limit is 4.19 bits."),
        ("MXFP4", f"{QUARTER} The limit is at 4.19."),
        ("Q2_K", "It fits, but a larger one fits as well."),
        ("Q5_K", "5.5 bits are 2.63 GB: too much."),
        ("Q6_K", "6.5625 bits are 3.13 GB: too much."),
        ("Q8_0", "8.5 bits are 4.06 GB. Did you take bits for bytes?"),
        ("F16", "16 bits are 7.64 GB: far too much."),
        ("Q4_K_M", "That is a mixture, most of it Q4_K of 4.5 bits: too much. Here one type is wanted."),
        (3.4375, "Those are its bits. Write the name of the type, in quotes.", lambda a: abs(float(a) - 3.4375) < 0.01),
        (4.19, "So many bits a weight may have. Which type has the most that is not more?", _may_have),
    ],
    hints=[
        "2.0 billion bytes are 16 billion bits. How many is that for each weight?",
        "16 / 3.82 = 4.19 bits. Which type in the list has the most bits below that?",
    ],
    code='answer_7 = "Q3_K"',
    why="In practice one takes Q4_K_M and frees more memory: in three bits small models lose much. Measure it.",
)

warm_up = WarmUp("09")

quiz = Quiz.read("09")

deeper_quiz = Quiz.read("09", "deeper_quiz")
