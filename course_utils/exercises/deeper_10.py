"""Exercises of the deeper part of notebook 10: how sure a score is, a server, and the page beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from course_utils import server
from course_utils.server import Endpoint

from . import night_desk
from .asked import Asked, finished
from .engine import Exercise, given
from .quiz import Quiz

# --- 5: how sure

ONE = "For 20 right of 20 it says that the desk is perfect. After twenty cases nobody can know that."
OUTSIDE = "A share lies between 0 and 1. This reaches beyond. Are middle and brackets as in the formula?"
PERCENT = "That is in percent. Return two shares, from 0 to 1."
COUNTS = "Those are counts of cases. Return two shares, from 0 to 1."
MISSED = "The interval must hold the score: for 16 of 20 that is 0.8."
PAIR = "Return two numbers: the lower end, then the upper one."
NARROW = "That is narrower than twenty cases allow: 16 of 20 leaves 0.58 to 0.92 possible."
WIDE = (
    "That is wider than needed: 16 of 20 leaves 0.58 to 0.92 possible, and 50 of 100 0.40 to 0.60. "
    "Is `z` 1.96, does the formula get `n`, and is all divided by `1 + e`?"
)
KNOWN = {(16, 20): ((0.55, 0.60), (0.905, 0.95)), (20, 20): ((0.80, 0.89), (0.98, 1.03))}
KNOWN |= {(0, 20): ((-0.03, 0.02), (0.11, 0.20)), (50, 100): ((0.39, 0.42), (0.58, 0.61))}


def _intervals(interval, namespace: Mapping | None = None):
    if not callable(interval):
        return "A function is wanted: `def interval(right, n): ...`."
    found = {}
    for case in KNOWN:
        try:
            low, high = (float(end) for end in interval(*case))
        except (TypeError, ValueError):
            return PAIR
        if high > 5:
            return PERCENT if high > case[1] + 1 else COUNTS
        if low > high:
            return PAIR
        found[case] = low, high
    if any(low < -0.03 or high > 1.03 for low, high in found.values()):
        return OUTSIDE
    if found[20, 20][0] > 0.97:
        return ONE
    if not found[16, 20][0] <= 0.8 <= found[16, 20][1]:
        return MISSED
    for case, ((low_from, low_to), (high_from, high_to)) in KNOWN.items():
        low, high = found[case]
        if low < low_from or high > high_to:
            return WIDE
        if low > low_to or high < high_from:
            return NARROW
    return True


def _normal(right, n):
    share = right / n
    half = 1.96 * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


INTERVALS = Asked(_intervals)

q5 = Exercise(
    "10.q5",
    "interval",
    judge=INTERVALS,
    right="16 of 20 leaves 58 to 92 % possible, and 20 of 20 still leaves 84 %.",
    right_examples=[night_desk.wilson],
    known_wrong=INTERVALS.known(
        [
            (_normal, ONE),
            (lambda right, n: (right / n - 0.2, right / n + 0.2), OUTSIDE),
            (lambda right, n: [100 * end for end in night_desk.wilson(right, n)], PERCENT),
            (lambda right, n: right / n, PAIR),
            (lambda right, n: night_desk.wilson(right, n, 1.0), NARROW),
            (lambda right, n: night_desk.wilson(right, n, 2.58), WIDE),
        ],
    ),
    hints=[
        "With `p = right / n`, `z = 1.96` and `e = z * z / n`: the middle is `(p + e / 2) / (1 + e)`.",
        "Half of the width is `z * (p * (1 - p) / n + e / (4 * n)) ** 0.5 / (1 + e)`.",
    ],
    code="def interval(right, n, z=1.96):\n    p, e = right / n, z * z / n\n"
    "    middle = (p + e / 2) / (1 + e)\n"
    "    half = z * (p * (1 - p) / n + e / (4 * n)) ** 0.5 / (1 + e)\n    return middle - half, middle + half",
    why="To halve the width you need four times as many cases. Two desks with 16 and 18 of 20 cannot be told apart.",
)

# --- 6: a friend's client

NO_SERVER = "Set it to what `server.serve_model(...)` returns."
STOPPED = "Nobody answers at that address. Was the server stopped? Run the cell again."
PRACTICE = "That is the practice endpoint with the course's models. `server.serve_model(speak)` serves **your** desk."
DICTIONARY = "Your friend reads a Python dictionary with curly brackets. Serve a function that returns the text alone."
NOTHING = "Your friend reads `None`, or nothing: the function that you serve does not return its text."
SAME = "It says the same to every message. Serve the function that answers."
NOT_SPEAK = "Your friend does not read what `speak` returns to the same message. Serve `speak` itself."
FAILS = "The function that you serve stops with an error when a client asks it."


MESSAGES = ("What does breakfast cost?", "Who discovered America?")


def _serves(endpoint, namespace: Mapping | None = None):
    import openai

    if not isinstance(endpoint, Endpoint):
        return NO_SERVER
    client = openai.OpenAI(base_url=endpoint.openai_url, api_key=endpoint.key, max_retries=0, timeout=60)
    said = []
    try:
        names = [model.id for model in client.models.list()]
        if len(names) != 1:
            return PRACTICE
        for message in MESSAGES:
            turns = {"model": names[0], "messages": [{"role": "user", "content": message}]}
            whole = client.chat.completions.create(**turns).choices[0].message.content
            with client.chat.completions.create(**turns, stream=True) as chunks:
                pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
            said.append(whole or "")
            if "".join(pieces) != whole:
                return "Streamed and whole, the answers differ. Does the function return the same text twice?"
    except openai.APIConnectionError:
        return STOPPED
    except openai.APIError:
        return FAILS
    if any(not text.strip() or text.strip() == "None" for text in said):
        return NOTHING
    if any(text.lstrip().startswith("{") for text in said):
        return DICTIONARY
    if said[0] == said[1]:
        return SAME
    speak = (namespace or {}).get("speak")
    if callable(speak) and any(
        speak(message).strip().lower() not in text.lower() for message, text in zip(MESSAGES, said, strict=True)
    ):
        return NOT_SPEAK
    return True


class Late(Endpoint):
    """An example for the tests: its server starts when it is asked for, and ends with Python."""

    def __init__(self, function):
        self.function, self.key = function, "practice"

    @cached_property
    def openai_url(self) -> str:
        return server.serve_model(self.function).openai_url


SERVES = Asked(_serves)

q6 = Exercise(
    "10.q6",
    "endpoint",
    judge=SERVES,
    right="The official client was answered, whole and in a stream. A page of another site would be refused (403).",
    right_examples=[Late(lambda message: finished().answer(message)["text"])],
    known_wrong=SERVES.known(
        [
            ("http://127.0.0.1:8000", NO_SERVER),
            (Late(lambda message: finished().answer(message)), DICTIONARY),
            (Late(lambda message: None), NOTHING),
            (Late(lambda message: "Good evening."), SAME),
            (Late(lambda message: message["text"]), FAILS),
        ]
    ),
    hints=[
        "A function from a message to a text can be served: `speak` is one.",
        '`endpoint = server.serve_model(speak)`; with `key="..."` only who knows the key is answered.',
    ],
    code="endpoint = server.serve_model(speak)",
    why="Every program that speaks OpenAI's dialect can use your desk: it needs the address, the key, and the name.",
)

# --- 7: the page

SHORT = "A page for a reader who was not here: some 60 words at least."
NO_SCORE = "The score is missing, as `{right} of 20`. Put it in from `measured`."
NO_RANGE = "The score stands there without its uncertainty: both ends of the interval, in percent."
NO_COST = "How long does an answer take? The measured seconds are missing."
NOT_FILLED = "The score is missing: `{measured[...]}` stands there as it is. Write an `f` before the quotes."
NO_PRIVACY = "What leaves the machine? A reader wants to find the word *privacy*, *private*, *stays* or *leaves*."
NO_HELD = "What do the tickets hold? Say that they hold room numbers."
NO_LIMITS = "Say what it cannot do, under *Limits*: a message that it failed, or a kind of message."


def _page(page, namespace: Mapping | None = None):
    measured = (namespace or {})["measured"]
    if not isinstance(page, str):
        return 'A text is wanted: `page = f"""..."""`.'
    told = re.sub(r"95 ?(?:%|per ?cent) (?:of )?(?:certain|confiden|sure)\w*", "", page)  # that is no end
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", told)]
    if len(re.findall(r"\w+", page)) < 60:
        return SHORT
    if re.search(r"\{ *measured\[", page):
        return NOT_FILLED
    if not re.search(
        rf"\b{measured['right']} (?:out )?of {measured['n']}\b|\b{measured['right']} ?/ ?{measured['n']}\b", page
    ):
        return NO_SCORE
    ends = [100 * measured["low"], 100 * measured["high"]]
    if not all(any(abs(number - end) <= 1 or abs(100 * number - end) <= 1 for number in numbers) for end in ends):
        return NO_RANGE
    seconds = measured["seconds"]
    if not any(abs(number - seconds) <= max(0.1 * seconds, 0.051) for number in numbers):
        return NO_COST
    if not re.search(
        r"privacy|private|leav(?:es?|ing)\b|stays? (?:on|here|inside)|(?:nothing|never|not|no \w+) (?:is |are )?sent",
        page,
        re.I,
    ):
        return NO_PRIVACY
    if not re.search(r"ticket.{0,120}\broom|\broom.{0,120}ticket", page, re.I | re.S):
        return NO_HELD
    boasts = r"\b(?:no|without) limits?\b|\b(?:never|not|cannot|can't) fails?\b"
    return True if re.search(r"limit|cannot|can't|fail", re.sub(boasts, "", page, flags=re.I), re.I) else NO_LIMITS


MEASURED = {"right": 17, "n": 20, "low": 0.640, "high": 0.948, "seconds": 1.74}
TEXT = """# The night desk of Hotel Lumi
It files repairs, answers from sixteen notes, and refuses the rest. Score: 17 of 20 cases, so 64 to 95 % are possible.
## Cost
An answer takes 1.7 s on my laptop and costs no money, only electricity.
## Privacy
Nothing leaves this machine. The tickets hold room numbers, and so does their list, which ends with the notebook.
## Limits
It understands English only, one request at a time, and it misses some words for the things that break.
"""


def _of(page):
    return given(page=page, measured=MEASURED)


PAGE = Asked(_page)

q7 = Exercise(
    "10.q7",
    "page",
    judge=PAGE,
    right="Score with its range, seconds, privacy and limits: a reader can decide whether to trust it.",
    right_examples=[_of(TEXT)],
    known_wrong=PAGE.known(
        [
            (_of("It works well, 17 of 20."), SHORT),
            (_of(TEXT.replace("17 of 20", "most")), NO_SCORE),
            (_of(TEXT.replace("64 to 95 %", "others")), NO_RANGE),
            (_of(TEXT.replace("1.7 s", "a moment")), NO_COST),
            (_of(TEXT.replace("Privacy", "Data").replace("Nothing leaves this machine. ", "")), NO_PRIVACY),
            (_of(TEXT.replace("room numbers", "things")), NO_HELD),
            (_of(TEXT.replace("1.7 s", "{measured['seconds']} s")), NOT_FILLED),
            (_of(TEXT.replace("Limits", "More")), NO_LIMITS),
        ],
    ),
    hints=[
        "An f-text fills numbers in: `f\"Score: {measured['right']} of {measured['n']}\"`.",
        "`{measured['low']:.0%}` writes 0.58 as 58%, `{measured['seconds']:.1f}` rounds to one decimal.",
    ],
    code='''page = f"""# The night desk of Hotel Lumi
It files repairs, answers from sixteen notes of the hotel, word for word, and refuses the rest.
## Score
{measured['right']} of {measured['n']} cases; {measured['low']:.0%} to {measured['high']:.0%} are possible.
## Cost
{measured['seconds']:.1f} seconds an answer on my computer, no money, some electricity.
## Privacy
Nothing leaves this machine. The tickets hold room numbers; their list ends with the notebook.
## Limits
English only, one request a message. It failed where a guest used words that no note has.
"""''',
    why="A model card in miniature. Numbers with their range, and limits said aloud, are what makes it honest.",
)

deeper_quiz = Quiz.read("10", "deeper_quiz")
