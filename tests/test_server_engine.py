"""The batch behind the practice endpoint: many answers at once, and each is the one that it gets alone."""

import asyncio
import json
import random

import jsonschema
import numpy as np
import pytest

from course_utils.models import load, onnx_batch
from course_utils.models.chat import SamplingParams
from course_utils.pico import export
from course_utils.server import engine as engine_module
from course_utils.server.engine import Engine, Loaded, Prompt, RequestParams
from course_utils.server.problem import Problem

ASKED = [
    "hello",
    "What is 2 + 2?",
    "Tell me a story.",
    "Tell me a story about a fox.",
    "Max is in the cave. Where is Max?",
    "What can you do?",
    "Mia has a red ball. Leo has a blue cup. What does Leo have?",
    "Say hello in Finnish.",
]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Loaded(export.onnx_folder("pico-mini", progress=False))


def prompt(loaded: Loaded, text: str, schema: dict | None = None) -> Prompt:
    ids = loaded.ids(loaded.markup([{"role": "user", "content": text}]))
    return Prompt(ids, None, schema and loaded.matcher(schema))


def run(work, **settings):
    """What `work(engine)`, a coroutine, gives."""

    async def whole():
        engine = Engine(**settings)
        try:
            return await work(engine)
        finally:
            engine.close()

    return asyncio.run(whole())


async def text_of(job) -> str:
    return "".join([part.text async for part in job.parts()])


def alone(loaded: Loaded, asked: Prompt, params: RequestParams) -> list[int]:
    async def work(engine):
        (job,) = engine.submit(asked, [params], loaded)
        await text_of(job)
        return job.tokens

    return run(work)


def test_each_answer_is_the_one_that_it_gets_alone(loaded):
    """Greedy and drawn ones, of different lengths, that come and go while the others write."""
    rng = random.Random(1)
    wanted = [
        RequestParams(max_new_tokens=rng.randint(5, 90), temperature=rng.choice([0, 0, 1]), seed=7) for _ in range(40)
    ]
    prompts = [prompt(loaded, ASKED[place % 8]) for place in range(40)]

    async def work(engine):
        async def one(place):
            await asyncio.sleep(rng.random() / 5)
            (job,) = engine.submit(prompts[place], [wanted[place]], loaded)
            await text_of(job)
            return job.tokens

        return await asyncio.gather(*map(one, range(40)))

    together = run(work, rows=16)
    assert [place for place in range(40) if together[place] != alone(loaded, prompts[place], wanted[place])] == []


def test_the_tokens_are_those_of_the_library(loaded):
    own = load("pico-mini", runtime="onnx")
    for text in ASKED:
        asked = prompt(loaded, text)
        tokens = list(own._tokens(asked.ids, SamplingParams(), 60))
        cut = next((place for place, token in enumerate(tokens) if token in loaded.stop_ids), 59)
        assert alone(loaded, asked, RequestParams(max_new_tokens=60)) == tokens[: cut + 1]


def test_a_beginning_that_was_read_is_not_read_again(loaded, monkeypatch):
    fresh, fed = Loaded(loaded.folder), []
    original = Loaded.forward
    monkeypatch.setattr(
        Loaded, "forward", lambda self, row, ids, *more: fed.append(ids.shape) or original(self, row, ids, *more)
    )
    story = "Max is in the cave. Mia is in the garden. Leo is at the station. "
    first, second = (prompt(fresh, story + question) for question in ("Where is Max?", "Where is Leo?"))
    params = RequestParams(max_new_tokens=12)
    answers = [alone(fresh, asked, params) for asked in (first, second, first)]
    read = [shape[1] for shape in fed if shape[1] > 1]
    assert read[0] == len(first.ids) and read[1] < len(second.ids) / 2 and read[2] == 2
    assert answers[0] == answers[2] and answers[1] == alone(Loaded(loaded.folder), second, params)


def test_a_long_prompt_is_read_between_the_tokens_of_others(loaded, monkeypatch):
    monkeypatch.setattr(engine_module, "CHUNK", 32)
    long = prompt(loaded, "Max is in the cave. " * 60 + "Where is Max?")
    params = RequestParams(max_new_tokens=200)

    async def work(engine):
        (first,) = engine.submit(prompt(loaded, "Tell me a story."), [params], loaded)
        parts = first.parts()
        await anext(parts)
        (second,) = engine.submit(long, [RequestParams(max_new_tokens=5)], loaded)
        before = len(first.tokens)
        await text_of(second)
        return len(first.tokens) - before, second.tokens

    written, tokens = run(work)
    assert written >= len(long.ids) // 32 - 1
    assert tokens == alone(loaded, long, RequestParams(max_new_tokens=5))


def test_one_request_for_many_answers_locks_nobody_out(loaded):
    async def work(engine):
        many = engine.submit(prompt(loaded, "Tell me a story."), [RequestParams(max_new_tokens=90)] * 30, loaded)
        tasks = [asyncio.create_task(text_of(job)) for job in many]
        (other,) = engine.submit(prompt(loaded, "hello"), [RequestParams(max_new_tokens=20)], loaded)
        await text_of(other)
        ended = sum(job.finish is not None for job in many)
        await asyncio.gather(*tasks)
        return ended, len({tuple(job.tokens) for job in many})

    assert run(work, rows=8) == (0, 1)


def test_the_line_has_an_end_and_who_leaves_frees_a_place(loaded):
    async def work(engine):
        jobs = [engine.submit(prompt(loaded, "Tell me a story."), [RequestParams()], loaded)[0] for _ in range(3)]
        with pytest.raises(Problem, match="Try again"):
            engine.submit(prompt(loaded, "hello"), [RequestParams()], loaded)
        for job in jobs:
            job.cancelled = True
        for _ in range(100):
            if not engine.askers():
                break
            await asyncio.sleep(0.05)
        assert not engine.askers() and loaded.users == 0
        (job,) = engine.submit(prompt(loaded, "hello"), [RequestParams(max_new_tokens=20)], loaded)
        return await text_of(job)

    assert "pico-mini" in run(work, rows=1, waiting=2)


def test_a_full_window_goes_on_without_its_older_half(loaded):
    params = RequestParams(max_new_tokens=150, num_ctx=48, shift=True, temperature=1.0, seed=3)
    tokens = alone(loaded, prompt(loaded, "Tell me a story."), params)
    assert len(tokens) == 150 or tokens[-1] in loaded.stop_ids
    cut = alone(loaded, prompt(loaded, "Tell me a story."), RequestParams(max_new_tokens=150, num_ctx=48))
    assert len(cut) <= 48


def test_an_error_ends_one_request_only(loaded):
    class Breaks:
        def deep_copy(self):
            return self

        def compute_bitmask(self):
            raise RuntimeError("planted")

    async def work(engine):
        good, bad = (
            engine.submit(
                prompt(loaded, "Tell me a story.")._replace(matcher=matcher), [RequestParams(max_new_tokens=40)], loaded
            )[0]
            for matcher in (None, Breaks())
        )
        task = asyncio.create_task(text_of(good))
        with pytest.raises(Problem, match="planted"):
            await text_of(bad)
        await task
        return good.tokens

    assert run(work) == alone(loaded, prompt(loaded, "Tell me a story."), RequestParams(max_new_tokens=40))


def test_a_row_finds_its_room_and_no_more_than_there_is(loaded, monkeypatch):
    fresh = Loaded(loaded.folder)
    token = 2 * 4 * 4 * 3 * 64  # bytes: of pico-mini's four layers, three heads of 64
    monkeypatch.setattr(onnx_batch, "ROOM", 8 * 256 * token)
    assert fresh.resize(3, 200) and fresh.cache.shape == (8, 4, 3, 256, 64)
    assert not fresh.resize(9, 200) and fresh.resize(2, 1000) and not fresh.resize(3, 1000)
    assert fresh.resize(8, 100) and len(fresh.rows) == fresh.cache.shape[1] == 8


def test_drawn_tokens_have_the_shares_that_transformers_gives_them():
    import torch
    from transformers import (
        LogitsProcessorList,
        MinPLogitsWarper,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    logits = np.random.default_rng(0).normal(0, 3, 50).astype(np.float32)
    params = SamplingParams(temperature=1.3, top_k=12, top_p=0.9, min_p=0.02)
    warpers = [TemperatureLogitsWarper(1.3), TopKLogitsWarper(12), TopPLogitsWarper(0.9), MinPLogitsWarper(0.02)]
    wanted = LogitsProcessorList(warpers)(None, torch.tensor(logits)[None]).softmax(-1)[0].numpy()
    rng, count = np.random.default_rng(1), 20_000
    drawn = np.bincount([onnx_batch.pick(logits.copy(), params, [], rng) for _ in range(count)], minlength=50) / count
    assert (drawn[wanted == 0] == 0).all() and np.abs(drawn - wanted).max() < 0.015


def test_a_schema_is_kept_and_its_texts_end(loaded):
    schema = {
        "type": "object",
        "properties": {
            "mood": {"type": "string"},
            "count": {"type": "integer"},
            "size": {"type": "number"},
            "kind": {"enum": ["a", "b"]},
        },
        "required": ["mood", "count", "size", "kind"],
        "additionalProperties": False,
    }

    async def work(engine):
        (job,) = engine.submit(prompt(loaded, "Tell me a story.", schema), [RequestParams(max_new_tokens=900)], loaded)
        return await text_of(job), job.finish

    text, finish = run(work)
    jsonschema.validate(json.loads(text), schema)
    assert finish == "stop" and len(json.loads(text)["mood"]) <= 200
    with pytest.raises(ValueError):
        loaded.matcher({"type": "no such type"})


def test_only_what_is_free_is_bounded():
    named = {"type": {"type": "string"}, "properties": {"type": "integer", "minimum": 0}}
    made = onnx_batch.bounded({"type": "object", "properties": named, "examples": [{"type": 1}]})
    assert made["properties"] == {
        "type": {"type": "string", "maxLength": 200},
        "properties": {"type": "integer", "minimum": 0, "maximum": 10**12},
    }
    assert made["additionalProperties"] is False
    for kept in ({"enum": [{"type": "string"}], "type": "string"}, {"type": "object", "additionalProperties": {}}):
        assert onnx_batch.bounded(kept) == kept


def test_logprobs_are_those_of_the_whole_vocabulary(loaded):
    async def work(engine):
        (job,) = engine.submit(prompt(loaded, "hello"), [RequestParams(max_new_tokens=8, logprobs=3)], loaded)
        return [part async for part in job.parts()]

    parts = run(work)
    for part in parts:
        for row in part.logprobs:
            assert bytes(row["bytes"]).decode(errors="replace") == row["token"]
            assert len(row["top_logprobs"]) == 3 and row["logprob"] == row["top_logprobs"][0]["logprob"]  # greedy
            assert sum(np.exp(other["logprob"]) for other in row["top_logprobs"]) <= 1.000001
    assert (
        "".join(row["token"] for part in parts for row in part.logprobs).strip()
        == "".join(p.text for p in parts).strip()
    )
