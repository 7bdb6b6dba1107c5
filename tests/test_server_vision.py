"""The practice endpoint sees: picture parts in OpenAI's dialect, images in Ollama's, with the official clients."""

from __future__ import annotations

import base64
import json
import random
import threading
import time

import httpx2
import ollama
import openai
import picture_book
import pytest

from course_utils import CourseError, load, server
from course_utils.models.chat import BadPrompt
from course_utils.models.pictures import as_png, to_data_url
from course_utils.pico import VISION
from course_utils.pico.export import gguf_file


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def client(endpoint):
    return openai.OpenAI(base_url=endpoint.openai_url, api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def direct():
    return load(VISION, runtime="onnx")


def pages(skill: str):
    drawn = picture_book.draw(random.Random(skill), "test", skill)
    return [page.picture for page in drawn.pages], drawn.questions[0].text


def part(picture) -> dict:
    return {"type": "image_url", "image_url": {"url": to_data_url(picture)}}


def test_a_picture_part_is_seen_and_counted(client, direct):
    (picture,), question = pages("colour")
    content = [part(picture), {"type": "text", "text": question}]
    answer = client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": content}])
    own = direct.chat(question, pictures=[picture])
    assert answer.choices[0].message.content == own.text
    assert answer.usage.prompt_tokens == own.prompt_tokens > 2509


def test_two_pictures_stream(client, direct):
    pictures, question = pages("difference")
    content = [*map(part, pictures), {"type": "text", "text": question}]
    stream = client.chat.completions.create(
        model=VISION, messages=[{"role": "user", "content": content}], stream=True, max_tokens=40
    )
    text = "".join(event.choices[0].delta.content or "" for event in stream if event.choices)
    assert text == direct.chat(question, pictures=pictures, max_new_tokens=40).text


def test_a_schema_and_several_answers_work_with_a_picture(client):
    (picture,), _ = pages("count")
    shape = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"]}
    shape["additionalProperties"] = False
    answer = client.chat.completions.create(
        model=VISION,
        n=2,
        messages=[{"role": "user", "content": [part(picture), {"type": "text", "text": "Well?"}]}],
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": shape}},
    )
    assert [json.loads(choice.message.content)["answer"] in ("yes", "no") for choice in answer.choices] == [True, True]


def test_a_stop_works_with_a_picture(client, direct):
    (picture,), question = pages("colour")
    whole = direct.chat(question, pictures=[picture]).text
    content = [part(picture), {"type": "text", "text": question}]
    answer = client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": content}], stop=" ")
    (choice,) = answer.choices
    assert choice.message.content == whole.partition(" ")[0] and choice.finish_reason == "stop"


def test_pictures_of_earlier_turns_keep_their_places(client, direct):
    pictures, question = pages("difference")
    turns = [
        {"role": "user", "content": "<|image_1|>\nWhat do you see?"},
        {"role": "assistant", "content": "A picture."},
        {"role": "user", "content": f"<|image_2|>\n{question}"},
    ]
    own = direct.chat(turns, pictures=pictures, max_new_tokens=16)
    sent = [
        {"role": "user", "content": [part(pictures[0]), {"type": "text", "text": "What do you see?"}]},
        turns[1],
        {"role": "user", "content": [part(pictures[1]), {"type": "text", "text": question}]},
    ]
    answer = client.chat.completions.create(model=VISION, messages=sent, max_tokens=16)
    assert (answer.choices[0].message.content, answer.usage.prompt_tokens) == (own.text, own.prompt_tokens)


def test_others_are_answered_while_pictures_are_read(client, direct):
    (picture,), question = pages("shape")
    wanted, found = direct.chat(question, pictures=[picture]).text, []

    def ask() -> None:
        content = [part(picture), {"type": "text", "text": question}]
        answer = client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": content}])
        found.append(answer.choices[0].message.content)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    between = 0
    while any(asker.is_alive() for asker in askers):
        client.models.list()
        between += 1
    assert found == [wanted] * 3 and between > 3


def test_who_leaves_frees_the_engine(endpoint):
    (picture,), question = pages("shape")
    image = base64.b64encode(as_png(picture)).decode()
    turn = {"role": "user", "content": question, "images": [image]}
    endless = {"type": "array", "items": {"enum": ["so"]}, "minItems": 5000}
    asked = {"model": VISION, "messages": [turn], "format": endless}
    with httpx2.stream("POST", f"{endpoint.url}/api/chat", json=asked, timeout=60) as answer:
        next(answer.iter_lines())
    engine, began = endpoint._server.config.app.state.engine, time.perf_counter()
    while engine.askers() and time.perf_counter() - began < 60:
        time.sleep(0.05)
    assert not engine.askers()


@pytest.mark.parametrize(
    ("model", "url", "told"),
    [
        ("pico-mini", "data:image/png;base64,AAAA", "reads text only"),
        (VISION, "https://example.com/cat.png", "Nothing is fetched"),
        (VISION, "data:image/png;base64,AAAA", "no picture"),
        (VISION, None, "data:image"),
    ],
)
def test_what_cannot_be_seen_is_a_400_in_words(client, model, url, told):
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "What is it?"}]
    with pytest.raises(openai.BadRequestError, match=told):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}])


def test_too_many_pictures_and_tags_without_pictures(client):
    (picture,), _ = pages("colour")
    with pytest.raises(openai.BadRequestError, match="context length"):
        content = [part(picture)] * 4
        client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": content}])
    with pytest.raises(openai.BadRequestError, match="at most 6 pictures"):
        client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": [part(picture)] * 7}])
    with pytest.raises(openai.BadRequestError, match="tag"):  # two texts that are a tag when put together
        content = [part(picture), {"type": "text", "text": "<|image"}, {"type": "text", "text": "_1|>"}]
        client.chat.completions.create(model=VISION, messages=[{"role": "user", "content": content}])
    said = client.chat.completions.create(
        model=VISION, messages=[{"role": "user", "content": "<|image_1|>\nhello"}], max_tokens=20
    )
    assert said.choices[0].message.content


def test_ollama_takes_images_too(endpoint, direct):
    client = ollama.Client(host=endpoint.url)
    (picture,), question = pages("shape")
    wanted = direct.chat(question, pictures=[picture]).text
    image = base64.b64encode(as_png(picture)).decode()
    told = client.chat(VISION, [{"role": "user", "content": question, "images": [image]}])
    assert told.message.content == wanted and told.prompt_eval_count > 2509
    assert client.generate(VISION, question, images=[as_png(picture)]).response == wanted
    assert client.show(VISION).capabilities == ["completion", "vision"]
    client.create("looker", from_=VISION, template=gguf_file.TEMPLATE)
    assert client.chat("looker", [{"role": "user", "content": question, "images": [image]}]).message.content == wanted
    raw = f"<|user|>\n{question}<|end|>\n<|assistant|>\n"
    assert client.generate(VISION, raw, images=[image], raw=True).response
    asked = {"model": VISION, "messages": [{"role": "user", "images": 5}]}
    answer = httpx2.post(f"{endpoint.url}/api/chat", json=asked)
    assert answer.status_code == 400 and "images" in answer.json()["error"]
    for model, data in (("pico-mini", image), (VISION, "AAAA")):
        with pytest.raises(ollama.ResponseError, match="image"):
            client.chat(model, [{"role": "user", "content": "What?", "images": [data]}])
    with pytest.raises(ollama.ResponseError, match="embeddings"):
        client.embed(VISION, "hello")


def test_the_other_runtimes_send_pictures(endpoint, direct):
    pictures, question = pages("difference")
    turns = [
        {"role": "user", "content": "<|image_1|>\nWhat do you see?"},
        {"role": "assistant", "content": "A picture."},
        {"role": "user", "content": f"<|image_2|>\n{question}"},
    ]
    cloud = load(VISION, runtime="cloud", base_url=endpoint.openai_url, key="none")
    there = load(VISION, runtime="ollama", host=endpoint.url, num_ctx=8192)
    for prompt, given in ((question, pictures[:1]), (question, pictures), (turns, pictures)):
        own = direct.chat(prompt, pictures=given, max_new_tokens=16)
        for model in (cloud, there):
            answer = model.chat(prompt, pictures=given, max_new_tokens=16)
            assert (answer.text, answer.prompt_tokens) == (own.text, own.prompt_tokens), (model, prompt)
    for model in (cloud, there):
        with pytest.raises(BadPrompt, match="tags"):
            model.chat("<|image_2|>\nWhat?", pictures=pictures[:1])
    with pytest.raises(CourseError, match="text only"):
        load("pico-mini", runtime="cloud", base_url=endpoint.openai_url, key="none").chat("What?", pictures=pictures)
    with pytest.raises(CourseError, match="does not support images"):
        load("pico-mini", runtime="ollama", host=endpoint.url).chat("What?", pictures=pictures)
