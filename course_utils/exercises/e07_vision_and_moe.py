"""Exercises, warm-up and quiz of notebook 07, pictures and experts."""

from __future__ import annotations

from .engine import Exercise, function, number
from .quiz import Choice, Question, Quiz, WarmUp

WHOLE = 12 * 13  # tokens of the whole picture, row ends included
SQUARE = 48 * 49 + 1 + WHOLE  # of a square picture with its 4 x 4 details

q1 = Exercise(
    "07.q1",
    "answer_1",
    judge=number(SQUARE, within=0, unit="tokens"),
    right="48 rows of 49, one separator, 12 rows of 13. A square picture costs more than two pages of text.",
    right_examples=[2509, 2509.0],
    known_wrong=[
        (
            17 * 144,
            "Those are the places of all 17 crops. What stands at the end of each row, and between the two parts?",
        ),
        (2304 + 156, "The details have row ends as well: 48 rows of 49, not of 48."),
        (2508, "One is missing: the separator between the details and the whole picture."),
        (2352, "Those are the details. The separator and the whole picture come after them."),
        (156, "That is the whole picture without its details."),
        (2353, "Details and separator. Now the whole picture: 12 rows of 13."),
        (17 * 576, "Those are patches. Four of them become one place before the decoder sees them."),
    ],
    hints=[
        "The details stand side by side as one large picture of 48 x 48 places. Each row has one more token, its end.",
        "Details: 48 * 49. Then the separator: 1. Then the whole: 12 * 13.",
    ],
    code="answer_1 = 48 * 49 + 1 + 12 * 13",
    why="The library counts the same: it is the length of `input_ids` less the words.",
)

TWO = "<|user|>\n<|image_1|>\n<|image_2|>\nWhat has changed?<|end|>\n<|assistant|>\n"


def _prompt(answer):
    if not isinstance(answer, str):
        return 'Write the prompt as a text in quotes, with "\\n" for a new line.'
    if answer.strip() == TWO.strip():
        return True
    if "<|image_1|>" in answer and "<|image_2|>" in answer:
        return "Both tags are there. Compare the rest with the prompt of one picture, mark by mark."
    return "Each picture needs its tag, on a line of its own, before the question."


q2 = Exercise(
    "07.q2",
    "answer_2",
    judge=_prompt,
    right="Two tags, numbered from 1, in the order in which you hand over the pictures.",
    right_examples=[TWO, TWO.rstrip("\n")],
    known_wrong=[
        (TWO.replace("<|image_2|>\n", ""), "One tag for two pictures. The second picture would have no place to go."),
        (
            TWO.replace("image_2", "image_1"),
            "The same tag twice. They are numbered: the second picture is `<|image_2|>`.",
        ),
        (
            TWO.replace("image_1", "image_0").replace("image_2", "image_1"),
            "Counting begins at 1 here, not at 0.",
        ),
        (
            TWO.replace("<|image_1|>\n<|image_2|>\n", ""),
            "These are the words alone. Without tags the model does not know that there are pictures.",
        ),
        (
            TWO.replace("<|assistant|>\n", ""),
            "The turn of the assistant is not opened: end with `<|assistant|>` and a new line.",
        ),
    ],
    hints=[
        'With one picture it was "<|user|>\\n<|image_1|>\\nWhat do you see?<|end|>\\n<|assistant|>\\n".',
        "Put `<|image_2|>` on a line of its own below `<|image_1|>`.",
    ],
    code=f"answer_2 = {TWO!r}",
    why="ONNX Runtime GenAI replaces the first tag by numbers -1, the second by -2, one for each token of a picture.",
)

q3 = Exercise(
    "07.q3",
    "answer_3",
    judge=number((8192 - 100) // 157, within=0, unit="frames"),
    right="A few seconds of a video, if one looks twice a second from far away.",
    right_examples=[51],
    known_wrong=[
        (
            (8192 - 100) // 2510,
            "That many fit *with* their details. Without them a frame is 156 tokens and its new line.",
        ),
        ((8192 - 100) / 157, "Only whole frames count: round down."),
        (8192 // 157, "And the 100 tokens for the question and the answer?"),
    ],
    hints=[
        "8,192 - 100 tokens are left for frames, and each takes 156 + 1.",
        "`(8192 - 100) // 157`",
    ],
    code="answer_3 = (8192 - 100) // 157",
    why="This is why code for real video models picks key frames and lowers their number of crops.",
)


def _place(token):
    row, column = divmod(token, 13)
    return None if column == 12 else (row, column)


def _without_ends(token):
    return divmod(token, 12)


def _with_ends(token):
    return divmod(token, 13)


def _turned(token):
    found = _place(token)
    return found and found[::-1]


q4 = Exercise(
    "07.q4",
    "place_of",
    judge=function([((token,), _place(token)) for token in (0, 11, 13, 40, 155, 12, 100)]),
    right="Thirteen tokens a row, of which the last belongs to no place.",
    right_examples=[_place],
    known_wrong=[
        (_without_ends, "A row has 13 tokens: twelve places and the row end."),
        (_with_ends, "Nearly: the last token of a row is no place. For it, return None."),
        (_turned, "Row first, then column."),
    ],
    hints=[
        "`divmod(token, 13)` gives how many whole rows come before, and how far into its row the token is.",
        "Where the second of them is 12, the token is a row end: return None.",
    ],
    code=(
        "def place_of(token):\n    row, column = divmod(token, 13)\n    return None if column == 12 else (row, column)"
    ),
    why="The map above was made so: 156 weights, without the twelve of the row ends, in 12 rows.",
)

_SCORES = ([0.1, 2.0, -1.0, 1.5], [3.0, 1.0, 2.0], [-5.0, -1.0, -3.0, -2.0, -4.0])


def _two_best(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])[:2]


def _two_worst(scores):
    return sorted(range(len(scores)), key=lambda i: scores[i])[:2]


def _values(scores):
    return sorted(scores)[::-1][:2]


def _best_only(scores):
    return _two_best(scores)[:1]


q5 = Exercise(
    "07.q5",
    "pick",
    judge=function([((scores,), _two_best(scores)) for scores in _SCORES]),
    right="That is all a router decides: which two. Everything else about a mixture of experts follows from it.",
    right_examples=[_two_best, lambda scores: tuple(_two_best(scores))],
    known_wrong=[
        (_two_worst, "Those are the two lowest scores. The router sends a token to the highest."),
        (_values, "Those are the scores. The numbers of the experts are wanted: their places in the list."),
        (_best_only, "One expert. Phi-3.5-MoE and pico-moe ask two for each token."),
    ],
    hints=[
        "Sort the places 0, 1, 2, ... by their score, the highest first, and keep two.",
        "`sorted(range(len(scores)), key=lambda i: -scores[i])[:2]`",
    ],
    code="def pick(scores):\n    return sorted(range(len(scores)), key=lambda i: -scores[i])[:2]",
    why="`topk(2)` does the same for a whole batch at once.",
)

q6 = Exercise(
    "07.q6",
    "answer_6",
    judge=number(12.5, within=0.001, unit="%"),
    right="Two of sixteen. Whatever is above that works more than its share, and whatever is below wastes memory.",
    right_examples=[12.5],
    known_wrong=[
        (6.25, "That is one of sixteen. But each token goes to **two** experts."),
        (0.125, "As per cent, please: multiply by 100."),
        (50, "Two experts read a token, but of sixteen. Each is asked for two tokens of sixteen."),
        (100, "No expert reads every token. That would be a dense layer."),
    ],
    hints=[
        "Of 1,600 tokens, 3,200 visits are shared by 16 experts.",
        "200 visits each, of 1,600 tokens.",
    ],
    code="answer_6 = 100 * 2 / 16",
    why="The balance loss pulls towards this number.",
)

q7 = Exercise(
    "07.q7",
    "answer_7",
    judge=number(2_134_528, within=0.001, unit="parameters"),
    right="A third of the model works on a token, and all of it has to be in memory.",
    right_examples=[2_134_528],
    known_wrong=[
        (5_919_232, "That is the total: it counts all 16 experts of each layer."),
        (
            5_919_232 // 8,
            "Only the **experts** are left out for a token. Attention, embeddings and routers are used by all.",
        ),
        (5_919_232 - 4_325_376, "Now no expert is counted at all. Two of the sixteen work in each layer."),
        (5_919_232 - 14 * 67_584, "That leaves 14 experts out in one layer. There are four layers."),
    ],
    hints=[
        "14 of 16 experts stay out, in each of 4 layers. One expert has 3 matrices of 256 x 88.",
        "5,919,232 - 4 * 14 * 3 * 256 * 88",
    ],
    code="answer_7 = 5_919_232 - 4 * 14 * 3 * 256 * 88",
    why="`arithmetic.count` of the course does the same sum for Phi-3.5-MoE: 41.9 billion in all, 6.6 billion active.",
)

q8 = Exercise(
    "07.q8",
    "answer_8",
    judge=number(20.94, within=0.03, unit="GB"),
    right="All experts have to be at hand, for nobody knows which the next token will ask for.",
    right_examples=[20.94, 21],
    known_wrong=[
        (3.32, "Those are the active parameters. But the next token may ask for any of the other experts."),
        (83.7, "That is at 16 bits, two bytes a weight. At 4 bits a weight is half a byte."),
        (41.9, "One byte a weight would be 8 bits. At 4 bits it is half of that."),
        (167.5, "Four bits, not four bytes."),
    ],
    hints=[
        "Memory follows the total. 4 bits are half a byte.",
        "41.873 billion * 0.5 byte",
    ],
    code="answer_8 = 41.873 * 0.5",
    why="The scales of the quantization come on top, about a ninth.",
)

warm_up = WarmUp("07")

quiz = Quiz(
    "07",
    [
        Question(
            "07.place",
            "What does the decoder of a vision model read in the place of a picture?",
            [
                Choice("A description in words.", False, "No words are made. The projector makes vectors."),
                Choice(
                    "Vectors, as long as the embedding of a word.", True, "To the layers they are tokens like others."
                ),
                Choice("The bytes of the file.", False, "The file is unpacked, cut and looked at by the eye first."),
            ],
        ),
        Question(
            "07.crops",
            "Why is a picture cut into detail crops, beside the whole?",
            [
                Choice(
                    "The eye takes 336 x 336 pixels; small print needs more.", True, "The whole is for the overview."
                ),
                Choice("To save tokens.", False, "It costs tokens: 2,509 instead of 156 for a square picture."),
                Choice("Because several pictures are allowed.", False, "Each of several pictures is cut by itself."),
            ],
        ),
        Question(
            "07.sure",
            "The model gives its answer a probability of 99 %. What follows?",
            [
                Choice(
                    "The answer is right, nearly always.", False, "On pictures unlike its own it was sure and wrong."
                ),
                Choice(
                    "Nothing at all.", False, "On pictures like those it learned from, sure answers are mostly right."
                ),
                Choice(
                    "It depends on whether the picture is of the kind it learned from.", True, "And it cannot tell."
                ),
            ],
        ),
        Question(
            "07.moe",
            "A mixture of experts has 42 billion parameters, of which 6.6 billion are active. What do you save?",
            [
                Choice("Memory.", False, "All 42 billion have to be held."),
                Choice("Arithmetic for each token.", True, "Only two of sixteen experts are computed."),
                Choice("Training data.", False, "It reads as much as another model, or more."),
            ],
        ),
        Question(
            "07.expert",
            "An expert of a mixture is ...",
            [
                Choice("a small model that knows one subject.", False, "It has no subject that anybody chose."),
                Choice(
                    "a program that the model calls.", False, "That is a tool, and whoever calls tools is an agent."
                ),
                Choice("a part of one layer, picked for each token.", True, "The same sentence visits many of them."),
            ],
        ),
        Question(
            "07.tool",
            "Your model writes a tool call. What comes before you run it?",
            [
                Choice(
                    "A check against the schema of the tools you offered.", True, "And a limit to what a tool may do."
                ),
                Choice("Nothing: JSON is safe.", False, "Valid JSON may name a tool that you never offered."),
                Choice("A second model that reads it.", False, "That may help, but the schema is exact, and free."),
            ],
        ),
    ],
)
