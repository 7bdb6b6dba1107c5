"""Exercises, warm-up and quizzes of notebook 04, Transformers."""

import math
from types import SimpleNamespace

from .engine import Exercise, given, number
from .quiz import Quiz, WarmUp
from .transformers_functions import (
    BUILDS,
    built,
    entries,
    group,
    kept,
    kept_within,
    powers_by,
    pure,
    softmax,
    without_a_mask,
)
from .values import as_number

_ENGLISH = "That is the number of English words. Finnish has its own entry."
_TIMES = "There cannot be more words than tokens: a word takes at least one token. Divide, do not multiply."
_ONE_EACH = "That would be one token per word. The cell above measured how many tokens a Finnish word takes."
_OTHER = "That is with pico-mini's tokenizer. Each model counts in its own tokens: take the rate of SmolLM2's."
_SHORT = "That is pico-mini's context, 1,024 tokens. SmolLM2's is eight times as long."
_ENTRIES = "That is the size of the vocabulary, divided. How long a text may be is another number: the context."
_RATE = "That is the rate, tokens per word. How many words fit into the whole context?"
_UPSIDE = "Upside down: that is a part of a word. Divide the context by the rate."
_ROUNDED = (
    "You rounded the rate to a whole number before you divided. Take its digits along: they make a hundred words."
)
_BOTH = "You divided by two rates. The text is in one language: take the Finnish one alone."


def _words_that_fit(answer, namespace):
    """The context of the model that the notebook holds as `smol`, which is pico-mini where SmolLM2 is absent."""
    rates, context = namespace["tokens_per_word"], namespace["smol"].context_length
    own, mine = rates[namespace["smol"].name], as_number(answer)
    finnish, pico = own["Finnish"], rates.get("pico-mini", own)["Finnish"]
    verdict = number(context / finnish, within=0.02).one(answer, namespace)
    if verdict is True or mine is None or isinstance(answer, str):
        return verdict
    slips = [(_ENGLISH, context / own[language]) for language in ("English", "other English")]
    slips += [(_TIMES, context * finnish), (_ONE_EACH, context), (_OTHER, context / pico)]
    slips += [(_SHORT, 1024 / finnish), (_SHORT, 1024 / pico), (_ENTRIES, 49152 / finnish), (_RATE, finnish)]
    slips += [(_UPSIDE, finnish / context), (_ROUNDED, context / round(finnish))]
    slips += [(_BOTH, context / finnish / own[language]) for language in ("English", "other English")]
    near = {_BOTH: 0.04}  # both rates may be rounded
    return next((why for why, slip in slips if math.isclose(mine, slip, rel_tol=near.get(why, 0.01))), verdict)


_MEASURED = {
    "tokens_per_word": {
        "pico-mini": {"English": 1.3, "Finnish": 2.7, "other English": 1.7},
        "smollm2": {"English": 1.25, "Finnish": 3.2, "other English": 1.15},
    },
    "smol": SimpleNamespace(name="smollm2", context_length=8192),
}
_ABSENT = {
    "tokens_per_word": {"pico-mini": {"English": 1.25, "Finnish": 2.5, "other English": 1.7}},
    "smol": SimpleNamespace(name="pico-mini", context_length=1024),
}


def _told(answer, why):
    """A slip that the judge itself names, since it hangs on what was measured."""
    return given(answer_1=answer, **_MEASURED), why, lambda answer: False


q1 = Exercise(
    "04.q1",
    "answer_1",
    judge=_words_that_fit,
    right="That is all it can hold of a Finnish text, and the answer has to fit in there as well.",
    right_examples=[given(answer_1=answer, **_MEASURED) for answer in (2560.0, 2560, 2600, 2550)]
    + [given(answer_1=409.6, **_ABSENT)],
    known_wrong=[
        _told(8192 * 3.2, _TIMES),
        _told(8192, _ONE_EACH),
        _told(8192 / 1.25, _ENGLISH),
        _told(8192 / 2.7, _OTHER),
        _told(1024 / 3.2, _SHORT),
        _told(49152 / 3.2, _ENTRIES),
        _told(3.2, _RATE),
        _told(3.2 / 8192, _UPSIDE),
        _told(8192 / 3, _ROUNDED),
        _told(8192 / 3.2 / 1.25, _BOTH),
    ],
    hints=[
        "If a word took two tokens, half as many words as tokens would fit.",
        "Divide 8,192 by SmolLM2's rate for Finnish: `tokens_per_word[smol.name]`.",
    ],
    code='answer_1 = smol.context_length / tokens_per_word[smol.name]["Finnish"]',
    why="A context is counted in tokens. The more tokens a language needs for a word, the less of it fits in.",
)

MARKUP = "<|system|>\nAnswer in Finnish.<|end|>\n<|user|>\nhello<|end|>\n<|assistant|>\n"


def _markup(answer):
    """Sign by sign: what differs, and where."""
    if not isinstance(answer, str):
        return 'Write the prompt as one text in quotes, with "\\n" for a new line.'
    if str.__eq__(answer, MARKUP):
        return True
    for found, why in _FAULTS:
        if found(answer):
            return why
    same = next((i for i, (a, b) in enumerate(zip(answer, MARKUP, strict=False)) if a != b), None)
    if same is None:
        same = min(len(answer), len(MARKUP))
        fault = "then it ends too early" if len(answer) < len(MARKUP) else "but then there is too much"
        return f"Right as far as it goes ({same} characters), {fault}."
    return f"The first {same} characters are right. Then yours goes on with {answer[same : same + 12]!r}."


def _bare(text: str) -> str:
    return "".join(text.split())


_FAULTS = [
    (lambda text: "<|" not in text, "These are the words without the marks. The model cannot see who says what."),
    (lambda text: "<|im_" in text, "Those are ChatML's marks, which SmolLM2 knows. Take those of pico-mini's strip."),
    (lambda text: "↵" in text, 'The strip shows each new line as `↵`. In Python you write it as "\\n".'),
    (
        lambda text: "\\n" in text,
        "A backslash and an n stand in it as two signs. Without the `r` before the quotes they make a new line.",
    ),
    (
        lambda text: _bare(text).casefold() == _bare(MARKUP).casefold() and _bare(text) != _bare(MARKUP),
        "Only small and capital letters differ. To a tokenizer they are different tokens, so they count.",
    ),
    (
        lambda text: "<|system|>" not in text and 0 <= text.find("<|user|>") < text.find("Finnish"),
        "The rule stands in the user's message. A system message comes first, under a mark of its own: `<|system|>`.",
    ),
    (
        lambda text: "<|system|>" not in text and "Finnish" in text,
        "The rule needs the mark of its role above it, spelled `<|system|>`.",
    ),
    (
        lambda text: "<|system|>" not in text,
        "The system message is missing. It comes first, and looks like the user's with another mark.",
    ),
    (
        lambda text: 0 <= text.find("<|user|>") < text.find("<|system|>"),
        "The system message comes first: it sets the rules before the user speaks.",
    ),
    (
        lambda text: "<|assistant|>" not in text,
        "The turn of the assistant is not opened. End with its mark and a new line, "
        "or the model first has to guess whose turn it is.",
    ),
    (
        lambda text: "<|end|>" not in text,
        "No message is closed. Each ends with `<|end|>`, the same token that ends the model's own answer.",
    ),
    (
        lambda text: _bare(text.partition("<|assistant|>")[2]) != "",
        "The answer is the model's part: after `<|assistant|>` and its new line nothing may follow.",
    ),
    (
        lambda text: "\n" not in text,
        'The new lines are missing. They are part of the template: write each as "\\n".',
    ),
    (
        lambda text: text == MARKUP.removesuffix("\n"),
        'Almost: the last mark is followed by a new line, too. End with "\\n".',
    ),
    (
        lambda text: _bare(text) == _bare(MARKUP),
        "Words and marks are right, blanks or new lines are not. Compare with the strip: each mark but `<|end|>` "
        "has a line of its own, the first stands at the very beginning, and one new line ends the prompt.",
    ),
    (
        lambda text: "Finnish." not in text and "Finnish" in text,
        "The rule ends with a full stop, and the stop is a token, too.",
    ),
]


def _told_by_judge(text, why=None):
    return text, why or _markup(text), lambda answer: False


q2 = Exercise(
    "04.q2",
    "answer_2",
    judge=_markup,
    right="Character for character what the template writes. Now you know what it saves you from.",
    right_examples=[MARKUP],
    known_wrong=[
        _told_by_judge("Answer in Finnish. hello"),
        _told_by_judge(MARKUP.removesuffix("<|assistant|>\n")),
        _told_by_judge(MARKUP.replace("\n", "")),
        _told_by_judge(MARKUP.removesuffix("\n")),
        _told_by_judge(MARKUP.replace("<|end|>", "")),
        _told_by_judge(MARKUP.partition("<|end|>\n")[2]),
        _told_by_judge("\n" + MARKUP),
        _told_by_judge(MARKUP.replace("hello", "Hello")),
        _told_by_judge(MARKUP.replace("Finnish.", "Finnish")),
        _told_by_judge(MARKUP.replace("\n", "\\n")),
        _told_by_judge(MARKUP.replace("\n", "↵")),
        _told_by_judge(MARKUP.replace("<|user|>", "<|assistant|>", 1)),
    ],
    hints=[
        "Look at the strip above: mark of the role, new line, the words, `<|end|>`, new line.",
        "Three parts: the system message, the user's message, and the opening of the assistant's.",
        r'It begins with "<|system|>\nAnswer in Finnish.<|end|>\n".',
    ],
    code=f"answer_2 = {MARKUP!r}",
    why="`tokenizer.apply_chat_template` writes exactly this for the two messages, with a generation prompt.",
)


_SCORES = ([2.0, 1.0, 0.1], [0.5, 0.5], [-1.0, 3.0, 0.5, 2.0])

q3 = Exercise(
    "04.q3",
    "softmax",
    judge=pure([((scores,), softmax(scores)) for scores in _SCORES], within=1e-4),
    right="That is the whole of it. Every token that is **drawn** goes through this line. "
    "Greedy can skip it: the largest logit has the largest probability.",
    right_examples=[softmax],
    known_wrong=[
        (
            lambda scores: [score / sum(scores) for score in scores],
            "Those are shares of the scores themselves, and scores can be negative. Take e to the power of each first.",
        ),
        (
            powers_by(lambda scores: 1),
            "All positive now, which is half of it. Divide each by their sum, so that together they make 1.",
        ),
        (
            lambda scores: [float(score == max(scores)) for score in scores],
            "The winner takes all here. Softmax leaves something to the others.",
        ),
        (
            lambda scores: max(range(len(scores)), key=scores.__getitem__),
            "That is `argmax`, the number of the likeliest. All the probabilities are wanted.",
        ),
        (
            powers_by(lambda scores: math.exp(max(scores))),
            "You divided by the largest power, so the likeliest gets 1. Divide by the sum of all powers.",
        ),
        (powers_by(sum), "You divided by the sum of the scores. Divide by the sum of the **powers**."),
        (
            lambda scores: softmax(scores, 2),
            "That is 2 to the power of each. Softmax takes e, 2.71828…: `math.exp` or `.exp()`.",
        ),
        (
            lambda scores: softmax(scores, 2.718),
            "Nearly: your e is cut off after three digits. `math.e`, `math.exp` or `.exp()` have it whole.",
        ),
        (
            lambda scores: softmax(scores, 2.72),
            "Nearly: your e is rounded to 2.72. `math.e`, `math.exp` or `.exp()` have it whole.",
        ),
        (
            lambda scores: [1 / (1 + math.exp(-score)) for score in scores],
            "That is the sigmoid of each score by itself; and together they do not make 1. Divide by the sum of all.",
        ),
        (
            lambda scores: softmax([-score for score in scores]),
            "The sign is turned round: the lowest score gets the most. Take e to the power of the score itself.",
        ),
        (
            lambda scores: sorted(softmax(scores), reverse=True),
            "The probabilities are right, their order is not: each belongs to the score at the same place.",
        ),
        (
            lambda scores: sorted(softmax(scores)),
            "The probabilities are right, but sorted: each belongs to the score at the same place.",
        ),
        (
            lambda scores: [math.log(share) for share in softmax(scores)],
            "Those are logarithms of the probabilities (`log_softmax`). The probabilities themselves are wanted.",
        ),
        (
            lambda scores: [round(share, 2) for share in softmax(scores)],
            "Right, and then rounded to two digits. Return them unrounded: of 49,152 tokens most would get 0.",
        ),
        (
            lambda scores: [round(share, 3) for share in softmax(scores)],
            "Right, and then rounded to three digits. Return them unrounded: of 49,152 tokens most would get 0.",
        ),
        (
            lambda scores: softmax(scores)[0],
            "One number comes back. A `return` inside of the loop ends it in the first round.",
        ),
        (
            lambda scores: [100 * share for share in softmax(scores)],
            "Those are percent. Probabilities make 1 together, not 100.",
        ),
    ],
    hints=[
        "Two steps: make every number positive, then divide by the sum.",
        "`torch.tensor(scores).exp()` is e to the power of each score, and `.sum()` adds them up.",
    ],
    code=(
        "import torch\n\ndef softmax(scores):\n"
        "    powers = torch.tensor(scores).exp()\n"
        "    return powers / powers.sum()"
    ),
    why="e to any power is positive, and dividing by the sum makes the total 1: probabilities.",
)


_NUCLEI = [
    ([0.5, 0.3, 0.15, 0.05], 0.7),
    ([0.05, 0.15, 0.5, 0.3], 0.9),
    ([0.96, 0.02, 0.02], 0.9),
    ([0.1] * 10, 0.45),
    ([0.5, 0.25, 0.25], 0.75),
]
_MEMBERS = "That is the group itself. How many are in it?"
_SUM = "That is what they have together. How **many** are they?"

q4 = Exercise(
    "04.q4",
    "kept",
    judge=pure([(case, group(*case)) for case in _NUCLEI]),
    right="When the model is sure, one token is left; when it is not, many are. Top-k cannot do that.",
    right_examples=[kept],
    known_wrong=[
        (
            lambda probabilities, p: kept(probabilities, p, descending=False),
            "You took them as they came. The likeliest come first: sort them, the largest in front.",
        ),
        (
            lambda probabilities, p: kept(sorted(probabilities), p, descending=False),
            "Sorted, but the wrong way round: the **likeliest** come first.",
        ),
        (
            lambda probabilities, p: kept(probabilities, p, offset=-1),
            "One too few. The token that carries the sum over `p` is kept as well.",
        ),
        (
            kept_within,
            "You stop before the sum passes `p`. It has to **reach** `p`: keep the token that carries it there, too.",
        ),
        (
            lambda probabilities, p: kept(probabilities, p, more=1e-9),
            "One too many where the sum is exactly `p`: that is enough. Stop at `p` **or more**: `>=`.",
        ),
        (
            lambda probabilities, p: sum(probability >= p for probability in probabilities),
            "You compared each token with `p` on its own. The **sum** of the likeliest has to reach `p`.",
        ),
        (
            lambda probabilities, p: sum(one >= p * max(probabilities) for one in probabilities),
            "That is min-p: a share of the likeliest. Top-p adds up the likeliest until they reach `p` together.",
        ),
        (lambda probabilities, p: sorted(probabilities, reverse=True)[: kept(probabilities, p)], _MEMBERS),
        (lambda probabilities, p: sum(sorted(probabilities, reverse=True)[: kept(probabilities, p)]), _SUM),
        (
            lambda probabilities, p: round(p * len(probabilities)),
            "That is a share of the **number** of tokens. `p` is a share of the probability.",
        ),
        (
            lambda probabilities, p: kept(set(probabilities), p),
            "Equal probabilities were counted once: a set forgets them. Each token counts.",
        ),
    ],
    hints=[
        "`sorted(probabilities, reverse=True)` puts the likeliest in front.",
        "Add them up one by one, count, and stop as soon as the sum is `p` or more.",
    ],
    code=(
        "def kept(probabilities, p):\n"
        "    total = 0\n"
        "    for count, probability in enumerate(sorted(probabilities, reverse=True), 1):\n"
        "        total += probability\n"
        "        if total >= p:\n"
        "            break\n"
        "    return count"
    ),
    why="Top-p keeps the smallest group of likeliest tokens whose probabilities together reach p.",
)

q5 = Exercise(
    "04.q5",
    "answer_5",
    judge=number(2 * 32 * 8 * 128 * 4, within=0.002, unit="bytes"),
    right="256 KiB for every token, a third of what Phi-3.5-mini takes: its 32 heads of 96 numbers share nothing.",
    right_examples=[262_144, 2 * 32 * 8 * 128 * 4, 262144.0],
    known_wrong=[
        (786_432, "That is with all 24 heads. They share: only the 8 key-value heads keep anything."),
        (1_048_576, "That is with 32 heads. The 24 share: only the 8 key-value heads keep anything."),
        (98_304, "That is with 3 heads. 24 / 8 = 3 heads share a key-value head, and there are 8 of those."),
        (
            393_216,
            "That is with all 24 heads, and keys alone. Only 8 key-value heads keep anything, but keys and values.",
        ),
        (131_072, "Half of it. Are there both keys and values? And does each number take four bytes?"),
        (
            65_536,
            "Those are numbers, or a quarter of the bytes. Each number takes 4 bytes, and there are keys and values.",
        ),
        (8_192, "That is one layer. There are 32, and each keeps its own keys and values."),
        (2_048, "The head size or a factor is missing: each of the 8 key-value heads keeps 128 numbers, in 32 layers."),
        (32_768, "That is one key-value head. There are 8, and each keeps its own."),
        (524_288, "Twice too much. float32 takes 4 bytes per number; key and value make the 2."),
        (2_097_152, "Those are bits, perhaps: eight of them make a byte."),
        (8_388_608, "float32 has 32 **bits**, which are 4 bytes."),
        (256, "In KiB that is right. The answer is wanted in bytes."),
        (2 * 32 * 8 * 128 * 4 * 131072, "That is a whole context of 131,072 tokens. How much is it for one token?"),
    ],
    hints=[
        "For each token, each layer keeps a key and a value, and each of them has key-value heads × head size numbers.",
        "2 (key and value) × layers × key-value heads × head size × bytes per number.",
    ],
    code="answer_5 = 2 * 32 * 8 * 128 * 4",
    why="Key and value, 32 layers, 8 key-value heads, 128 numbers, 4 bytes each: 262,144 bytes per token.",
)


q6 = Exercise(
    "04.q6",
    "entries",
    judge=without_a_mask([((n, w), entries(n, w)) for n, w in ((8, 3), (5, 9), (7, 7), (1000, 333))]),
    right="Past the window each new token costs the same. With full attention it costs more every time.",
    right_examples=[entries],
    known_wrong=[
        (
            lambda tokens, window: tokens * (tokens + 1) // 2,
            "That is full attention: the triangle. No token may look further back than `window`.",
        ),
        (
            lambda tokens, window: tokens * window,
            "Almost. The first tokens have fewer than `window` tokens behind them, so they cost less.",
        ),
        (
            lambda tokens, window: tokens * tokens,
            "That would let tokens look into the future. Row 1 has one entry, row 2 has two, and so on.",
        ),
        (
            lambda tokens, window: entries(tokens, window - 1),
            "One per row is missing: a token looks at itself, too, and it counts as one of the window.",
        ),
        (
            lambda tokens, window: entries(tokens, window + 1),
            "One per row too many: the token itself is already one of the window.",
        ),
        (
            lambda tokens, window: entries(tokens - 1, window),
            "A row is missing. There are as many as tokens: `range(tokens)` begins with 0, and `range(1, tokens)` "
            "ends too early.",
        ),
        (
            lambda tokens, window: window * (window + 1) // 2 + (tokens - window) * window,
            "Right for long texts. Where the text is shorter than the window, no row is ever full: try 5 tokens and 9.",
        ),
        (
            lambda tokens, window: tokens * window - window * (window - 1) // 2,
            "Right for long texts. With fewer tokens than the window, the corner is smaller: try 5 tokens and 9.",
        ),
        (
            lambda tokens, window: tokens**2 - (tokens - window) ** 2,
            "You took one square from another. The mask is a **triangle**, and so is what the window cuts off.",
        ),
        (
            lambda tokens, window: sum(max(row, window) for row in range(1, tokens + 1)),
            "`max` takes the larger one. A row has at most `window` entries, so take the smaller: `min`.",
        ),
        (
            lambda tokens, window: tokens * window - window * window // 2,
            "Nearly: at the beginning a small triangle is missing, not half a square. It has 1 + 2 + … rows.",
        ),
        (
            lambda tokens, window: tokens * window - window * (window + 1) // 2,
            "Nearly: you cut off one row too many at the beginning. The corner has rows of 1 to `window - 1`.",
        ),
        (lambda tokens, window: 2 * tokens * window, "A token looks back only, never forward. Nothing is doubled."),
        (
            lambda tokens, window: min(tokens, window),
            "That is the last row alone. Add up all the rows, from the first.",
        ),
        (built, BUILDS, lambda answer: False),  # told by the judge
    ],
    hints=[
        "Row 1 has 1 entry, row 2 has 2, ... until the window is full. How many has row 10 with a window of 3?",
        "Row number `i` has `min(i, window)` entries. Add up the rows from 1 to `tokens`.",
    ],
    code="def entries(tokens, window):\n    return sum(min(i, window) for i in range(1, tokens + 1))",
    why="Each row is cut at the window, so the triangle becomes a band of one width.",
)

warm_up = WarmUp("04")

quiz = Quiz.read("04")

deeper_quiz = Quiz.read("04", "deeper_quiz")
