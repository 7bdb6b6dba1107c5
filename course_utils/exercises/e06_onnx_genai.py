"""Exercises, warm-up and quiz of notebook 06, ONNX Runtime and its generative loop."""

from __future__ import annotations

import re

import numpy as np

from .engine import Exercise, function, given, number
from .quiz import Choice, Question, Quiz, WarmUp

q1 = Exercise(
    "06.q1",
    "answer_1",
    judge=number(6144, within=0.001, unit="bytes"),
    right="4 layers, a key and a value each, 3 heads, 64 numbers a head, 4 bytes a number: 6,144 bytes a token.",
    right_examples=[6144, 4 * 2 * 3 * 64 * 4],
    known_wrong=[
        (3072, "That is half of it. A layer keeps a key **and** a value for each token."),
        (1536, "Almost. That is one layer only, or it counts numbers where bytes are wanted (4 bytes each)."),
        (6144 * 1024, "That is the cache of a full context of 1,024 tokens. One token is wanted here."),
        (2 * 3 * 64, "These are the numbers of one layer. There are 4 layers, and a number takes 4 bytes."),
    ],
    hints=[
        "Count in the list of inputs: how many names begin with `past_key_values`?",
        "Each of those has 3 heads with 64 numbers for every token, and float32 takes 4 bytes.",
    ],
    code="answer_1 = 4 * 2 * 3 * 64 * 4",
    why="`past_key_values` has 8 entries (4 layers, key and value). A full context of 1,024 tokens takes 6.3 MB.",
)


def _scores() -> np.ndarray:
    return np.array([[[0.5, -1.0, 3.0, 2.0, -4.0, 1.0]]], dtype=np.float32)


def _forbidden(ids: list[int]):
    """A check of what `forbid` returned for `_scores()` and these ids."""

    def fault(result):
        if not isinstance(result, np.ndarray):
            return False
        if result.shape != (1, 1, 6):
            return "The scores must keep their shape, one for every entry of the vocabulary: (1, 1, 6) here."
        scores = result[0, 0].astype(np.float64)
        with np.errstate(invalid="ignore"):
            chance = np.exp(scores - scores.max())
        if not all(chance[i] == 0 for i in ids):  # NaN fails as well
            return (
                "A forbidden token can still be drawn, or its score is no number. "
                "Give it the lowest score there is, whatever it was before."
            )
        others = [i for i in range(6) if i not in ids]
        if not np.allclose(result[0, 0, others], _scores()[0, 0, others]):
            return "The scores of the other tokens must stay as they were."
        return True

    return fault


def _forbid(logits, ids):
    logits[0, 0, ids] = -np.inf
    return logits


def _forbid_by_zero(logits, ids):
    logits[0, 0, ids] = 0
    return logits


def _forbid_by_less(logits, ids):
    logits[0, 0, ids] -= 20
    return logits


def _forbid_by_removing(logits, ids):
    return np.delete(logits, ids, axis=2)


def _forbid_without_return(logits, ids):
    logits[0, 0, ids] = -np.inf


q2 = Exercise(
    "06.q2",
    "forbid",
    judge=function([((_scores(), [2]), _forbidden([2])), ((_scores(), [0, 4]), _forbidden([0, 4]))]),
    right="Minus infinity becomes a probability of exactly 0, whatever the other scores are.",
    right_examples=[_forbid, lambda logits, ids: np.where(np.isin(np.arange(6), ids), -1e9, logits)],
    known_wrong=[
        (_forbid_by_zero, "0 is not low: logits below 0 are common, so 0 can even raise a chance."),
        (_forbid_by_less, "Less likely is not never: another score may fall as low."),
        (_forbid_by_removing, "Removing a score moves all later tokens to other ids. Keep the length."),
        (_forbid_without_return, "Right so far, but the function returns nothing: end with `return logits`."),
    ],
    hints=[
        "`favour` adds to a score. Here the score itself must become so low that no other can be lower.",
        "`logits[0, 0, ids] = ...` sets the scores of all these ids at once. What is the lowest number there is?",
    ],
    code=("import numpy as np\n\ndef forbid(logits, ids):\n    logits[0, 0, ids] = -np.inf\n    return logits"),
    why="`softmax` turns a score into e to the power of it, and e to the power of minus infinity is 0.",
)

SOMETHING = "Something was saved: without rewinding each question brings the passage along."
SHARE = "That is a share. A number of tokens is wanted: a multiple of `passage_tokens`."
THRICE = "Almost: the passage has to be read once, so with three questions it is saved only twice."
ONCE = "The passage is saved for every question after the first, and there were three questions."


def _saved(answer, namespace):
    if isinstance(answer, str):
        return "Write it without quotes."
    passage = namespace["passage_tokens"]
    near = lambda tokens: abs(float(answer) - tokens) <= 2  # noqa: E731
    if near(2 * passage):
        return True
    if near(3 * passage):
        return THRICE
    if near(passage):
        return ONCE
    return "Think of how often the passage is read without rewinding, and how often with it."


q3 = Exercise(
    "06.q3",
    "answer_3",
    judge=_saved,
    right="The passage is read once instead of three times. The longer the common beginning, the more it pays.",
    right_examples=[given(answer_3=1000, passage_tokens=500)],
    known_wrong=[
        (given(answer_3=1500, passage_tokens=500), THRICE),
        (given(answer_3=500, passage_tokens=500), ONCE),
        (given(answer_3=0, passage_tokens=500), SOMETHING, lambda answer: float(answer) == 0),
        (given(answer_3=2 / 3, passage_tokens=500), SHARE, lambda answer: 0 < float(answer) < 1),
    ],
    hints=[
        "Without rewinding each of the three questions brings the whole passage along.",
        "With rewinding the passage is read once. So what falls away is ... times `passage_tokens`.",
    ],
    code="answer_3 = 2 * passage_tokens",
    why="Chat services do the same under the name prompt caching: a long system text is read once and kept.",
)

MOODS = ("Positive.", "Negative.")
NOT_MOODS = (
    "Neutral.",
    "Positive",
    "Positive. I think.",
    "positive.",
    "Negative!",
    "I do not know.",
    "NitPig.",
    "",
    ".",
    "PositiveNegative.",
    "Positive.Negative.",
    "Positive. ",
    "Native.",
)


def _two_moods(answer) -> bool | str:
    if not isinstance(answer, str):
        return 'Write the pattern as a text, for example r"yes|no".'
    try:
        pattern = re.compile(answer)
    except re.error as error:
        return f"This is not a regular expression: {error}."
    foreign = re.search(r"\\[bBZ]|\(\?<?[=!]|\(\?[>#]", answer)  # Python knows these, the library does not
    if foreign:
        return f"GenAI's patterns do not know `{foreign[0]}`. Leave it out: the whole answer has to fit anyway."
    missing = [text for text in MOODS if not pattern.fullmatch(text)]
    if missing:
        return f"The pattern does not let the model say “{missing[0]}”."
    extra = [text for text in NOT_MOODS if pattern.fullmatch(text)]
    return f"The pattern also lets the model say “{extra[0]}”." if extra else True


q4 = Exercise(
    "06.q4",
    "answer_4",
    judge=_two_moods,
    right="Two answers are left, full stop included. Nothing else can come out, whatever the prompt is.",
    right_examples=[r"(Positive|Negative)\.", r"Positive\.|Negative\.", r"(Posi|Nega)tive\."],
    known_wrong=[
        (
            "Positive|Negative",
            "The full stop is missing: pico-mini ends a sentence with one, and now it cannot.",
        ),
        (
            r"(Positive|Negative).",
            "A bare `.` stands for **any** sign, so `Negative!` fits as well. Write `\\.` for a full stop.",
        ),
        (
            r"Positive|Negative\.",
            "`|` reaches as far as it can: this is `Positive` or `Negative.`. Put brackets around the two words.",
        ),
        (
            r"[Positive|Negative]+\.",
            "Square brackets mean **one of these letters**, so `NitPig.` fits too. Round brackets group words.",
        ),
        (r"(Positive|Negative|Neutral)\.", "This still lets the model be neutral. Leave that choice out."),
        ("Positive or Negative.", "That is one fixed sentence. The sign for a choice is `|`."),
    ],
    hints=[
        "A choice is written `(this|that)`.",
        "A full stop that means itself is written `\\.`. Put `r` before the quotes so that `\\` stays as it is.",
    ],
    code=r'answer_4 = r"(Positive|Negative)\."',
    why=(
        "Try it: `write('Is this sentence positive, negative or neutral? The bus is red.', "
        "guidance=('regex', answer_4))`."
    ),
)

q5 = Exercise(
    "06.q5",
    "answer_5",
    judge=number(5.0, within=0.01, unit="bits"),
    right="4 bits for the weight and 32 bits of scale shared by 32 weights: 5 bits each.",
    right_examples=[5, (4 * 32 + 32) / 32],
    known_wrong=[
        (4, "That is the weight alone. Each group of 32 weights also needs its scale."),
        (4.5, "That would be right for a scale of 16 bits. This file keeps its scales in float32."),
        (36, "That gives every weight a scale of its own. One scale serves the whole group of 32."),
        (
            8,
            "Two weights share a byte in int4. That is 4 bits a weight, and a share of the scale comes on top.",
        ),
        (4.125, "A scale is a float32, so it has 4 **bytes**, not 4 bits."),
    ],
    hints=[
        "Take one group: 32 weights of 4 bits, and one scale of 32 bits.",
        "All bits of the group, divided by its 32 weights.",
    ],
    code="answer_5 = (32 * 4 + 32) / 32",
    why="The name int4 hides the scales. With groups of 64 weights it would be 4.5 bits, and a little less exact.",
)

q6 = Exercise(
    "06.q6",
    "answer_6",
    judge=number(2.7206, within=0.015, unit="GB"),
    right="About 2.72 GB, and that is the size such a file really has: pico-mini is a good scale model.",
    right_examples=[2.72, (3_722_578_944 * 5 / 8 + 98_500_608 * 4) / 1e9],
    known_wrong=[
        (
            1.91,
            "That is 4 bits for everything. The scales cost a bit a weight, and the embedding table is float32.",
            lambda a: abs(float(a) - 1.9105) < 0.005,
        ),
        (
            2.39,
            "Good, the scales are in. But the embedding table stays in float32: 4 bytes a weight, not 5 bits.",
            lambda a: abs(float(a) - 2.388) < 0.006,
        ),
        (
            2.326,
            "The embedding table is missing: 98,500,608 weights of 4 bytes each.",
            lambda a: abs(float(a) - 2.3266) < 0.005,
        ),
        (
            2.524,
            "The embedding table has 4 bytes a weight here (float32), not 2.",
            lambda a: 2.515 < float(a) < 2.529,
        ),
        (
            2.534,
            "That is the size in GiB, of 1,073,741,824 bytes. A GB is a billion bytes.",
            lambda a: 2.529 <= float(a) < 2.54,
        ),
        (
            7.64,
            "That is the size in 16 bits. int4 takes less than half of it.",
            lambda a: abs(float(a) - 7.642) < 0.03,
        ),
        (21.76, "Bits are not bytes: divide by 8.", lambda answer: 15 < float(answer) < 30),
    ],
    hints=[
        "3,722,578,944 weights of 5 bits, and 98,500,608 weights of 32 bits. Eight bits are a byte.",
        "GB are billions of bytes: divide by 1e9 at the end.",
    ],
    code="answer_6 = (3_722_578_944 * 5 / 8 + 98_500_608 * 32 / 8) / 1e9",
    why="A model of exactly this shape, built with the same command, measured 2.72 GB on disk.",
)

warm_up = WarmUp("06")

quiz = Quiz(
    "06",
    [
        Question(
            "06.onnx",
            "What is in an **ONNX** file?",
            [
                Choice(
                    "Python code that rebuilds the model.",
                    False,
                    "No code at all. That is why C++, C# or JavaScript run it too.",
                ),
                Choice(
                    "A graph of operators, and the weights they use.",
                    True,
                    "Nodes, the tensors between them, and the numbers.",
                ),
                Choice(
                    "Only the weights, as in safetensors.",
                    False,
                    "ONNX also says what to do with the numbers.",
                ),
            ],
        ),
        Question(
            "06.genai",
            "ONNX Runtime can run the graph. What does **GenAI** add?",
            [
                Choice(
                    "The loop: tokens, search, KV cache, stopping.",
                    True,
                    "The graph gives one set of logits. A text needs a loop.",
                ),
                Choice("A bigger model.", False, "It is the same graph with the same weights."),
                Choice("Training.", False, "It only runs models. Notebook 08 will train one."),
            ],
        ),
        Question(
            "06.greedy",
            "You ask for `num_beams=4`. What do you get?",
            [
                Choice(
                    "Four times the quality.",
                    False,
                    "A likelier text, by the model's own measure. Likelier is not better.",
                ),
                Choice(
                    "A random text out of four.",
                    False,
                    "Beam search draws nothing. It gives the same text every time.",
                ),
                Choice(
                    "A text that the model finds at least about as likely as the greedy one, for more work.",
                    True,
                    "It follows four candidates at once, and keeps the likeliest in the end.",
                ),
            ],
        ),
        Question(
            "06.schema",
            "An answer was forced into a JSON schema. What is sure?",
            [
                Choice(
                    "That it is true.",
                    False,
                    "The schema knows nothing about the world, nor about the passage.",
                ),
                Choice(
                    "That it has the shape.",
                    True,
                    "Every token that would break the shape had a probability of 0.",
                ),
                Choice(
                    "That the model understood the question.",
                    False,
                    "It may fill in the form blindly. Check the content.",
                ),
            ],
        ),
        Question(
            "06.int4",
            "Why is an int4 file more than an eighth of the float32 file?",
            [
                Choice("ONNX pads every number to 8 bits.", False, "Two int4 weights share one byte."),
                Choice(
                    "The graph itself takes most of the room.",
                    False,
                    "The graph has some 30 kB here. The weights are the file.",
                ),
                Choice(
                    "Scales, and tables left in float32.",
                    True,
                    "One scale for 32 weights makes 5 bits a weight.",
                ),
            ],
        ),
        Question(
            "06.perplexity",
            "On the same text one form of a model has perplexity 28, another 33. What does that tell you?",
            [
                Choice(
                    "The text surprises the second more.",
                    True,
                    "It gave the tokens that really came a lower probability, on average.",
                ),
                Choice(
                    "The second knows more words, so it has more to choose from.",
                    False,
                    "Both have one vocabulary. 33 is the number of tokens that it seems to waver between.",
                ),
                Choice(
                    "The second is right in 33 of 100 cases.",
                    False,
                    "It is no share of right answers, and less is better.",
                ),
            ],
        ),
        Question(
            "06.rewind",
            "What does `generator.rewind_to(n)` save?",
            [
                Choice(
                    "Reading the first n tokens again.",
                    True,
                    "Their keys and values are still in the KV cache.",
                ),
                Choice(
                    "Memory: it frees the cache.",
                    False,
                    "The room was reserved for `max_length` tokens from the start.",
                ),
                Choice("The answer, to a file.", False, "Nothing is written. It forgets what came after token n."),
            ],
        ),
        Question(
            "06.hardware",
            "`og.is_qnn_available()` says True on your laptop. What does it tell you?",
            [
                Choice(
                    "That you have a Snapdragon NPU.",
                    False,
                    "It says True on an ordinary Intel or AMD machine, too.",
                ),
                Choice(
                    "That the models now run on the NPU.",
                    False,
                    "They run where the configuration says: on the CPU.",
                ),
                Choice("Nothing. Opening a model with that provider does.", True, "Prove it by running it."),
            ],
        ),
        Question(
            "06.old",
            "Which of these lines from 2024 still works with GenAI 0.18?",
            [
                Choice("`params.input_ids = tokens`", False, "Gone: now `generator.append_tokens(tokens)`."),
                Choice("`generator.generate_next_token()`", True, "The heart of the loop has kept its name."),
                Choice(
                    "`generator.compute_logits()`",
                    False,
                    "Gone. `generate_next_token()` computes them itself.",
                ),
                Choice("`model.generate(tokens)`", False, "Gone. One way is left, the token by token loop."),
            ],
        ),
    ],
)
