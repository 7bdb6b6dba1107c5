"""Judges of notebook 05 for answers with a form of their own: readers of lines, durations, schemas, Modelfiles."""

from __future__ import annotations

import copy
import json
import math
import random
import re

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
    return next((because for formula, because in SPEEDS if fits(formula)), told)


def _no_speed(error) -> str:
    if isinstance(error, AttributeError):
        return '`last` is a dictionary. An entry is `last["eval_count"]`, in brackets and quotes.'
    if isinstance(error, ZeroDivisionError):
        return "It divides by zero: a short answer takes less than a whole second. Divide with `/`, not with `//`."
    if isinstance(error, KeyError):
        return f"The last line has no entry {error}. Its durations end in `_duration`, its counters in `_count`."
    return f"It stops with {type(error).__name__}: {str(error)[:120]}"


# --- keep_alive ---------------------------------------------------------------------------------------------------

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}


def _seconds(value) -> float | None:
    """A keep_alive as seconds; None for what Ollama would refuse."""
    if not isinstance(value, str):
        return None if isinstance(value, bool) else as_number(value)
    text, sign = value.removeprefix("-"), -1 if value.startswith("-") else 1
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+|0", text):
        return None
    return sign * sum(float(n) * UNITS[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h|)", text))


UNIT = 'A text needs a unit, else Ollama answers `time: missing unit in duration`. Write `"8h"`, or a bare number.'
TODAY, NEVER, NONE = (
    '`all_day` has to be 8 hours. A bare number counts seconds: 28,800 of them, or `"8h"`.',
    "`at_once` has to be 0: nothing is kept after the answer.",
    "`for_ever` has to be a negative number: a model that has no time to go never goes.",
)
SWAPPED = "The other way round: 0 means gone at once, and a negative number means for ever."
EIGHT = {8: "8 are eight **seconds**. ", 480: "480 seconds are eight **minutes**. ", 28_800_000: "No milliseconds. "}


def keeping(at_once, all_day, for_ever):
    """Judge three values of `keep_alive`: not at all, eight hours, for ever."""
    for name, value in (("at_once", at_once), ("all_day", all_day), ("for_ever", for_ever)):
        if _seconds(value) is None:
            return _no_duration(name, value)
    once, today, ever = map(_seconds, (at_once, all_day, for_ever))
    if once < 0 and ever == 0:
        return SWAPPED
    if once != 0:
        return f"With {describe(at_once)} it stays a while longer. {NEVER}" if once > 0 else NEVER
    if today != 8 * 3600:
        return EIGHT.get(today, f"This keeps it for {today / 3600:,.2g} hours. ") + TODAY
    if ever > 0:
        return "That is long, but it ends. " + NONE
    return True if ever < 0 else NONE


def _no_duration(name: str, value) -> str:
    if value is None:
        return f"`{name} = None` says nothing, and then it stays as it was: at first, five minutes."
    if isinstance(value, bool):
        return f'`{name}` is {value}, which is no duration. It takes a number of seconds, or a text such as `"10m"`.'
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        return UNIT
    if isinstance(value, float):
        return f"JSON has no number {value}, so it cannot be sent. A negative number means for ever."
    units = 'Its units are `s`, `m` and `h`, right behind the number, as in `"10m"`.'
    return f"Ollama does not understand `{name}`: {describe(value)}. {units}"


# --- the schema of an animal --------------------------------------------------------------------------------------

GOOD = [{"animal": animal, "big": big} for animal in ("fox", "owl", "cat") for big in (True, False)]
BAD = [
    ({"animal": "fox"}, "It lets `big` be left out. Name both keys under `required`."),
    ({"big": True}, "It lets `animal` be left out. Name both keys under `required`."),
    ({"animal": "dog", "big": True}, "It lets a dog through. An `enum` lists the only values that are allowed."),
    ({"animal": "Fox", "big": True}, "It lets `Fox` through, with a capital letter. List the three as they are."),
    ({"animal": "fox", "big": "yes"}, "It lets `big` be a text. Its type is `boolean`."),
    ({"animal": "fox", "big": 1}, "It lets `big` be a number. Its type is `boolean`."),
    ({"animal": "fox", "big": None}, "It lets `big` be `null`, which is neither true nor false."),
    ({"animal": 3, "big": True}, "It lets `animal` be a number."),
    ({"animal": "fox", "big": True, "name": "x"}, "It lets other keys in. Set `additionalProperties` to `False`."),
    ("fox", 'It lets a bare text through. The type of the whole is `"object"`.'),
    ([], 'It lets a list through. The type of the whole is `"object"`.'),
]
NOT_REQUIRED = "Nothing is **required** yet, so an empty object fits, too. Name both keys under `required`."
TEXT = "`big` is a text here, so that `true` without quotes is refused. Its type is `boolean`."
AN_ANSWER = "That is an **answer**. A schema describes answers: types, allowed values, required keys."


def animal_schema(answer):
    """Judge a JSON schema for one of three animals, big or not, by what it lets through."""
    if isinstance(answer, str):
        return "A Python dictionary is wanted, not a text. Ollama's client turns it into JSON."
    if not isinstance(answer, dict):
        return 'A schema is a dictionary, such as `{"type": "object", "properties": {...}}`.'
    from jsonschema import SchemaError, validators

    try:
        schema = json.loads(json.dumps(answer))  # as it travels: a tuple becomes a list
        kind = validators.validator_for(schema)
        kind.check_schema(schema)
        judge = kind(schema)
    except SchemaError as error:
        return _no_schema(answer, error)
    except (TypeError, ValueError) as error:
        return f"This cannot be written as JSON: {error}"
    refused = next((thing for thing in GOOD if not judge.is_valid(thing)), None)
    if refused is not None:
        return _refuses(schema, refused)
    if judge.is_valid({}):
        return NOT_REQUIRED
    return next((because for thing, because in BAD if judge.is_valid(thing)), True)


def _no_schema(answer: dict, error) -> str:
    """What is said of something that is no schema at all."""
    if answer.get("animal") in ("fox", "owl", "cat"):
        return AN_ANSWER
    if not isinstance(answer.get("required", []), list | tuple):
        return '`required` is a list of the keys that must be there: `["animal", "big"]`.'
    if isinstance(answer.get("additionalProperties"), str):
        return "`additionalProperties` is a text here. Write `False`, without quotes."
    if isinstance(error.instance, list):
        return 'A list stands where a schema belongs. The allowed values are `{"enum": [...]}`.'
    if isinstance(error.instance, str):
        return f"JSON knows no type “{error.instance}”. True or false is `boolean`, a text is `string`."
    return f"This is no JSON schema: {error.message[:160]}"


def _refuses(schema: dict, thing: dict) -> str:
    """What is said of a schema that refuses an answer which is wanted."""
    keys = schema.get("properties", {})
    animals = keys.get("animal", {}).get("enum", []) if isinstance(keys, dict) else []
    if schema.get("animal") in ("fox", "owl", "cat"):
        return AN_ANSWER
    if "mood" in keys:
        return "That is the schema of the moods. Yours has the keys `animal` and `big`."
    if not keys and ("animal" in schema or "big" in schema):
        return "`animal` and `big` belong under `properties`, one level further in."
    if schema.get("type", "object") != "object":
        return f"The type of the whole is `{schema['type']}` here; an object is wanted."
    if {name.lower() for name in map(str, animals)} == {"fox", "owl", "cat"} and thing["animal"] not in animals:
        return "JSON tells capital letters apart: `fox` is wanted, as it stands in the task."
    if animals and thing["animal"] not in animals:
        return f"It refuses `{json.dumps(thing)}`: is `{thing['animal']}` in your list?"
    if isinstance(keys.get("big"), dict) and (
        keys["big"].get("type") == "string" or "true" in keys["big"].get("enum", [])
    ):
        return TEXT
    return f"It refuses `{json.dumps(thing)}`, which is wanted."


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


# --- a Modelfile --------------------------------------------------------------------------------------------------

SEPARATE = "`temperature` is no instruction. Settings are written `PARAMETER temperature 0`."
NO_FROM = "Every Modelfile says which model it begins with: `FROM` and a name."
NO_SYSTEM = "Who tells it to speak Finnish? That is the work of `SYSTEM`."
EQUALS = "`PARAMETER temperature` takes its number after a space, without an equals sign."
NO_LIMIT = "A `PARAMETER` line for `num_predict` is missing."
OTHER_NAMES = {
    "max_tokens": "`max_tokens` is the clouds' name. Ollama's is `num_predict`.",
    "max_new_tokens": "`max_new_tokens` is the name in Transformers. Ollama's is `num_predict`.",
    "num_ctx": "`num_ctx` is the room for prompt **and** answer. The most that is written is `num_predict`.",
}
# Ollama's own list (parser/parser.go, 2026); instructions in any case, names of parameters in small letters.
INSTRUCTIONS = ("FROM", "SYSTEM", "PARAMETER", "TEMPLATE", "MESSAGE", "LICENSE", "ADAPTER", "DRAFT", "RENDERER")
INSTRUCTIONS += ("PARSER", "REQUIRES")


def modelfile(answer):
    """Judge a Modelfile of pico-mini that speaks Finnish, at temperature 0, in 60 tokens."""
    if isinstance(answer, dict):
        return "Those are the arguments of `client.create`. A Modelfile is a text, with one instruction a line."
    if not isinstance(answer, str):
        return "A Modelfile is a text. Write it in triple quotes."
    parts = _instructions(answer)
    return _foreign(parts) or _missing(parts) or _set_wrong(parts.get("PARAMETER", [])) or True


def _bare(text: str) -> str:
    """A text without the double quotes around it, which Ollama takes off."""
    return re.sub(r'^"(.*)"$', r"\1", text.strip(), flags=re.DOTALL).strip()


def _instructions(text: str) -> dict[str, list[str]]:
    """What stands behind each instruction: `{"PARAMETER": ["temperature 0", ...]}`."""
    flat = re.sub(r'"""(.*?)"""', lambda found: " ".join(found.group(1).split()), text, flags=re.DOTALL)
    parts: dict[str, list[str]] = {}
    for line in map(str.strip, flat.splitlines()):
        if line and not line.startswith("#"):
            word, *rest = line.split(maxsplit=1)
            parts.setdefault(word.upper(), []).append(_bare("".join(rest)))
    return parts


def _foreign(parts: dict[str, list[str]]) -> str:
    """What is said of a word that is no instruction."""
    foreign = [word for word in parts if word not in INSTRUCTIONS]
    settings = [word.lower() for word in foreign if word.lower() in ("temperature", "num_predict")]
    if settings:
        return SEPARATE.replace("temperature", settings[0])
    if foreign and foreign[0].rstrip(":=") in INSTRUCTIONS:
        return f"After `{foreign[0][:-1]}` comes a space, and no colon or equals sign."
    if foreign:
        return f"`{foreign[0][:20]}` is no instruction of a Modelfile. Longer texts stand in triple quotes."
    return ""


def _missing(parts: dict[str, list[str]]) -> str:
    """What is said of the model it begins with, and of its rule."""
    if not "".join(parts.get("FROM", [])):
        return NO_FROM
    begins = parts["FROM"][0]
    if re.search(r"\s(SYSTEM|PARAMETER)\s", begins):
        return "Each instruction stands on a line of its own; here all are on one."
    if begins.removesuffix(":latest") != "pico-mini":
        return f"It begins `FROM {begins[:30]}`; pico-mini is wanted."
    rule = " ".join(parts.get("SYSTEM", [])).casefold()
    if not re.search("finnish|suom", rule):
        other = " ".join(parts.get("TEMPLATE", [])).casefold()
        if "finnish" in other:
            return "`TEMPLATE` is how messages become one text. The rule for the model is written behind `SYSTEM`."
        return f"`SYSTEM` says “{rule[:40]}”. Finnish is wanted." if rule else NO_SYSTEM
    if re.search(r"\b(not?|never|don't|älä)\b", rule):
        return "This **forbids** Finnish. It shall answer in Finnish."
    return ""


def _set_wrong(lines: list[str]) -> str:
    """What is said of the settings: `temperature 0`, `num_predict 60`."""
    if any("=" in line for line in lines):
        return EQUALS
    settings = {name: _bare("".join(rest)) for name, *rest in (line.split(maxsplit=1) for line in lines)}
    for name, value in (("temperature", 0), ("num_predict", 60)):
        if name not in settings:
            if name in map(str.lower, settings):
                return f"Names of parameters are written in small letters: `{name}`."
            other = [OTHER_NAMES[found] for found in settings if name == "num_predict" and found in OTHER_NAMES]
            return other[0] if other else f"A `PARAMETER` line for `{name}` is missing."
        try:
            if float(settings[name]) != value:
                return f"`{name}` is {settings[name]}; {value} is wanted."
        except ValueError:
            return f"`PARAMETER {name}` takes a bare number, and no word behind it: here it is “{settings[name]}”."
    return ""
