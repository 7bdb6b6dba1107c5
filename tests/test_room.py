"""One model for a class: tokens, limits and fair shares, with thirty students who ask at once.

`python tests/measure_room.py` measures a room with SmolLM2.
"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import httpx2
import ollama
import openai
import pytest

from course_utils import ROOT, CourseError, load, server
from course_utils.models.cloud_model import CloudError
from course_utils.server import command
from course_utils.server.problem import Problem
from course_utils.server.room import Room
from tests.crowd import OURS

STUDENTS, SECRET = 30, "the teacher's own secret"
QUESTIONS = ["What is 17 + 25?", "hello", "Tell me a story about a red fox in the forest.", "What does the fox eat?"]


def tokens_of(room: Room) -> list[str]:
    """The teacher's, and the students'."""
    return list(room.students)


def client(endpoint, token: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.openai_url, api_key=token, max_retries=0, timeout=120)


def until(what) -> None:
    """Wait for a thing to be so."""
    ends = time.monotonic() + 20
    while not what():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.02)


def ask(endpoint, token: str, question: str = "hello", **more):
    return client(endpoint, token).chat.completions.create(
        model="pico-mini", messages=[{"role": "user", "content": question}], **more
    )


@pytest.fixture(scope="module")
def room():
    return Room(SECRET, STUDENTS)


@pytest.fixture(scope="module")
def endpoint(room):
    with server.start(room) as running:
        yield running


def test_a_token_is_known_and_no_other(endpoint, room):
    """By the server: of a slip of hers it makes nobody."""
    tokens, other = list(room.students), tokens_of(Room("another secret", STUDENTS))
    assert list(room.students.values()) == list(range(31)) and tokens == tokens_of(Room(SECRET, STUDENTS))
    assert tokens_of(Room(SECRET, 40))[:31] == tokens and not set(tokens) & set(other)
    slips = ["-", "07", "07-", tokens[7][:-1], tokens[7] + "a", tokens[7].upper(), "08" + tokens[7][2:], "ä"]
    slips += [tokens_of(Room(SECRET, 40))[31], other[7], SECRET, f"Bearer {tokens[7]}"]
    for slip in [None, *(f"Bearer {slip}".encode() for slip in slips)]:
        answer = httpx2.get(endpoint.url + "/v1/models", headers={} if slip is None else {"Authorization": slip})
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "invalid_api_key", slip
    assert all(SECRET not in token for token in tokens)


@pytest.mark.parametrize("wrong", [{"students": 0}, {"students": 1000}, {"at_once": 0}, {"limit": 0}])
def test_a_room_that_cannot_be_is_refused(wrong):
    with pytest.raises(CourseError, match="A room has 1 to 999 students"):
        Room("s", **({"students": 3} | wrong))


def test_thirty_students_at_once_all_get_their_right_answers(endpoint, room, record_property):
    """Each asks all four questions, through the official client, beginning with another one."""
    direct = load("pico-mini", runtime="onnx")
    truth = {question: direct.chat(question).text for question in QUESTIONS}

    def student(number: int) -> list[tuple]:
        own = client(endpoint, tokens_of(room)[number])
        turns = [QUESTIONS[(number + turn) % len(QUESTIONS)] for turn in range(len(QUESTIONS))]
        ask = lambda text: [{"role": "user", "content": text}]  # noqa: E731
        answers = [own.chat.completions.create(model="pico-mini", messages=ask(text), temperature=0) for text in turns]
        return [(text, reply.choices[0].message.content) for text, reply in zip(turns, answers, strict=True)]

    with ThreadPoolExecutor(STUDENTS) as pool:
        found = list(pool.map(student, range(1, STUDENTS + 1)))
    record_property("answers", sum(map(len, found)))
    assert [len(answers) for answers in found] == [len(QUESTIONS)] * STUDENTS
    assert [each for answers in found for each in answers if each[1] != truth[each[0]]] == []
    assert all(room._free[number] > 0 for number in range(1, STUDENTS + 1))  # each was counted


def test_one_student_cannot_have_more_than_her_requests_at_once(endpoint, room):
    """The third is refused; her neighbour and the teacher are not. Two requests whose bodies are on their way."""
    token = tokens_of(room)[5]
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    with ExitStack() as stack:
        for _ in range(2):
            web = stack.enter_context(socket.create_connection(("127.0.0.1", endpoint.port)))
            web.sendall((head + "Content-Length: 999\r\n\r\n{").encode())
        until(lambda: room._busy[5] == 2)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(endpoint, token)
        assert refused.value.response.headers["retry-after"] == "1" and "2 requests of one student" in str(
            refused.value
        )
        assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "requests")
        ollamas = ollama.Client(host=endpoint.url, headers={"Authorization": f"Bearer {token}"})
        with pytest.raises(ollama.ResponseError, match="2 requests of one student at once") as told:
            ollamas.generate("pico-mini", "hello", stream=False)
        assert told.value.status_code == 429
        assert ask(endpoint, tokens_of(room)[6]).choices and ask(endpoint, tokens_of(room)[0]).choices
    until(lambda: room._busy[5] == 0)  # she has left
    assert ask(endpoint, token).choices


def test_who_has_used_up_her_tokens_waits_and_nobody_else_does():
    room = Room("s", 2, limit=60)
    with server.start(room) as endpoint:
        answers = []
        with pytest.raises(openai.RateLimitError) as refused:
            for _ in range(20):
                answers.append(ask(endpoint, tokens_of(room)[1], max_tokens=20).usage.total_tokens)
        used, wait = sum(answers), int(refused.value.response.headers["retry-after"])
        assert 60 <= used <= 60 + 20 * len(answers) + max(answers) and 1 <= wait <= 120
        assert refused.value.type == "tokens" and f"try again in {wait} s" in str(refused.value)
        assert ask(endpoint, tokens_of(room)[2]).choices
        model = load("pico-mini", runtime="cloud", base_url=endpoint.openai_url, key=tokens_of(room)[1])
        with pytest.raises(CloudError, match=r"Wait \d+ seconds and ask again") as told:
            model.chat("hello")
        assert tokens_of(room)[1] not in str(told.value)


def test_texts_to_embed_count_too():
    room = Room("s", 1, limit=40)
    with server.start(room) as endpoint:
        read = client(endpoint, tokens_of(room)[1]).embeddings.create(model="pico-mini", input=["The fox is red."] * 12)
        assert read.usage.total_tokens >= 40
        with pytest.raises(openai.RateLimitError, match="tokens per min"):
            ask(endpoint, tokens_of(room)[1])


def test_time_gives_the_tokens_back(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("course_utils.server.room.time.monotonic", lambda: now[0])
    room = Room("s", 1, limit=600)
    with room.turn(1, SimpleNamespace(read=100, jobs=[SimpleNamespace(read=300, tokens=[7] * 500)])):
        pass
    with pytest.raises(Problem, match="Limit 600, Used 900. Please try again in 31 s"), room.turn(1, None):
        pass
    now[0] += 31
    with room.turn(1, SimpleNamespace(read=10**6, jobs=[])):  # a large debt is forgiven: nobody waits for long
        pass
    assert room._free[1] == now[0] + 180


def test_students_ask_models_and_do_not_change_them(endpoint, room):
    with httpx2.Client(base_url=endpoint.url, headers={"Authorization": f"Bearer {tokens_of(room)[3]}"}) as web:
        changes = [
            web.post("/api/create", json={"model": "mine", "from": "pico-mini"}),
            web.post("/api/copy", json={"source": "pico-mini", "destination": "mine"}),
            web.request("DELETE", "/api/delete", json={"model": "pico-mini"}),
            web.post("/api/pull", json={"model": "pico-mini"}),
            web.post("/api/blobs/sha256:" + "0" * 64, content=b"x"),
        ]
        assert [answer.status_code for answer in changes] == [403] * len(changes)
        assert (
            web.get("/v1/models").status_code == web.post("/api/show", json={"model": "pico-mini"}).status_code == 200
        )
        assert web.post("/api/generate", json={"model": "pico-mini", "prompt": "hello"}).status_code == 200
        assert web.post("/api/generate", json={"model": "pico-mini", "keep_alive": 0}).status_code == 200
        assert "pico-mini:latest" in [row["name"] for row in web.get("/api/ps").json()["models"]]  # still there
    for headers in ({}, {"Authorization": "Bearer 03-wrong"}):
        assert httpx2.get(endpoint.url + "/v1/models", headers=headers).status_code == 401


def test_an_address_without_its_v1_is_told(endpoint, room):
    model = load("pico-mini", runtime="cloud", base_url=endpoint.url, key=tokens_of(room)[3])
    with pytest.raises(CloudError, match="OpenAI's addresses begin with /v1"):
        model.chat("hello")


@pytest.mark.parametrize("wrong", ["abc", "3,,4", ""])
def test_what_is_no_number_of_students_is_told(capsys, wrong):
    with pytest.raises(SystemExit):
        command.main(["--room", wrong])
    assert "whole numbers, such as 30 or 30,2,4000" in capsys.readouterr().err


def test_the_room_is_known_by_its_own_names_alone(room):
    key = {"Authorization": f"Bearer {tokens_of(room)[1]}"}
    with server.start(room, host="0.0.0.0") as endpoint:
        ours = ["192.168.1.20:8000", "10.0.0.7", "[fe80::1]:80", "localhost", socket.gethostname() + ".local:8000"]
        for host, status in [*((name, 200) for name in ours), ("evil.example", 403), ("10.0.0.7.evil.example", 403)]:
            answer = httpx2.get(endpoint.url + "/v1/models", headers=key | {"Host": host})
            assert answer.status_code == status, host
        foreign = httpx2.get(endpoint.url + "/v1/models", headers=key | {"Origin": "http://192.168.1.9"})
        assert foreign.status_code == 403


def test_the_command_writes_the_tokens_into_a_file_and_nowhere_else(room, tmp_path):
    sheet = ROOT / "room_tokens.txt"
    had = sheet.read_bytes() if sheet.exists() else None
    environment = os.environ | {"COURSE_KEY": SECRET}
    arguments = [sys.executable, "-c", OURS, "--room", "3", "--host", "127.0.0.1", "--json"]
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        told, written = json.loads(line), sheet.read_text(encoding="utf-8")
        assert told["key"] == f"a token of {sheet}" and told["openai_url"] in written
        if sys.platform != "win32":
            assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
        tokens = tokens_of(room)[:4]
        assert all(token in written for token in tokens) and SECRET not in written
        place = SimpleNamespace(openai_url=told["openai_url"])
        assert ask(place, tokens[2]).choices
        with pytest.raises(openai.AuthenticationError):
            ask(place, tokens_of(room)[4])
    finally:
        process.send_signal(signal.SIGTERM)
        rest = "".join(process.communicate())
        sheet.unlink(missing_ok=True)
        if had is not None:
            sheet.write_bytes(had)
    assert not any(secret in line + rest for secret in [*tokens, SECRET])
