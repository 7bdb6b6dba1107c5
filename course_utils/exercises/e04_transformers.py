"""Exercises, warm-up and quiz of notebook 04, Transformers."""

from __future__ import annotations

import math
from types import SimpleNamespace

from course_utils.phi.facts import figure

from .engine import Exercise, function, given, number
from .quiz import Choice, Question, Quiz, WarmUp
from .values import as_number

_ENGLISH = "That is the number of English words. Finnish has its own entry."
_TIMES = "There cannot be more words than tokens: a word takes at least one token. Divide, do not multiply."
_ONE_EACH = "That would be one token per word. The cell above measured how many tokens a Finnish word takes."
_OTHER = "That is with pico-mini's tokenizer. Each model counts in its own tokens: take the rate of SmolLM2's."
_SHORT = "That is pico-mini's context, 1,024 tokens. SmolLM2's is eight times as long."


def _words_that_fit(answer, namespace):
    """The context of the model that the notebook holds as `smol`, which is pico-mini where SmolLM2 is absent."""
    rates, context = namespace["tokens_per_word"], namespace["smol"].context_length
    own, mine = rates[namespace["smol"].name], as_number(answer)
    others = {
        _ENGLISH: context / own["English"],
        _TIMES: context * own["Finnish"],
        _ONE_EACH: context,
        _OTHER: context / rates.get("pico-mini", own)["Finnish"],
        _SHORT: 1024 / own["Finnish"],
    }
    verdict = number(context / own["Finnish"], within=0.02).one(answer, namespace)
    if verdict is not True and mine is not None:
        return next((why for why, slip in others.items() if math.isclose(mine, slip, rel_tol=0.01)), verdict)
    return verdict


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
    if not isinstance(answer, str):
        return 'Write the prompt as a text in quotes, with "\\n" for a new line.'
    if answer == MARKUP:
        return True
    same = next((i for i, (a, b) in enumerate(zip(answer, MARKUP, strict=False)) if a != b), None)
    if same is None:
        same = min(len(answer), len(MARKUP))
        fault = "then it ends too early" if len(answer) < len(MARKUP) else "but then there is too much"
        return f"Right as far as it goes ({same} characters), {fault}."
    return f"The first {same} characters are right. Then yours goes on with {answer[same : same + 12]!r}."


def _slip(text, why):
    """A known slip, met by exactly this text: case, blanks and new lines are what the exercise is about."""
    return text, why, lambda answer: answer == text


q2 = Exercise(
    "04.q2",
    "answer_2",
    judge=_markup,
    right="Character for character what the template writes. Now you know what it saves you from.",
    right_examples=[MARKUP],
    known_wrong=[
        _slip("Answer in Finnish. hello", "These are the words without the marks. The model cannot see who says what."),
        _slip(
            MARKUP.removesuffix("<|assistant|>\n"),
            "The turn of the assistant is not opened. End with its mark and a new line, "
            "or the model first has to guess whose turn it is.",
        ),
        _slip(
            MARKUP.replace("\n", ""), 'The new lines are missing. They are part of the template: write each as "\\n".'
        ),
        _slip(MARKUP.removesuffix("\n"), 'Almost: the last mark is followed by a new line, too. End with "\\n".'),
        _slip(
            MARKUP.replace("<|end|>", ""),
            "No message is closed. Each ends with `<|end|>`, the same token that ends the model's own answer.",
        ),
        _slip(
            MARKUP.partition("<|end|>\n")[2],
            "The system message is missing. It comes first, and looks like the user's with another mark.",
        ),
    ],
    hints=[
        "Look at the strip above: mark of the role, new line, the words, `<|end|>`, new line.",
        "Three parts: the system message, the user's message, and the opening of the assistant's.",
        r'It begins with "<|system|>\nAnswer in Finnish.<|end|>\n".',
    ],
    code=f"answer_2 = {MARKUP!r}",
    why="`tokenizer.apply_chat_template` writes exactly this for the two messages, with a generation prompt.",
)


def _softmax(scores):
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def _share(scores):
    return [score / sum(scores) for score in scores]


def _powers(scores):
    return [math.exp(score) for score in scores]


def _winner(scores):
    return [float(score == max(scores)) for score in scores]


_SCORES = ([2.0, 1.0, 0.1], [0.5, 0.5], [-1.0, 3.0, 0.5, 2.0])

q3 = Exercise(
    "04.q3",
    "softmax",
    judge=function([((scores,), _softmax(scores)) for scores in _SCORES], within=1e-4),
    right="That is the whole of it. Every token that is **drawn** goes through this line. "
    "Greedy can skip it: the largest logit has the largest probability.",
    right_examples=[_softmax],
    known_wrong=[
        (
            _share,
            "Those are shares of the scores themselves, and scores can be negative. Take e to the power of each first.",
        ),
        (_powers, "All positive now, which is half of it. Divide each by their sum, so that together they make 1."),
        (_winner, "That is `argmax`: the winner takes all. Softmax leaves something to the others."),
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


def _kept(probabilities, p):
    total, count = 0.0, 0
    for probability in sorted(probabilities, reverse=True):
        total, count = total + probability, count + 1
        if total >= p:
            return count
    return count


def _kept_unsorted(probabilities, p):
    total, count = 0.0, 0
    for probability in probabilities:
        total, count = total + probability, count + 1
        if total >= p:
            break
    return count


def _kept_before(probabilities, p):
    return _kept(probabilities, p) - 1


def _kept_past(probabilities, p):
    total, count = 0.0, 0
    for probability in sorted(probabilities, reverse=True):
        total, count = total + probability, count + 1
        if total > p:
            break
    return count


def _kept_above(probabilities, p):
    return sum(probability >= p for probability in probabilities)


_NUCLEI = [
    (([0.5, 0.3, 0.15, 0.05], 0.7), 2),
    (([0.05, 0.15, 0.5, 0.3], 0.9), 3),
    (([0.96, 0.02, 0.02], 0.9), 1),
    (([0.1] * 10, 0.45), 5),
    (([0.5, 0.25, 0.25], 0.75), 2),
]

q4 = Exercise(
    "04.q4",
    "kept",
    judge=function(_NUCLEI),
    right="When the model is sure, one token is left; when it is not, many are. Top-k cannot do that.",
    right_examples=[_kept],
    known_wrong=[
        (_kept_unsorted, "You took them as they came. The likeliest come first: sort them, the largest in front."),
        (_kept_before, "One too few. The token that carries the sum over `p` is kept as well."),
        (_kept_past, "One too many where the sum is exactly `p`: that is enough. Stop at `p` **or more**: `>=`."),
        (_kept_above, "You compared each token with `p` on its own. The **sum** of the likeliest has to reach `p`."),
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
    judge=number(2 * 32 * 8 * 128 * 2, within=0.002, unit="bytes"),
    right="128 KiB for every token, a third of what Phi-3.5-mini takes: its 32 heads of 96 numbers share nothing.",
    right_examples=[131_072, 2 * 32 * 8 * 128 * 2, 131072.0],
    known_wrong=[
        (
            393_216,
            "That is with all 24 heads. They share: only the 8 key-value heads keep anything. "
            "(Phi-3.5-mini, where each head keeps its own, does take 393,216.)",
        ),
        (65_536, "Half of it. Are there both keys and values? And does each number take two bytes?"),
        (4_096, "That is one layer. There are 32, and each keeps its own keys and values."),
        (1_024, "The head size or a factor is missing: each of the 8 key-value heads keeps 128 numbers, in 32 layers."),
        (262_144, "Twice too much: that is float32, 4 bytes per number. bfloat16 takes 2."),
        (1_048_576, "Those are bits, perhaps: eight of them make a byte."),
        (128, "In KiB that is right. The answer is wanted in bytes."),
        (
            figure("phi-4-mini", "parameters").value,
            "Those are the parameters. The cache has nothing to do with them: count keys and values.",
        ),
    ],
    hints=[
        "For each token, each layer keeps a key and a value, and each of them has key-value heads × head size numbers.",
        "2 (key and value) × layers × key-value heads × head size × bytes per number.",
    ],
    code="answer_5 = 2 * 32 * 8 * 128 * 2",
    why="Key and value, 32 layers, 8 key-value heads, 128 numbers, 2 bytes each: 131,072 bytes per token.",
)


def _entries(tokens, window):
    return sum(min(place, window) for place in range(1, tokens + 1))


def _full(tokens, window):
    return tokens * (tokens + 1) // 2


def _band(tokens, window):
    return tokens * window


def _square(tokens, window):
    return tokens * tokens


def _narrower(tokens, window):
    return _entries(tokens, window - 1)


def _built(tokens, window):
    return mask(tokens, window)  # noqa: F821  (the notebook's function, whose result is not to be built)


_BUILT = (
    "That counts the mask itself. For 131,072 tokens it would take 17 GB: "
    "find the number of entries of each row instead."
)


class _without_a_mask(function):  # noqa: N801
    """Cases of a function that must not build the mask; one that does is told so, and never run."""

    def one(self, value, namespace):
        return _BUILT if self._builds(value) else super().one(value, namespace)

    def same(self, value, example):
        return not self._builds(value) and super().same(value, example)

    @staticmethod
    def _builds(value) -> bool:
        used = set(getattr(getattr(value, "__code__", None), "co_names", ()))
        return bool(used & {"mask", "tri", "tril", "triu"})


q6 = Exercise(
    "04.q6",
    "entries",
    judge=_without_a_mask([((n, w), _entries(n, w)) for n, w in ((8, 3), (5, 9), (4096, 2047), (8192, 4096))]),
    right="Past the window each new token costs the same. With full attention it costs more every time.",
    right_examples=[_entries],
    known_wrong=[
        (_full, "That is full attention: the triangle. No token may look further back than `window`."),
        (_band, "Almost. The first tokens have fewer than `window` tokens behind them, so they cost less."),
        (_square, "That would let tokens look into the future. Row 1 has one entry, row 2 has two, and so on."),
        (_narrower, "One per row is missing: a token looks at itself, too, and it counts as one of the window."),
        (_built, _BUILT, lambda answer: False),  # told by the judge
    ],
    hints=[
        "Row 1 has 1 entry, row 2 has 2, ... until the window is full. How many has row 10 with a window of 3?",
        "Row number `i` has `min(i, window)` entries. Add up the rows from 1 to `tokens`.",
    ],
    code="def entries(tokens, window):\n    return sum(min(i, window) for i in range(1, tokens + 1))",
    why="Each row is cut at the window, so the triangle becomes a band of one width.",
)

warm_up = WarmUp("04")

quiz = Quiz(
    "04",
    [
        Question(
            "04.logits",
            "What comes out of one forward pass for a text of 20 tokens?",
            [
                Choice("One token.", False, "You choose the token, from the scores. The model only gives scores."),
                Choice(
                    "20 probabilities.",
                    False,
                    "20 rows there are, but each holds a score for every entry of the vocabulary.",
                ),
                Choice(
                    "20 rows of scores, one score for each entry of the vocabulary.",
                    True,
                    "Those are the logits. For the next token only the last row is used.",
                ),
            ],
        ),
        Question(
            "04.template",
            "A chat model gives nonsense through your own code and good answers elsewhere. What do you look at first?",
            [
                Choice(
                    "The chat template.",
                    True,
                    "Print the prompt as the model gets it. A missing mark or new line is enough.",
                ),
                Choice("The number of parameters.", False, "It is the same model in both places."),
                Choice(
                    "The temperature.",
                    False,
                    "It can spoil an answer, but a wrong template spoils greedy answers, too.",
                ),
            ],
        ),
        Question(
            "04.greedy",
            "`model.generate(ids, do_sample=False, temperature=0.3)`: what does `temperature` do here?",
            [
                Choice("It makes the answer more careful.", False, "Greedy takes the likeliest token anyway."),
                Choice(
                    "Nothing.",
                    True,
                    "Without sampling nothing is drawn, so there is nothing for a temperature to change.",
                ),
                Choice("It makes the answer vary.", False, "Not without `do_sample=True`."),
            ],
        ),
        Question(
            "04.cache",
            "What does the KV cache buy, and with what?",
            [
                Choice("Better answers, with time.", False, "The answers are the same with and without it."),
                Choice("Less memory, with time.", False, "The other way round."),
                Choice(
                    "Time, with memory.",
                    True,
                    "The keys and values of earlier tokens are kept instead of being computed again.",
                ),
            ],
        ),
        Question(
            "04.prefill",
            "A user pastes ten pages and asks for one word. Where does the time go?",
            [
                Choice(
                    "Into the prefill, before the first token.",
                    True,
                    "All tokens of the prompt are read at once, and there are many.",
                ),
                Choice("Into the decode.", False, "That is one token after another, and only one word is wanted."),
                Choice("Into the tokenizer.", False, "It needs milliseconds."),
            ],
        ),
        Question(
            "04.speculative",
            "When does speculative decoding **not** pay off?",
            [
                Choice("When the assistant is often right.", False, "That is when it pays off."),
                Choice(
                    "When the assistant is slow, or often wrong.",
                    True,
                    "Then you pay for drafts that are thrown away.",
                ),
                Choice("When the text repeats the prompt.", False, "Then prompt lookup drafts well, and for nothing."),
            ],
        ),
        Question(
            "04.padding",
            "Why does a batch get its padding on the left when the model writes on at the end?",
            [
                Choice("It saves memory.", False, "The fillers take the same room on either side."),
                Choice("It is faster.", False, "The shapes are the same on either side."),
                Choice(
                    "So that each prompt ends where the answer begins.",
                    True,
                    "On the right the model would have to go on after a row of fillers.",
                ),
            ],
        ),
        Question(
            "04.safetensors",
            "A stranger sends you weights. Why rather `.safetensors` than a pickled `.bin`?",
            [
                Choice("It is always smaller.", False, "The numbers take the same room in both."),
                Choice(
                    "It holds names, shapes and numbers, and nothing that could run.",
                    True,
                    "Opening a pickle can run any code that its maker put in.",
                ),
                Choice("It is encrypted.", False, "Anyone can read it. That is part of its charm."),
            ],
        ),
    ],
)
