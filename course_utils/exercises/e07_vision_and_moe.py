"""Exercises, warm-up and quizzes of notebook 07, pictures and experts."""

from __future__ import annotations

from .engine import Exercise, Verdict, function, number
from .judges import _call
from .quiz import Quiz, WarmUp
from .values import plain_value

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
        (2304, "Those are the places of the 16 details. Row ends, separator and the whole picture come on top."),
        (2304 + 156, "The details have row ends as well: 48 rows of 49, not of 48."),
        (2304 + 1 + 156, "The details have row ends, too: one after each of their 48 rows."),
        (2352 + 1 + 144, "The whole picture has row ends as well: 12 rows of 13, not of 12."),
        (2304 + 1 + 144, "All row ends are missing: 48 in the details and 12 in the whole."),
        (2508, "One is missing: the separator between the details and the whole picture."),
        (2510, "One too many: the separator stands once, between the two parts, and nothing comes at the end."),
        (2352, "Those are the details. The separator and the whole picture come after them."),
        (156, "That is the whole picture without its details."),
        (2353, "Details and separator. Now the whole picture: 12 rows of 13."),
        (17 * 156, "The details have no row ends of their own: they stand side by side, as one page of 48 rows."),
        (
            2304 + 16 + 1 + 144 + 1,
            "Row ends come after each *row* of the page, 48 and 12 of them; not one for each detail.",
        ),
        (17 * 576, "Those are patches. Four of them become one place before the decoder sees them."),
        (576, "Those are the patches of one crop. Four become one place, and there are 17 crops."),
    ],
    hints=[
        "The details stand side by side as one large picture of 48 x 48 places. Each row has one more token, its end.",
        "Details: 48 * 49. Then the separator: 1. Then the whole: 12 * 13.",
    ],
    code="answer_1 = 48 * 49 + 1 + 12 * 13",
    why="The next cell counts the same: the prompt has 12 more, for the words.",
)


def _two_best(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])[:2]


def _two_worst(scores):
    return sorted(range(len(scores)), key=lambda i: scores[i])[:2]


def _values(scores):
    return sorted(scores, reverse=True)[:2]


def _below_zero(scores):
    first = _two_best(scores)[0]
    return [first, max(range(len(scores)), key=lambda i: 0 if i == first else scores[i])]


def _with_shapes(scores):
    return [_values(scores), _two_best(scores)]


# Each tells some slip from the right answer: in the second only one score is above 0, in the third none is.
_SCORES = (
    [-2.5, -0.6, 2.0, -1.4, 3.9, 0.0, -0.1, 0.6, -5.5, 0.2, 0.7, -1.6, -0.5, -1.2, 0.3, 0.9],
    [-1.0, -0.2, -3.0, -4.0, -0.9, -2.0, -7.0, -0.8, -1.1, 1.5, -0.3, -1.2, -2.2, -0.4, -0.7, -3.1],
    [-1.5, -2.5, -0.5, -9.0, -0.6, -2.0, -1.0, -3.0, -4.0, -0.2, -5.0, -6.0, -7.0, -0.1, -8.0, -1.2],
    [2.6, 0.1, -3.0, 2.1, 0.4, 3.0, 2.2, 0.2, -0.4, 0.6, 1.1, -0.9, 2.9, -1.5, 1.7, 0.9],
)


class Scores(function):
    """Hands the scores over as tensors, as the notebook does. Code that wants plain lists is as good."""

    def __init__(self):
        super().__init__([((scores,), _two_best(scores)) for scores in _SCORES])

    def tensors(self) -> function:
        import torch  # here: the warm-ups of other notebooks read this file, too

        return function([((torch.tensor(scores),), wanted) for (scores,), wanted in self.cases])

    def one(self, value, namespace):
        said = self.tensors().one(value, namespace)
        if said is True or isinstance(said, Verdict):
            return said
        plain = super().one(value, namespace)
        return plain if plain is True or "stops with" in said else said

    def same(self, value, example):
        return self.tensors().same(value, example) or super().same(value, example)


def _results(pick) -> list:
    return [plain_value(_call(pick, arguments)) for arguments, _ in Scores().tensors().cases]


def _always_the_same(pick) -> bool:
    found = _results(pick)
    return found[0] is not None and not isinstance(found[0], BaseException) and all(one == found[0] for one in found)


def _not_always_two(pick) -> bool:
    found = _results(pick)
    return all(isinstance(one, list | tuple) for one in found) and len({len(one) for one in found}) > 1


q2 = Exercise(
    "07.q2",
    "pick",
    judge=Scores(),
    right="That is all a router decides: which two. Everything else about a mixture of experts follows from it.",
    right_examples=[_two_best, lambda scores: tuple(_two_best(scores))],
    known_wrong=[
        (_two_worst, "Those are the two lowest scores. The router sends a token to the highest."),
        (_values, "Those are the scores. The numbers of the experts are wanted: their places in the list."),
        (
            _with_shapes,
            "That is all of `topk`, the scores and their places. Only the places are wanted: its `.indices`.",
        ),
        (
            lambda scores: sorted(_two_best(scores)),
            "The right two, in order of their *numbers*. The higher score first.",
        ),
        (lambda scores: _two_best(scores)[::-1], "The right two, turned round: the highest score comes first."),
        (lambda scores: [i + 1 for i in _two_best(scores)], "Experts count from 0: yours are one too high."),
        (lambda scores: _two_best(scores)[:1], "One expert. Phi-3.5-MoE and pico-moe ask two for each token."),
        (lambda scores: _two_best(scores)[0], "One expert. The router picks two for each token: return both."),
        (
            lambda scores: sorted(range(len(scores)), key=lambda i: -scores[i])[:3],
            "Three experts. Two are asked for each token.",
        ),
        (
            lambda scores: _two_best([abs(score) for score in scores]),
            "A score far below 0 is no strong vote: a router compares the scores as they are, with their signs.",
        ),
        (
            _below_zero,
            "Nearly. When all others are below 0, a 0 in the place of the best is the highest again: take minus "
            "infinity, or leave it out.",
        ),
        (
            lambda scores: [i for i, score in enumerate(scores) if score > 2],
            "A fixed bar lets now one expert through, now five, now none. The router takes two, however high or low.",
            _not_always_two,
        ),
        (
            lambda scores: [8, 2],
            "Your function gives the same for any scores. It has to look at its argument, `scores`.",
            _always_the_same,
        ),
    ],
    hints=[
        "Sort the places 0, 1, 2, ... by their score, the highest first, and keep two.",
        "`sorted(range(len(scores)), key=lambda i: -scores[i])[:2]`, or the tensor's own `topk`",
    ],
    code="def pick(scores):\n    return sorted(range(len(scores)), key=lambda i: -scores[i])[:2]",
    why="`scores.topk(2).indices` does the same, for a whole batch at once.",
)

TOTAL, EXPERT = 5_919_232, 3 * 256 * 88

q3 = Exercise(
    "07.q3",
    "answer_3",
    judge=number(TOTAL - 4 * 14 * EXPERT, within=0.005, unit="parameters"),
    right="A third of the model works on a token, and all of it has to be in memory.",
    right_examples=[2_134_528],
    known_wrong=[
        (TOTAL, "That is the total: it counts all 16 experts of each layer."),
        (
            TOTAL // 8,
            "Only the **experts** are left out for a token. Attention, embeddings and routers are used by all.",
        ),
        (8 * EXPERT, "Those are the experts at work. Attention, embeddings and routers work on each token as well."),
        (64 * EXPERT, "Those are all experts of all layers. Two of the sixteen work in each, and so does the rest."),
        (56 * EXPERT, "Those are the ones that rest. How many of the 5,919,232 are left?"),
        (EXPERT, "That is one expert of one layer. How many rest in each layer, and in all four?"),
        (TOTAL - 64 * EXPERT, "Now no expert is counted at all. Two of the sixteen work in each layer."),
        (TOTAL - 14 * EXPERT, "That leaves 14 experts out in one layer. There are four layers."),
        (TOTAL - 8 * EXPERT, "You took away the two that work. Take away the fourteen that rest."),
        (TOTAL - 60 * EXPERT, "That leaves one expert a layer. A token meets two, so 14 rest."),
        (TOTAL - 48 * EXPERT, "That leaves four experts a layer at work. A token meets two, so 14 rest."),
        (TOTAL - 56 * EXPERT // 3, "An expert has three matrices of 256 x 88; you counted one."),
        (TOTAL - 56 * 2 * EXPERT // 3, "An expert has three matrices of 256 x 88; you counted two."),
        (TOTAL - 56 * 3 * (256 + 88), "A matrix of 256 x 88 has 256 times 88 numbers, not 256 plus 88."),
    ],
    hints=[
        "14 of 16 experts stay out, in each of 4 layers. One expert has 3 matrices of 256 x 88.",
        "5,919,232 - 4 * 14 * 3 * 256 * 88",
    ],
    code="answer_3 = 5_919_232 - 4 * 14 * 3 * 256 * 88",
    why="`arithmetic.count` of the course does the same sum for Phi-3.5-MoE: 41.9 billion in all, 6.6 billion active.",
)

q4 = Exercise(
    "07.q4",
    "answer_4",
    judge=number(20.94, within=0.03, unit="GB"),
    right="Memory for all 41.9 billion, arithmetic for 6.6: nobody knows which expert the next token asks for.",
    right_examples=[20.94, 21],
    known_wrong=[
        (3.32, "Those are the active parameters. But the next token may ask for any of the other experts."),
        (83.746, "That is at 16 bits, two bytes a weight. At 4 bits a weight is half a byte."),
        (41.873, "One byte a weight would be 8 bits. At 4 bits it is half of that."),
        (167.49, "4 bits for each weight make 167.5 billion *bits*. A byte has 8 of them."),
        (26.17, "That is with scales, or 5 bits. The bare 4 bits are asked for."),
        (17.616, "Those are the parameters that rest. The active ones need memory, too."),
        (24.257, "The active parameters are a part of the total: they are counted twice here."),
        (10.468, "That is a quarter of a byte for each weight, 2 bits. 4 bits are half a byte."),
        (5.234, "That is one bit for each weight. Each has four."),
        (30.4, "16 x 3.8 is the name, not the size: attention and tables are there once. The total is 41.873 billion."),
        (1339.9, "From bits to bytes one divides by 8."),
    ],
    hints=["Memory follows the total. 4 bits are half a byte.", "41.873 billion * 0.5 byte"],
    code="answer_4 = 41.873 * 0.5",
    why="The scales of the quantization come on top, about a ninth.",
)


def _place(token):
    row, column = divmod(token, 13)
    return None if column == 12 else (row, column)


def _stops(token):
    if token % 13 == 12:
        raise ValueError
    return _place(token)


def _stops_at_the_end(place_of) -> bool:
    return isinstance(_call(place_of, (12,)), BaseException) and plain_value(_call(place_of, (14,))) in ((1, 1), [1, 1])


def _instead(of):
    """The right function, but for what it returns for a row end."""
    return lambda token: of if _place(token) is None else _place(token)


def _of_place(change):
    """The right function, but for what it makes of row and column."""
    return lambda token: _place(token) and change(*_place(token))


q5 = Exercise(
    "07.q5",
    "place_of",
    judge=function([((token,), _place(token)) for token in range(WHOLE)]),
    right="Thirteen tokens a row, of which the last belongs to no place.",
    right_examples=[_place],
    known_wrong=[
        (lambda token: divmod(token, 12), "A row has 13 tokens: twelve places and the row end."),
        (lambda token: divmod(token, 24), "24 are the patches in a row. Here a row has 12 places and its end."),
        (lambda token: divmod(token, 13), "Nearly: the last token of a row is no place. For it, return None."),
        (_of_place(lambda row, column: (column, row)), "Row first, then column."),
        (_of_place(lambda row, column: (row + 1, column + 1)), "Rows and columns count from 0, as `token` does."),
        (_of_place(lambda row, column: 12 * row + column), "That is the number of the place. Return row and column."),
        (
            lambda token: None if token % 13 == 0 else divmod(token, 13),
            "The row end comes *last* in its row: column 12, not column 0.",
        ),
        (lambda token: _place(token - 1), "`token` counts from 0 already: the first one is 0."),
        (lambda token: None if token == 12 else divmod(token, 13), "That is the end of the first row only."),
        (lambda token: (token / 13, token % 13), "`/` gives a fraction, such as row 0.08. Whole rows: `//`."),
        (
            lambda token: None if token % 13 == 12 else (token / 13, token % 13),
            "A row such as 0.08 does not exist: `//` counts whole rows, `/` does not.",
        ),
        (_instead("None"), "For a row end, return None itself, without quotes."),
        (_instead((None, None)), "For a row end, return one None, not a pair of them."),
        (_instead(False), "For a row end, return None, not False."),
        (_stops, "A row end is no error: for it, return None.", _stops_at_the_end),
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

TWO = "<|user|>\n<|image_1|>\n<|image_2|>\nWhat has changed?<|end|>\n<|assistant|>\n"
TAGS = "<|image_1|>\n<|image_2|>\n"


def _prompt(answer):
    if not isinstance(answer, str):
        return 'Write the prompt as a text in quotes, with "\\n" for a new line.'
    answer = str(answer)  # not a text of one's own kind, which may say that it equals everything
    if "\\n" in answer:
        return "Your new lines are two signs each, a backslash and an n: leave out the r before the quotes."
    faults = [
        ("<|image_1|>" in answer and "<|image_3|>" in answer, "Two pictures need two tags; there are more."),
        ("<|image1|>" in answer or "<image" in answer, "A tag is written `<|image_1|>`, with its underscore and bars."),
        ("<|image_0|>" in answer, "Counting begins at 1 here, not at 0."),
        (
            answer.count("<|image_1|>") > 1,
            "The same tag twice. They are numbered: the second picture is `<|image_2|>`.",
        ),
        ("<|image_" not in answer, "Without tags the model does not know that there are pictures."),
        ("<|image_2|>" not in answer, "One tag for two pictures. The second picture would have no place to go."),
        ("<|image_1|>" not in answer, "The first picture has no tag: `<|image_1|>`."),
        (answer.find("<|image_2|>") < answer.find("<|image_1|>"), "The tags stand the wrong way round: 1, then 2."),
        ("<|user|>" not in answer, "The words of the chat are missing: `<|user|>`, `<|end|>` and `<|assistant|>`."),
        ("<|assistant|>" not in answer, "The turn of the assistant is not opened: end with `<|assistant|>`."),
        ("<|end|>" not in answer, "The turn of the user does not end: `<|end|>` comes after the question."),
        ("What has changed?" not in answer, "The question is `What has changed?`, letter by letter."),
        (answer.find("What") < answer.find("<|image_2|>"), "The pictures come first, then the question."),
        (TAGS not in answer, "Each tag stands on a line of its own: a new line after each."),
        (answer[:1].isspace(), "There is a new line before `<|user|>`. Begin right after the quotes."),
        (answer == TWO.rstrip(), "Nearly: after `<|assistant|>` comes a new line, as for one picture."),
    ]
    told = next((reason for wrong, reason in faults if wrong), "")
    return answer == TWO or told or "Compare it with `prompt_for(...)` of section 2, sign by sign: print both."


q6 = Exercise(
    "07.q6",
    "answer_6",
    judge=_prompt,
    right="Two tags, numbered from 1, in the order in which you hand over the pictures.",
    right_examples=[TWO],
    known_wrong=[(TAGS, "The words of the chat are missing: `<|user|>`, `<|end|>` and `<|assistant|>`.")],
    hints=[
        'With one picture it was "<|user|>\\n<|image_1|>\\nWhat do you see?<|end|>\\n<|assistant|>\\n".',
        "Put `<|image_2|>` on a line of its own below `<|image_1|>`; or call `prompt_for` with one more argument.",
    ],
    code=f"answer_6 = {TWO!r}",
    why="ONNX Runtime GenAI replaces the first tag by numbers -1, the second by -2, one for each token of a picture.",
)

q7 = Exercise(
    "07.q7",
    "answer_7",
    judge=number((8192 - 200) // 157, within=0, unit="frames"),
    right="25 seconds of a video, if one takes two frames a second: 50 / 2.",
    right_examples=[50],
    known_wrong=[
        (
            (8192 - 200) // 2509,
            "That many fit *with* their details. Without them a frame is 156 tokens and its new line.",
        ),
        ((8192 - 200) / 157, "Only whole frames count: round down."),
        (51, "51 frames are 51 * 157 = 8,007 tokens. Then 185 are left for words, and 200 are wanted."),
        (52, "The words need room as well: take their 200 tokens away first."),
        (53, "The 200 tokens for words are taken *away* from the room, not added."),
        (8192 / 157, "Take the 200 tokens for words away first, and count whole frames only."),
        (7992 // 144, "144 are the places alone. Each of the 12 rows has its end, and each picture its new line: 157."),
        (7992 // 576, "576 are patches. Four become one place, and with the row ends a frame is 156 tokens."),
        (7992 // 357, "The 200 tokens for words are needed once, not for every frame."),
        (1024 // 157, "1,024 is the context of pico-mini. pico-vision's has 8,192 tokens."),
        (7992 - 157, "That is the room left after one frame. How often do 157 tokens fit into 7,992?"),
        (50 * 157, "Those are the tokens of all frames. How many frames are they?"),
        (7992 % 157, "That is what is left over (`%`). How often it fits: `//`."),
        (21, "So many frames has the film. How many would *fit*?"),
    ],
    hints=["8,192 - 200 tokens are left for frames, and each takes 156 + 1.", "`(8192 - 200) // 157`"],
    code="answer_7 = (8192 - 200) // 157",
    why="This is why code for real video models picks key frames and lowers their number of crops.",
)

q8 = Exercise(
    "07.q8",
    "answer_8",
    judge=number(12.5, within=0.001, unit="%"),
    right="Two of sixteen. Whatever is above that works more than its share, and whatever is below wastes memory.",
    right_examples=[12.5],
    known_wrong=[
        (6.25, "That is one of sixteen. But each token goes to **two** experts."),
        (0.125, "As per cent, please: multiply by 100."),
        (0.0625, "That is one of sixteen, as a fraction. Each token goes to two, and per cent are asked for."),
        (50, "Two experts read a token, but of sixteen. Each is asked for two tokens of sixteen."),
        (100, "No expert reads every token. That would be a dense layer."),
        (800, "Upside down: two of sixteen, not sixteen of two."),
        (8, "One token in eight, yes. How many per cent is that?"),
        (25, "Twice too much: two of sixteen, in one layer."),
        (3.125, "Each token goes to two experts: that makes the share larger, not smaller."),
        (2, "So many experts read a token. What share of the tokens does one of sixteen get?"),
        (16, "So many experts there are. What share of the tokens does one get, when each token goes to two?"),
        (100 * 2 / 15, "They are numbered 0 to 15, which makes sixteen."),
        (43, "That is what the busiest one really reads. Asked is the fair share."),
    ],
    hints=["Of 1,600 tokens, 3,200 visits are shared by 16 experts.", "200 visits each, of 1,600 tokens."],
    code="answer_8 = 100 * 2 / 16",
    why="The balance loss pulls towards this number.",
)

warm_up = WarmUp("07")

quiz = Quiz.read("07")

deeper_quiz = Quiz.read("07", "deeper_quiz")
