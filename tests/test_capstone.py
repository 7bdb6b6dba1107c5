"""Notebook 10: the finished night desk, and the server for a model of one's own, asked by the official client."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import openai
import pytest

from course_utils import CourseError, load, server
from course_utils.exercises import night_desk
from course_utils.exercises.asked import finished
from course_utils.models.chat import FunctionModel

SHOWER = '{"room": 214, "thing": "shower", "urgent": false}'
EXAMS = json.loads(Path(__file__).with_name("desk_exams.json").read_text(encoding="utf-8"))


# ---- the desk


def test_notes_and_cases_fit_each_other():
    lines = night_desk.sentences()
    notes = {note for note, _ in lines}
    assert 12 <= len(notes) <= 16 and all(line.endswith(".") for _, line in lines)
    data = night_desk.DATA
    assert {note for note, _ in [*data["questions"], *data["asked"]]} <= notes
    assert len({question for _, question in data["questions"]}) == 50
    for case in data["cases"]:
        text = " ".join(line for note, line in lines if note == case.get("source")).lower()
        assert case["kind"] != "answer" or all(must.lower() in text for must in case["must"])
        assert case["kind"] != "ticket" or case["ticket"]["room"] in night_desk.ROOMS
    shown = {question for _, question in data["questions"]} | {case["message"] for case in data["cases"]}
    assert not shown & {*data["foreign"], *(question for _, question in data["asked"])}, "the checks ask what is new"


@pytest.mark.parametrize(
    ("written", "message", "why"),
    [
        (SHOWER, "The shower in 214 drips.", ""),
        (SHOWER, "The shower drips.", night_desk.ASK_ROOM),
        (SHOWER, "The lamp in 214 is dead.", night_desk.ASK_THING),
        (SHOWER.replace("214", "950"), "The shower in 950 drips.", "There is no room 950"),
        (SHOWER.replace("false", '"no"'), "The shower in 214 drips.", night_desk.ASK_THING),
        (SHOWER.replace('"shower"', '""'), "The shower in 214 drips.", night_desk.ASK_THING),
        ("room 214", "The shower in 214 drips.", night_desk.ASK_THING),
        ("[" * 100_000, "The shower in 214 drips.", night_desk.ASK_THING),
    ],
)
def test_only_a_ticket_that_says_what_the_guest_said_is_filed(written, message, why):
    said, _ = night_desk.judged(written, message)
    assert said.startswith(why) and bool(said) == bool(why)


def test_haste_is_heard():
    assert all(map(night_desk.hasty, ("Come at once!", "Please hurry.", "It is urgent.", "This cannot wait.")))
    assert not any(map(night_desk.hasty, ("No hurry.", "It is not urgent.", "It can wait.", "There is no rush.")))


def test_what_the_model_writes_twice_wrongly_is_not_filed():
    desk = night_desk.Desk(lambda text: '{"room": 312, "thing": "kak", "urgent": false}')
    assert desk._ticket("Hi, the kettle in 312 is dead.") == {"kind": "refuse", "text": night_desk.ASK_THING}
    assert desk.filed == []


def test_an_answer_is_word_for_word_from_one_note():
    said = finished().answer("What does breakfast cost?")
    assert (said["kind"], said["source"]) == ("answer", "breakfast") and "14 euros" in said["text"]
    rest = said["text"].removesuffix(" (note: breakfast)")
    for note, line in night_desk.sentences():
        rest = rest.replace(line, "") if note == "breakfast" else rest
    assert rest.strip() == ""


@pytest.mark.skipif(not night_desk.minilm_here(), reason="MiniLM is not here")
def test_with_a_rule_in_the_place_of_the_model_most_cases_are_right():
    rows = night_desk.examine(finished().answer, night_desk.DATA["cases"])
    assert sum(not fault for _, fault in rows) >= 16, [(case["message"], fault) for case, fault in rows if fault]


@pytest.mark.skipif(not (night_desk.adapter_folder() / "adapter_model.safetensors").is_file(), reason="no adapter yet")
@pytest.mark.skipif(os.environ.get("COURSE_SMOLLM2") == "0" or not night_desk.minilm_here(), reason="left out")
@pytest.mark.parametrize("exam", EXAMS)
def test_the_finished_desk_passes_the_exam(exam):
    """Twenty cases by somebody who saw the job and the notes, and not the desk; it was changed no more after them."""
    rows = night_desk.examine(night_desk.Desk(night_desk.open_writer()).answer, EXAMS[exam])
    assert sum(not fault for _, fault in rows) >= 16, [(case["message"], fault) for case, fault in rows if fault]


def test_wilson_is_that_of_the_books():
    assert night_desk.wilson(16, 20) == pytest.approx((0.5840, 0.9193), abs=1e-4)
    assert night_desk.wilson(20, 20)[0] == pytest.approx(0.8389, abs=1e-4)
    assert night_desk.wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)


# ---- the server


@pytest.fixture
def endpoint():
    def answer(message):
        if message == "boom":
            raise ValueError("no such thing")
        return f"You said: {message}\n  Good night. 🦊 \n"

    with server.serve_model(FunctionModel(answer, "mine"), key="secret") as running:
        yield running


def client_of(endpoint, key="secret"):
    return openai.OpenAI(base_url=endpoint.openai_url, api_key=key, max_retries=0, timeout=60)


def turns(text):
    return {"model": "mine", "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": text}]}


def test_the_official_client_is_answered_whole_and_streamed(endpoint):
    client = client_of(endpoint)
    assert [model.id for model in client.models.list()] == ["mine"]
    whole = client.chat.completions.create(**turns("hi"), temperature=0.2, max_tokens=50).choices[0]
    assert (whole.message.content, whole.finish_reason) == ("You said: hi\n  Good night. 🦊 \n", "stop")
    chunks = list(client.chat.completions.create(**turns("hi"), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.message.content
    assert len(chunks) > 5 and chunks[-1].choices[0].finish_reason == "stop"


def test_the_function_may_fail_and_the_server_goes_on(endpoint):
    client = client_of(endpoint)
    with pytest.raises(openai.InternalServerError, match="ValueError: no such thing"):
        client.chat.completions.create(**turns("boom"))
    with pytest.raises(openai.APIError, match="no such thing"):
        list(client.chat.completions.create(**turns("boom"), stream=True))
    with pytest.raises(openai.BadRequestError, match="empty"):
        client.chat.completions.create(**turns(" "))
    assert client.chat.completions.create(**turns("hi")).choices[0].message.content


@pytest.mark.parametrize(
    "more",
    [
        {"n": 2},
        {"stop": "x"},
        {"tools": [{"type": "function", "function": {"name": "x"}}]},
        {"response_format": {"type": "json_object"}},
        {"presence_penalty": 1},
    ],
)
def test_what_it_cannot_do_is_said(endpoint, more):
    with pytest.raises(openai.BadRequestError, match="not available"):
        client_of(endpoint).chat.completions.create(**turns("hi"), **more)


def test_strangers_are_sent_away(endpoint):
    with pytest.raises(openai.AuthenticationError):
        client_of(endpoint, "guess").models.list()
    with pytest.raises(openai.NotFoundError):
        client_of(endpoint).chat.completions.create(**turns("hi") | {"model": "other"})
    headers = {"Authorization": "Bearer secret", "Origin": "http://example.com"}
    answer = httpx.get(f"{endpoint.openai_url}/models", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden_origin")
    with pytest.raises(CourseError, match="key"):
        server.serve_model(print, host="0.0.0.0")


def test_it_stops_cleanly(endpoint):
    endpoint.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint.url, trust_env=False)


def test_a_model_of_the_course_is_served_too():
    with server.serve_model(load("pico-mini", runtime="transformers")) as running:
        create = client_of(running, "x").chat.completions.create
        asked = {"model": "pico-mini", "messages": [{"role": "user", "content": "What is 2 + 3?"}]}
        whole = create(**asked).choices[0].message.content
        parts = [chunk.choices[0].delta.content or "" for chunk in create(**asked, stream=True)]
        assert whole == "".join(parts) and "5" in whole
        assert create(**asked, max_tokens=1).choices[0].finish_reason == "length"
