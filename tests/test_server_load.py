"""Many clients at once: right answers, nothing lost, flat memory, and everybody's answer grows.

`COURSE_LOAD_SECONDS=60 pytest tests/test_server_load.py` runs it for a minute; by itself it takes ten seconds or so.
Speeds are told and kept in the report; no verdict depends on them, because other programs may use the cores.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import threading
import time

import httpx2
import psutil

from course_utils import load, server
from course_utils.pico.export import onnx_folder
from course_utils.server.engine import AT_ONCE, SLICE, Engine, Loaded, RequestParams

SECONDS = float(os.environ.get("COURSE_LOAD_SECONDS", 6))
CLIENTS = 32
QUESTIONS = ["What is 17 + 25?", "Tell me a story about a red fox in the forest.", "hello", "What does the fox eat?"]


def ask(web: httpx2.Client, question: str) -> tuple[str, int]:
    body = {"model": "pico-mini", "messages": [{"role": "user", "content": question}]}
    answer = web.post("/chat/completions", json=body, timeout=120)
    answer.raise_for_status()
    found = answer.json()
    return found["choices"][0]["message"]["content"], found["usage"]["completion_tokens"]


def drive(address: str, truth: dict[str, str], clients: int, seconds: float) -> dict:
    """Let clients ask for some seconds. Returns tokens a second, requests, wrong answers and failures."""
    tokens, asked, wrong, failed, lock = [0], [0], [], [], threading.Lock()
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        with httpx2.Client(base_url=address) as web:
            turn = number
            while turn == number or time.perf_counter() < end:  # each asks once, however slow the computer is
                question = QUESTIONS[turn % len(QUESTIONS)]
                turn += 1
                try:
                    text, count = ask(web, question)
                except Exception as error:
                    failed.append(error)
                    continue
                with lock:
                    tokens[0] += count
                    asked[0] += 1
                    if text != truth[question]:
                        wrong.append((question, text))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = tokens[0] / (time.perf_counter() - began)
    return {"rate": rate, "requests": asked[0], "wrong": wrong, "failed": failed}


def memory() -> int:
    """Bytes that are in use. glibc keeps what is freed, a few MB or hundreds; here it first gives it back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss


def test_many_clients_at_once(record_property):
    direct = load("pico-mini", runtime="onnx")
    truth = {question: direct.chat(question).text for question in QUESTIONS}
    with server.start() as endpoint:
        drive(endpoint.openai_url, truth, CLIENTS, SECONDS)  # the memory that so many at once need is taken here
        alone = drive(endpoint.openai_url, truth, 1, max(2, SECONDS / 4))
        before = memory()
        many = drive(endpoint.openai_url, truth, CLIENTS, SECONDS)
        grown = memory() - before
        assert endpoint._server.config.app.state.engine._in_line == 0
    figures = {"one client, tokens/s": alone["rate"], f"{CLIENTS} clients, tokens/s": many["rate"]}
    figures |= {"requests": many["requests"], "memory grew by MB": grown / 1e6}
    for name, value in figures.items():
        record_property(name, value)
    print("; ".join(f"{name}: {value:.0f}" for name, value in figures.items()))
    assert many["requests"] >= CLIENTS and many["wrong"] == [] and many["failed"] == []
    assert grown < 60e6


def test_all_answers_grow_at_the_same_time():
    """In turns of a few tokens: while all are at work, nobody gets more than one turn more than another."""
    loaded, turns, seen = Loaded.open(onnx_folder("pico-mini", progress=False)), [0] * AT_ONCE, []
    most = 7 * SLICE

    async def read(number: int, job) -> str:
        text = ""
        async for part in job.parts():
            text += part
            turns[number] += 1
        return text

    def watched(step, jobs):
        def watched_step(count: int):
            end = step(count)
            seen.append([len(job.tokens) for job in jobs])
            return end

        return watched_step

    async def crowd() -> list[str]:
        engine = Engine()
        turn = json.dumps([{"role": "user", "content": QUESTIONS[1]}])
        text = loaded.onnx.tokenizer.apply_chat_template(turn, add_generation_prompt=True)
        jobs = engine.submit(loaded.read(text, []), [RequestParams(max_new_tokens=most)] * len(turns), loaded)
        for job in jobs:
            job.step = watched(job.step, jobs)
        texts = await asyncio.gather(*(read(number, job) for number, job in enumerate(jobs)))
        engine.close()
        return texts

    texts = asyncio.run(crowd())
    assert len(set(texts)) == 1 and texts[0] and turns == [7] * AT_ONCE
    together = [written for written in seen if min(written) > 0 and max(written) < most]
    assert len(together) > AT_ONCE
    for written in together:
        grown = [now - before for now, before in zip(written, together[0], strict=True)]
        assert max(grown) - min(grown) <= SLICE


def test_each_token_is_sent_by_itself(record_property):
    body = {"model": "pico-mini", "messages": [{"role": "user", "content": QUESTIONS[1]}], "stream": True}
    body["stream_options"] = {"include_usage": True}
    with server.start() as endpoint, httpx2.Client(base_url=endpoint.openai_url) as web:
        waits = []
        for _ in range(6):
            began, pieces, tokens = time.perf_counter(), 0, 0
            with web.stream("POST", "/chat/completions", json=body) as answer:
                for line in answer.iter_lines():
                    if '"content":"' in line and '"content":""' not in line:
                        pieces += 1
                        if pieces == 1:
                            waits.append(time.perf_counter() - began)
                    if '"completion_tokens":' in line:
                        tokens = json.loads(line.removeprefix("data: "))["usage"]["completion_tokens"]
            assert tokens - 1 == pieces > 20  # all but the one that ends it
    middle = 1000 * sorted(waits)[2]
    record_property("first token, ms", middle)
    print(f"first token after {middle:.0f} ms")
