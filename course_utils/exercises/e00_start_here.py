"""Exercises and quiz of notebook 00: start here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from course_utils.models.chat import Reply

from .engine import Exercise, given, number
from .quiz import Quiz
from .values import describe

# A reply as the notebook measures one, to try the exercises on: 16 words in 20 tokens.
_WORDS = "A red fox found a bell in the forest. It rang until the owl woke up."
_REPLY = Reply(_WORDS, 18, 20, 0.05, 0.16, 180.0, "stop")
_SLOW = Reply(_WORDS, 18, 20, 0.5, 10.0, 2.0, "stop")  # 1.6 words a second


def _never(answer) -> bool:
    """For wrong answers that the judge itself tells by what was measured, not by a fixed value."""
    return False


def _judge_words(answer, namespace):
    reply = namespace["reply"]
    words = len(reply.text.split())
    verdict = number(words / reply.seconds, within=0.02).one(answer, namespace)
    whole = (int(words / reply.seconds), round(words / reply.seconds))
    writing = words / reply.completion_tokens * reply.tokens_per_second  # without the wait for the first token
    if verdict is True or any(number(value).one(answer, namespace) is True for value in (*whole, writing)):
        return True
    known = {
        _TOKENS: reply.tokens_per_second,
        _ALL_TOKENS: reply.completion_tokens / reply.seconds,
        _LETTERS: len(reply.text) / reply.seconds,
        _NOT_DIVIDED: words,
        _UPSIDE_DOWN: reply.seconds / words,
        _A_MINUTE: 60 * words / reply.seconds,
        _TIMES_SECONDS: words * reply.seconds,
        _ONLY_SECONDS: reply.seconds,
        _DIFFERENT: len(set(reply.text.split())) / reply.seconds,
        _SENTENCES: len(reply.text.split(".")) / reply.seconds,
        _OF_PROMPT: len(str(namespace.get("story", _STORY)).split()) / reply.seconds,
    }
    return _met(answer, namespace, known) or verdict


def _judge_wait(answer, namespace):
    reply, speed = namespace["reply"], namespace["phi_speed"]
    tokens = reply.completion_tokens
    verdict = number(tokens / speed, within=0.02, unit="seconds").one(answer, namespace)
    if verdict is True:
        return True
    known = {
        _TIMES: tokens * speed,
        _PER_TOKEN: 1 / speed,
        _IN_WORDS: len(reply.text.split()) / speed,
        _OWN_TIME: reply.seconds,
        _WAIT_UPSIDE_DOWN: speed / tokens,
        _IN_LETTERS: len(reply.text) / speed,
        _WITH_PROMPT: (reply.prompt_tokens + tokens) / speed,
        _OWN_SPEED: tokens / reply.tokens_per_second,
        _SECONDS_DIVIDED: reply.seconds / speed,
        _SIXTY: 60 / speed,
    }
    return _met(answer, namespace, known) or verdict


def _met(answer, namespace, known: dict[str, float]) -> str:
    """The message of the first known wrong value that the answer is near, or nothing."""
    near = (text for text, value in known.items() if number(value).one(answer, namespace) is True)
    return next(near, "")


_TOKENS = "That is `reply.tokens_per_second`: tokens, not words. A word can be several tokens, and a full stop is one."
_ALL_TOKENS = "Those are tokens per second. Count words: `reply.text.split()` is the list of them."
_LETTERS = "Those are letters per second. `reply.text.split()` cuts the text into words; count those."
_NOT_DIVIDED = "That is the number of words. How many is that per second?"
_UPSIDE_DOWN = "That is seconds per word, the same fraction upside down."

_A_MINUTE = "Those are words per minute. Asked are words per second."
_TIMES_SECONDS = "You multiplied by the seconds. Words *per* second is words divided by seconds."
_ONLY_SECONDS = "That is how long it took. How many words were written in each of these seconds?"
_DIFFERENT = "You counted each different word once. Count all of them: `len(reply.text.split())`."
_SENTENCES = "Those are sentences. `.split()` with nothing in the brackets cuts into words."
_OF_PROMPT = "Those are the words of the prompt. What the model wrote is in `reply.text`."
_STORY = "Tell me a story about a red fox in the forest."

q1 = Exercise(
    "00.q1",
    "answer_1",
    judge=_judge_words,
    right="That is the speed at which it wrote, in words.",
    right_examples=[
        given(answer_1=100.0, reply=_REPLY),
        given(answer_1=len(_WORDS.split()) / 0.16, reply=_REPLY),
        given(answer_1=16 / 20 * 180.0, reply=_REPLY),
        given(answer_1=2, reply=_SLOW),
        given(answer_1=1, reply=_SLOW),
    ],
    known_wrong=[
        (given(answer_1=180.0, reply=_REPLY), _TOKENS, _never),
        (given(answer_1=125.0, reply=_REPLY), _ALL_TOKENS, _never),
        (given(answer_1=len(_WORDS) / 0.16, reply=_REPLY), _LETTERS, _never),
        (given(answer_1=16, reply=_REPLY), _NOT_DIVIDED, _never),
        (given(answer_1=0.01, reply=_REPLY), _UPSIDE_DOWN, _never),
    ],
    hints=[
        "`reply.text.split()` gives the list of words, and `len(...)` counts what is in a list.",
        "Words per second is the number of words, divided by `reply.seconds`.",
    ],
    code="answer_1 = len(reply.text.split()) / reply.seconds",
    why="The number of words, divided by the seconds they took.",
)

_NOT_TOLD = "Nothing in it says that Max is at the station. Tell it, and then ask."
_ELSEWHERE = "That puts Max somewhere else. He is at the station."
_NO_TEXT = "A text in quotes is wanted here."
_NOT_FILLED = "That is the form of the table. Write the sentences themselves in its place."
_NOT_ASKED = "That tells the fact and asks nothing. Put the question into the same text."
_DENIED = "That says where Max is not. Tell the models where he is."
_OTHER = "That asks for somebody else. The question is where Max is."
_IN_TABLE = "That wording is in the table already. Find one of your own."
_TABLE = {
    "max is at the station. where is max?",
    "somebody told me this: max is at the station. where is max?",
    "where is max? max is at the station.",
}


def _judge_told(answer, namespace):
    models = namespace["models"]
    if not isinstance(answer, str):
        return f"{_NO_TEXT} This is {describe(answer)}."
    if "{" in answer:
        return _NOT_FILLED
    return _fault_of_prompt(answer) or _misread(answer, models) or True


def _fault_of_prompt(prompt: str) -> str:
    """What a reader sees to be missing, before any model is asked."""
    prompt = " ".join(prompt.split())
    text = prompt.casefold().replace("’", "'")
    stations = r"\bstation\b|\basema"
    if not (re.search(r"\bmax", text) and re.search(stations, text)):
        return _ELSEWHERE if re.search(r"\bmax (?:is|was|waits|sits|stands) (?:at|in|on)\b", text) else _NOT_TOLD
    if not re.search(stations, re.sub(r"(?:\bnot|n't)\s(?:\w+\s){0,3}station\b", "", text)):
        return _DENIED
    if not re.search(r"\?|\bwhere\b|\bplace\b|\bmissä\b", text):
        return _NOT_ASKED
    asked = re.findall(r"\bwhere(?:'s| is| can (?:i|we|you) find| do (?:i|we|you) find) (\w+)", text)
    if asked and not {"max", "he", "him", "the", "this", "that"} & set(asked):
        return _OTHER
    return _IN_TABLE if prompt.casefold() in _TABLE else ""


def _misread(prompt: str, models: dict) -> str:
    """The answers of the models that did not find the station in the prompt."""
    answers = {
        name: " ".join(model.chat(prompt, temperature=0, max_new_tokens=40).text.split())
        for name, model in models.items()
    }
    wrong = [f"{name} answers: “{text[:90]}”" for name, text in answers.items() if "station" not in text.casefold()]
    return " ".join([*wrong, _OTHER_WORDS]) if wrong else ""


_OTHER_WORDS = "Try other words around the fact, or around the question."


@dataclass(frozen=True)
class _Stand:
    """In place of a model, to try the exercise on: it always answers the same."""

    answer: str

    def chat(self, prompt: str, **options) -> Reply:
        return Reply(self.answer, 10, 6, 0.01, 0.1, 60.0, "stop")


def _asked(prompt: str, *answers: str):
    """An example: a prompt, and what the two models answer to it."""
    answers = answers or ("Max is at the station.", "Max is at the station.")
    return given(answer_2=prompt, models=dict(zip(("smollm2", "pico-mini"), map(_Stand, answers), strict=True)))


_KEEPER, _UNKNOWN = "Max is the lighthouse keeper of Pikola.", "I do not know."

q2 = Exercise(
    "00.q2",
    "answer_2",
    judge=_judge_told,
    right="It was read from your prompt: no model here had it in its weights.",
    right_examples=[
        _asked("Read this: Max is at the station.\nWhere is Max?"),
        _asked("Max is at the station. Where is he?", "He is at the Station", "Max is at the station."),
        _asked("Where can I find Max? Max is at the station."),
        _asked("Max is not at the mill, he is at the station. Where’s Max?"),
        _asked("I know that Max is at the station, so tell me the place where Max is."),
    ],
    known_wrong=[
        (_asked("Where is Max?"), _NOT_TOLD, _never),
        (_asked("Max is at the library. Where is Max?"), _ELSEWHERE, _never),
        (_asked("Max is at the station."), _NOT_ASKED, _never),
        (_asked("Max is not at the station. Where is Max?"), _DENIED, _never),
        (_asked("Max is at the station. Where is Tom?"), _OTHER, _never),
        (_asked("Max is at the station.\nWhere is Max?"), _IN_TABLE, _never),
        (
            _asked("Max is at the station, so where is Max?", "Max is at the station.", _KEEPER),
            f"pico-mini answers: “{_KEEPER}” {_OTHER_WORDS}",
            _never,
        ),
        (
            _asked("Max, station, where?", _UNKNOWN, _UNKNOWN),
            f"smollm2 answers: “{_UNKNOWN}” pico-mini answers: “{_UNKNOWN}” {_OTHER_WORDS}",
            _never,
        ),
    ],
    hints=[
        "Short sentences are the safest: one with the fact, one with the question.",
        "Put something before the fact that a textbook would say, such as `Read this:`.",
    ],
    code='answer_2 = "Read this: Max is at the station.\\nWhere is Max?"',
    why="A model answers from its training or from its prompt, and the prompt is the part that you write.",
)

_TIMES = "You multiplied. At 3.5 tokens in one second, many tokens need fewer seconds than there are tokens."
_PER_TOKEN = "That is the time for one token. The story has `reply.completion_tokens` of them."
_IN_WORDS = "You counted words. The speed is in tokens, so count those: `reply.completion_tokens`."
_OWN_TIME = "That is what the model here needed. Take its number of tokens, and the speed of the larger model."

_WAIT_UPSIDE_DOWN = "Upside down: that is speed divided by tokens. Seconds are tokens divided by tokens per second."
_IN_LETTERS = "You counted letters. The speed is in tokens, so count those: `reply.completion_tokens`."
_WITH_PROMPT = "You counted the prompt, too. It is read, not written: take `reply.completion_tokens` alone."
_OWN_SPEED = "That is the speed of the model here. The larger model's is `phi_speed`."
_SECONDS_DIVIDED = "You divided seconds by a speed. Divide the *tokens* of the story by it."
_SIXTY = "That is for 60 tokens. How many has this story? `reply.completion_tokens` tells."

q3 = Exercise(
    "00.q3",
    "answer_3",
    judge=_judge_wait,
    right="That is the price of 3.8 billion parameters on two cores. Compare it with `reply.seconds`.",
    right_examples=[
        given(answer_3=20 / 3.5, reply=_REPLY, phi_speed=3.5),
        given(answer_3=5.7, reply=_REPLY, phi_speed=3.5),
    ],
    known_wrong=[
        (given(answer_3=70.0, reply=_REPLY, phi_speed=3.5), _TIMES, _never),
        (given(answer_3=1 / 3.5, reply=_REPLY, phi_speed=3.5), _PER_TOKEN, _never),
        (given(answer_3=16 / 3.5, reply=_REPLY, phi_speed=3.5), _IN_WORDS, _never),
        (given(answer_3=0.16, reply=_REPLY, phi_speed=3.5), _OWN_TIME, _never),
    ],
    hints=[
        "Tokens divided by tokens per second leaves seconds.",
        "The story's length is `reply.completion_tokens`, the speed is `phi_speed`.",
    ],
    code="answer_3 = reply.completion_tokens / phi_speed",
    why="A model writes one token after another, so the time grows in step with the length of the answer.",
)

q4 = Exercise(
    "00.q4",
    "answer_4",
    judge=number(1.9, within=0.01, unit="GB"),
    right="Less than two gigabytes. The download is 2.8 GB: some of its tables keep more than four bits.",
    right_examples=[1.9, 3.8e9 * 4 / 8 / 1e9],
    known_wrong=[
        (15.2, "Those are billions of **bits**. A byte has eight of them."),
        (3.8, "That would be one byte, eight bits, for each parameter. Here it is half of that."),
        (7.6, "That would be sixteen bits a parameter. Here there are four."),
        (30.4, "That would be 64 bits a parameter. Four bits are half a byte, so the number gets smaller."),
        (0.95, "That would be two bits a parameter: you halved once too often."),
        (0.475, "That would be one bit a parameter. Here there are four."),
        (3.8e9 * 4 / 8 / 2**30, "Those are GiB, of 1,024³ bytes. Asked are gigabytes, billions of bytes."),
        (1.9e9, "The number of bytes is right. In gigabytes, divide it by a billion."),
        (0.5, "That is one parameter, in bytes. There are 3.8 billion."),
        (2.8, "That is the download, where some tables keep more than four bits. Compute it as if all had four."),
        (2, "That is rounded too far. Give one decimal."),
        (3.5 * 4 / 8, "You took the 3.5 tokens per second. The parameters are 3.8 billion."),
    ],
    hints=["Four bits are half a byte.", "3.8 billion parameters, half a byte each, divided by a billion."],
    code="answer_4 = 3.8e9 * 4 / 8 / 1e9",
    why="Fewer bits a parameter make a model smaller. What that loses is measured in notebook 06.",
)

quiz = Quiz.read("00")

deeper_quiz = Quiz.read("00", "deeper_quiz")
