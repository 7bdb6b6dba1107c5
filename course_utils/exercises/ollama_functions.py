"""Judges of notebook 05 for functions: one that reads lines, one that reads counters, one that searches."""

from __future__ import annotations

import copy
import json
import math
import random

from .values import as_number, describe

FUNCTION = "A function is wanted here; leave the `def` line as it is."
NOTHING = "It returns nothing. What `print` shows is gone for your program: write `return`."


def _run(function, *arguments):
    """(what it returned, what it raised, whether it changed what it was given)."""
    given = copy.deepcopy(arguments)
    try:
        result, error = function(*given), None
    except (Exception, SystemExit) as raised:
        result, error = None, raised
    return result, error, given != arguments


# --- told(lines): the lines of an answer --------------------------------------------------------------------------


def rows(*texts: str, error: str = "", thoughts: str = "") -> list[str]:
    """The lines of an answer, as Ollama writes them."""
    lines = [{"model": "m", "response": "", "thinking": thoughts, "done": False}] if thoughts else []
    lines += [{"model": "m", "response": text, "done": False} for text in texts]
    lines.append({"error": error} if error else {"model": "m", "response": "", "done": True, "done_reason": "stop"})
    return [json.dumps(line) for line in lines]


TALKS = [
    (rows("In", " the", " morning"), ["In", " the", " morning"]),
    (rows("4", "2"), ["4", "2"]),
    (rows("Two  blanks,\n", ' and "quotes"', ". "), ["Two  blanks,\n", ' and "quotes"', ". "]),
    (rows("It is true:", " no", " error.", thoughts="Hm."), ["It is true:", " no", " error."]),
]
BROKEN = rows("In the", error="model runner has unexpectedly stopped")
SILENT = (
    "On good lines it is right. But an answer can break off with a line `{'error': ...}`, and your function then "
    "returns half a text as if it were whole: raise an exception there."
)
ERROR_IS_NO_ANSWER = "It returns the server's error as if it were the answer. Raise an exception with these words."
KEY_ERROR = "It stops at the line with an error, but only with a KeyError: say what the server said."
NO_WORDS = "It stops at the line with an error, but its exception does not hold the server's words. Put them in."
EVAL = "`eval` runs whatever comes from the network as Python, and it changes texts. Read a line with `json.loads`."
SPACES = "The pieces bring their own spaces. Join them with nothing in between, and strip nothing."
LAST = "The last line only says that it is over. The text is in the lines before it: collect all pieces."
FIRST = "That is the first piece only. Does `return` stand inside the loop?"
SHORT = "The last piece of the text is missing. Only the line with `done` has no text of its own."
PIECES = 'That is a list of pieces. One text is wanted: `"".join(pieces)`.'
A_TEXT = "A line is a text, and has no entries. `json.loads(line)` makes a dictionary of it."
TOGETHER = "The lines together are no JSON. Each line is one: `json.loads` line by line."
MESSAGE = "That is the form of `/api/chat`. In these lines the text is under `response`."
A_WORD = 'An answer may speak of an error and be none. Look for the key `"error"` after `json.loads`.'
CHANGED = "It changes the list that it was given, so nobody else can use it any more. Loop over it instead."


def telling(told):
    """Judge a reader of lines: good ones, and such as break off with an error."""
    if not callable(told):
        return FUNCTION
    if "eval" in getattr(getattr(told, "__code__", None), "co_names", ()):
        return EVAL
    for lines, texts in TALKS:
        result, error, changed = _run(told, lines)
        if error is not None:
            return _stopped(error, "".join(texts))
        if changed:
            return CHANGED
        if type(result) is not str or result != "".join(texts):
            return _untrue(result, texts)
    return _half(*_run(told, BROKEN)[:2])


def _stopped(error, text: str) -> str:
    if isinstance(error, json.JSONDecodeError):
        return TOGETHER
    if isinstance(error, KeyError) and "message" in str(error):
        return MESSAGE
    if str(error).startswith(("string indices", "'str' object")):
        return A_TEXT
    if "error" in text and not isinstance(error, KeyError | TypeError | NameError | AttributeError):
        return A_WORD
    return f"On good lines it stops with {type(error).__name__}: {str(error)[:120]}"


def _untrue(result, texts: list[str]) -> str:
    whole = "".join(texts)
    if result is None:
        return NOTHING
    if isinstance(result, list | tuple):
        return PIECES
    if not isinstance(result, str):
        return f"It returns {describe(result)}. A text is wanted."
    known = {texts[0]: FIRST, "": LAST, texts[-1]: LAST, "".join(texts[:-1]): SHORT}
    if result in known:
        return known[result]
    if "".join(result.split()) == "".join(whole.split()):
        return SPACES
    if "Hm." in result:
        return "What stands under `thinking` is not the answer. Take `response` alone."
    return f"The pieces are {describe(texts)}; it returns {describe(result)}."


def _half(result, error):
    words = json.loads(BROKEN[-1])["error"]
    if error is None:
        return ERROR_IS_NO_ANSWER if isinstance(result, str) and words in result else SILENT
    if words in str(error):
        return True
    return KEY_ERROR if isinstance(error, KeyError) else NO_WORDS


# --- speed(last): tokens a second ---------------------------------------------------------------------------------

LASTS = [
    {"load_duration": 1_500_000_000, "prompt_eval_count": 40, "prompt_eval_duration": 500_000_000}
    | {"total_duration": 4_010_000_000, "eval_count": 60, "eval_duration": 2_000_000_000},
    {"load_duration": 0, "prompt_eval_count": 31, "prompt_eval_duration": 210_000_000}
    | {"total_duration": 620_000_000, "eval_count": 11, "eval_duration": 400_000_000},
]
LASTS = [{"model": "m", "response": "", "done": True, "done_reason": "stop"} | last for last in LASTS]
RAW = "Tokens for each **nanosecond**: far below one. A second has 1e9 of them."
MILLI = "A nanosecond is a billionth of a second, not a millionth or a thousandth: the factor is 1e9."
TOTAL = "`total_duration` has the loading and the prompt in it. Writing is timed in `eval_duration`."
READING = "That is how fast the prompt is **read**. What was written is in `eval_count`."
UPSIDE_DOWN = "That is seconds for each token. Tokens for each second is the other way up."
SPEEDS = [
    (lambda d: d["eval_count"] / d["eval_duration"], RAW),
    (lambda d: d["eval_count"] / d["eval_duration"] * 1e6, MILLI),
    (lambda d: d["eval_count"] / d["eval_duration"] * 1e3, MILLI),
    (lambda d: d["eval_count"] / d["total_duration"] * 1e9, TOTAL),
    (lambda d: d["prompt_eval_count"] / d["prompt_eval_duration"] * 1e9, READING),
    (lambda d: d["eval_duration"] / 1e9 / d["eval_count"], UPSIDE_DOWN),
    (
        lambda d: (d["eval_count"] + d["prompt_eval_count"]) / d["eval_duration"] * 1e9,
        "The tokens of the prompt were read, not written: leave `prompt_eval_count` out.",
    ),
    (
        lambda d: d["eval_count"] / (d["eval_duration"] + d["prompt_eval_duration"]) * 1e9,
        "The time of reading, `prompt_eval_duration`, does not belong to the writing.",
    ),
    (lambda d: 60 * d["eval_count"] / d["eval_duration"] * 1e9, "That is tokens a **minute**: 60 times too many."),
    (lambda d: d["eval_count"], "That is how many tokens were written. Divide by the seconds that it took."),
    (lambda d: d["eval_duration"] / 1e9, "Those are the seconds of writing. How many tokens came in each?"),
    (
        lambda d: (d["eval_count"] - 1) / d["eval_duration"] * 1e9,
        "One token too few: `eval_count` counts all that were written, none has to be left out.",
    ),
    (lambda d: len(d["response"]) / d["eval_duration"], "The text of the last line is empty. Count in `eval_count`."),
]


def writing(speed):
    """Judge a function that reads the speed of writing off the last line."""
    if not callable(speed):
        return FUNCTION
    answers = []
    for last in LASTS:
        result, error, _ = _run(speed, last)
        if error is not None:
            return _no_speed(error)
        if result is None:
            return NOTHING
        answers.append(as_number(result))
        if answers[-1] is None or isinstance(result, str):
            return f"It returns {describe(result)}. Return a number, without its unit, so that one can go on counting."

    def fits(formula) -> bool:
        wanted = [formula(last) for last in LASTS]
        return all(math.isclose(a, w, rel_tol=0.003, abs_tol=1e-12) for a, w in zip(answers, wanted, strict=True))

    if fits(lambda last: last["eval_count"] / last["eval_duration"] * 1e9):
        return True
    told = f"For 60 tokens in 2 seconds it returns {describe(answers[0])}, and for 11 in 0.4 {describe(answers[1])}."
    told += " Wanted: 30 and 27.5."
    return next((because for formula, because in SPEEDS if fits(formula)), told)


def _no_speed(error) -> str:
    if isinstance(error, AttributeError) or str(error).startswith("the JSON object must be"):
        return '`last` is a dictionary. An entry is `last["eval_count"]`, in brackets and quotes.'
    if isinstance(error, ZeroDivisionError):
        return "It divides by zero: a short answer takes less than a whole second. Divide with `/`, not with `//`."
    if isinstance(error, KeyError):
        return f"The last line has no entry {error}. Its durations end in `_duration`, its counters in `_count`."
    return f"It stops with {type(error).__name__}: {str(error)[:120]}"


# --- nearest(question, notes) -------------------------------------------------------------------------------------


def dot(a, b) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _vectors(count: int, size: int, seed: int) -> list[list[float]]:
    """Vectors of length 1, as many as a search has, and as long."""
    rng = random.Random(seed)
    raw = [[rng.gauss(0, 1) for _ in range(size)] for _ in range(count)]
    return [[x / math.sqrt(dot(v, v)) for x in v] for v in raw]


def _best(score):
    """A search that takes the note with the highest score."""
    return lambda question, notes: max(range(len(notes)), key=lambda n: score(question, notes[n]))


_COMPASS = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]]
_MANY = _vectors(10, 192, 5)
SEARCHES = [([1.0, 0.0], _COMPASS[1:]), ([0.0, 1.0], _COMPASS), ([0.8, 0.6], _COMPASS), ([-0.6, 0.8], _COMPASS)]
SEARCHES += [([0.6, -0.8], [[-1.0, 0.0], [-0.8, 0.6], [-0.6, 0.8]])]  # all point away: the products are negative
SEARCHES += [(question, _MANY) for question in _vectors(6, 192, 6)]
AWAY = "That is the note that points **away** most. The largest product wins."
FAR = "That is the note at the largest distance. The nearest one has the smallest."
PRODUCT = "That is the product itself. Which note has it? Return its number, from 0."
VECTOR = "That is the note's vector. Return its number, from 0, so that its text can be looked up."
SIGN = "A product of -1 means the opposite direction. Do not take its size without the sign."


def _by_steps(question, notes):
    """The loop that mistakes the number of a note for its score."""
    best = 0
    for n, note in enumerate(notes):
        if dot(question, note) > best:
            best = n
    return best


NEARESTS = [
    (_best(lambda q, n: -dot(q, n)), AWAY),
    (_best(lambda q, n: sum(abs(x - y) for x, y in zip(q, n, strict=True))), FAR),
    (_best(lambda q, n: abs(dot(q, n))), SIGN),
    (lambda q, n: _best(dot)(q, n) + 1, "It counts from 1. Lists in Python count from 0."),
    (_best(lambda q, n: sum(q) + sum(n)), "It **adds** the numbers of the two vectors. Multiply each pair, then add."),
    (_best(lambda q, n: q[0] * n[0]), "It looks at the first number of each vector alone. All of them count."),
    (_best(lambda q, n: max(map(float.__mul__, q, n))), "It takes the largest of the products. Their **sum** decides."),
    (_best(lambda q, n: len(set(q) & set(n))), "Equal numbers are no shared words. Multiply pair by pair, then add."),
    (_by_steps, "It compares a score with the number of a note. Keep two things: the best score, and its number."),
]
BELOW = "When all products are below 0, it finds none. Begin with the first note, or with `float('-inf')`."


def finding(nearest):
    """Judge a search among vectors."""
    if not callable(nearest):
        return FUNCTION
    found = []
    for question, notes in SEARCHES:
        result, error, changed = _run(nearest, question, notes)
        if changed:
            return "It changes the list that it was given, and then the numbers mean other notes. Leave it as it is."
        if error is not None:
            return _not_found(error)
        shown = result.tolist() if hasattr(result, "tolist") else result
        if result is None:
            return BELOW if found else NOTHING
        if isinstance(shown, list | tuple) and len(shown) > 1:
            return (
                VECTOR if isinstance(shown[0], float) else "That is the whole ranking. Return its first number alone."
            )
        number = as_number(result)
        if number is None:
            return f"It returns {describe(result)}. The number of a note is wanted."
        found.append(number)
    right = [_best(dot)(*search) for search in SEARCHES]
    products = [dot(question, notes[n]) for (question, notes), n in zip(SEARCHES, right, strict=True)]
    if all(map(lambda mine, product: math.isclose(mine, product, rel_tol=1e-5), found, products)):
        return PRODUCT
    if found == right:
        return True
    at = next(n for n, (mine, true) in enumerate(zip(found, right, strict=True)) if mine != true)
    told = f"For a question {describe(SEARCHES[at][0])} it returns {found[at]}, and note {right[at]} is nearest."
    return next((because for slip, because in NEARESTS if [slip(*search) for search in SEARCHES] == found), told)


def _not_found(error) -> str:
    if isinstance(error, ValueError) and "not in list" in str(error):
        return "`index` finds only a vector that is equal in each number. Compare the **products** of all notes."
    return f"It stops with {type(error).__name__}: {str(error)[:120]}"
