"""The words that every runtime shares, with both runtimes and the course's own model."""

from __future__ import annotations

import _thread
import threading
import time
from textwrap import dedent

import pytest
from jupyter_client.manager import start_new_kernel

from course_utils import ROOT, load
from course_utils.models.chat import (
    BadOption,
    BadPrompt,
    CourseError,
    EmptyPrompt,
    Message,
    PromptTooLong,
    Reply,
    SamplingParams,
    UnknownOption,
    read_messages,
)

STORY = "Tell me a story about a red fox in the forest."


LOCAL = ("transformers", "onnx")  # the runtimes of this process; those behind a server have tests of their own


@pytest.fixture(scope="module", params=LOCAL)
def model(request):
    return load("pico-mini", runtime=request.param)


def ids(model, prompt: str | list = STORY, **options) -> list[int]:
    return [chunk.token_id for chunk in model.stream(prompt, **options)]


def test_greedy_answers_repeat_and_chat_is_the_sum_of_the_stream(model):
    reply = model.chat(STORY, max_new_tokens=40)
    chunks = list(model.stream(STORY, max_new_tokens=40))
    assert "".join(chunk.text for chunk in chunks) == reply.text != ""
    assert len(chunks) == reply.completion_tokens <= 40
    assert str(reply) == reply.text


def test_a_reply_knows_what_it_cost(model):
    reply = model.chat(STORY, max_new_tokens=30)
    markup = f"<|user|>\n{STORY}<|end|>\n<|assistant|>\n"
    assert reply.prompt_tokens == len(model.tokenizer.encode(markup)) > len(model.tokenizer.encode(STORY)) > 5
    assert 0 < reply.seconds_to_first_token < reply.seconds
    after_first = reply.seconds - reply.seconds_to_first_token
    assert reply.tokens_per_second == pytest.approx((reply.completion_tokens - 1) / after_first)


def test_seeds(model):
    first = ids(model, temperature=1.5, seed=1, max_new_tokens=40)
    assert first == ids(model, temperature=1.5, seed=1, max_new_tokens=40)
    assert first != ids(model, temperature=1.5, seed=2, max_new_tokens=40)
    unseeded = {tuple(ids(model, temperature=1.5, max_new_tokens=40)) for _ in range(4)}
    assert len(unseeded) > 1


@pytest.mark.parametrize("strict", [{"top_k": 1}, {"min_p": 1.0}, {"top_p": 1e-6}, {"temperature": 1e-6}])
def test_sampling_that_leaves_one_token_is_greedy(model, strict):
    sampled = ids(model, **{"temperature": 1.5, "seed": 3, "max_new_tokens": 30} | strict)
    assert sampled == ids(model, max_new_tokens=30)


def test_sampling_without_limits_reaches_unlikely_tokens(model):
    greedy = ids(model, max_new_tokens=30)
    assert ids(model, temperature=3.0, seed=0, max_new_tokens=30) != greedy
    penalised = ids(model, repetition_penalty=9.0, max_new_tokens=30)
    assert len(set(penalised)) / len(penalised) > len(set(greedy)) / len(greedy)


def test_it_stops_at_the_end_marker_and_never_shows_it(model):
    reply = model.chat("hello")
    assert reply.finish_reason == "stop" and reply.text
    assert "<|" not in reply.text and not model.stop_ids & set(ids(model, "hello"))
    assert model.chat(STORY, max_new_tokens=3).finish_reason == "length"


def test_the_context_is_the_limit(model):
    with pytest.raises(PromptTooLong, match="The prompt is 3,[0-9]{3} tokens long.* holds 1,024 tokens"):
        model.chat("12345 " * 500 + "67")
    assert model.context_length == 1024
    # Three tokens short of the context there is room for three, whatever was asked for.
    around = model.chat("1", max_new_tokens=1).prompt_tokens - 1
    nearly = model.stream("1" * (1024 - 3 - around), max_new_tokens=100, temperature=5.0, seed=0)
    assert len(list(nearly)) <= 3 and nearly.prompt_tokens == 1021
    with pytest.raises(PromptTooLong):
        model.stream("1" * (1024 - around))


def test_a_system_line_is_the_first_message(model):
    by_option = ids(model, "Who are you?", system="Answer in Finnish.", max_new_tokens=20)
    turns = [{"role": "system", "content": "Answer in Finnish."}, Message("user", "Who are you?")]
    assert by_option == ids(model, turns, max_new_tokens=20)
    with pytest.raises(BadPrompt, match="system message already"):
        model.stream(turns, system="Answer in English.")


def test_errors_come_before_the_first_token(model):
    with pytest.raises(UnknownOption, match="no option 'temprature'. Did you mean 'temperature'.*top_k"):
        model.stream(STORY, temprature=0.5)
    with pytest.raises(BadOption, match="top_p must be a number above 0 and up to 1"):
        model.stream(STORY, top_p=7)
    with pytest.raises(EmptyPrompt, match="The prompt is empty"):
        model.stream(" \n")


def test_letters_of_several_bytes_arrive_whole(model):
    text = "Äiti näki ketun 🦊 järvellä: 👩‍👧 5 € … 日本 ö"
    tokens = model.encode([Message("user", text)])
    start = model.encode([Message("user", "x")]).index(model.encode([Message("user", text)])[1]) + 1
    decode = model._decoder()
    pieces = [decode(token) for token in tokens[start:]]
    assert "".join(pieces).startswith(text) and "\ufffd" not in "".join(pieces)
    assert any(piece == "" for piece in pieces)  # a letter was waiting for its other bytes
    answer = [chunk.text for chunk in model.stream("Translate to Finnish: The girl is happy.", max_new_tokens=30)]
    assert "\ufffd" not in "".join(answer)


def test_an_interrupt_ends_a_chat_with_what_was_written(model):
    class Interrupter:
        """Interrupts this thread, as Kernel ▸ Interrupt does, while token number `at` is being made."""

        def __init__(self, at: int):
            self.at, self.original = at, model._tokens

        def __call__(self, *args):
            for number, token in enumerate(self.original(*args)):
                if number == self.at:
                    _thread.interrupt_main()
                yield token

    expected = model.chat(STORY, max_new_tokens=40)
    model._tokens = Interrupter(at=7)
    try:
        reply = model.chat(STORY, max_new_tokens=40)
    finally:
        del model._tokens
    assert reply.finish_reason == "interrupted"
    assert 5 <= reply.completion_tokens <= 9 and expected.text.startswith(reply.text) and reply.text
    assert model.chat(STORY, max_new_tokens=40).text == expected.text  # and the model is as good as before


def test_an_interrupt_from_outside_at_any_moment(model):
    expected = model.chat(STORY, max_new_tokens=20).text
    for delay in (0.001, 0.01, 0.05, 0.2):
        with pytest.raises(KeyboardInterrupt):
            threading.Timer(delay, _thread.interrupt_main).start()
            stream = model.stream(STORY, max_new_tokens=900, temperature=3.0)
            for _ in stream:
                pass
            for _ in range(1000):  # a fast engine may be ready before: then the interrupt ends this pause
                time.sleep(0.01)
        assert model.chat(STORY, max_new_tokens=20).text == expected


def test_the_interrupt_button_of_a_notebook():
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))

    def run(code: str, when_printed: str = "", then=lambda: None) -> str:
        """Run a cell and return what it printed; call `then` as soon as it has printed `when_printed`."""
        shown: list[str] = []

        def hook(message: dict) -> None:
            shown.append(message["content"].get("text", ""))
            if when_printed and when_printed in shown[-1]:
                then()

        answer = client.execute_interactive(code, timeout=120, output_hook=hook)
        assert answer["content"]["status"] == "ok", answer["content"]
        return "".join(shown)

    long_cell = """
    print("writing", flush=True)
    reason = ""
    try:
        while reason != "interrupted":
            reason = model.chat("hello", max_new_tokens=900, temperature=9.0).finish_reason
    except KeyboardInterrupt:  # between two chats
        reason = "interrupted"
    print(reason)
    """
    try:
        for runtime in LOCAL:
            run(f"from course_utils import load; model = load('pico-mini', runtime={runtime!r})")
            before = run("print(model.chat('hello', max_new_tokens=20).text)")
            slow = threading.Timer(0.5, manager.interrupt_kernel)
            assert "interrupted" in run(dedent(long_cell), "writing", slow.start)
            assert run("print(model.chat('hello', max_new_tokens=20).text)") == before != ""
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_stream_closed_early_ends_and_two_streams_do_not_disturb_each_other(model):
    stream = model.stream(STORY, max_new_tokens=40)
    next(stream)
    stream.close()
    assert stream.finish_reason == "interrupted" and next(stream, None) is None
    pairs = list(zip(model.stream(STORY, max_new_tokens=20), model.stream(STORY, max_new_tokens=20), strict=True))
    assert all(left == right for left, right in pairs) and pairs
    other = model.stream("hello", max_new_tokens=20)
    assert ids(model, max_new_tokens=20) == [left.token_id for left, _ in pairs]
    assert [chunk.token_id for chunk in other] == ids(model, "hello", max_new_tokens=20)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_new_tokens", 0),
        ("max_new_tokens", 2.5),
        ("max_new_tokens", True),
        ("temperature", -0.1),
        ("temperature", 1e-40),
        ("temperature", "warm"),
        ("temperature", float("nan")),
        ("top_p", 0),
        ("top_k", -1),
        ("min_p", 1.1),
        ("repetition_penalty", 0),
        ("seed", -1),
        ("seed", 2**31),
        ("system", ""),
        ("system", 3),
    ],
)
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(BadOption, match=f"^{name} must be .*it was"):
        SamplingParams.read({name: value})


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("", EmptyPrompt),
        ([], EmptyPrompt),
        ([{"role": "user", "content": " "}], EmptyPrompt),
        (None, BadPrompt),
        (42, BadPrompt),
        (["hello"], BadPrompt),
        ([{"role": "user"}], BadPrompt),
        ([{"role": "user", "content": None}], BadPrompt),
        ([{"role": "robot", "content": "hello"}], BadPrompt),
    ],
)
def test_a_prompt_of_the_wrong_shape(prompt, error):
    with pytest.raises(error):
        read_messages(prompt)


def test_errors_are_shown_without_a_traceback():
    error = UnknownOption("x", ["seed"])
    assert isinstance(error, CourseError)
    assert error._render_traceback_() == ["UnknownOption: There is no option 'x'. The options are: seed."]


def test_a_reply_is_read_as_text():
    assert f"{Reply('Hello.', 1, 2, 0.1, 0.2, 10.0, 'stop')}" == "Hello."
