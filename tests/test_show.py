"""The views: each has a text twin, works without a front end, and shows what the model really computes."""

from __future__ import annotations

import re
import signal
import threading
import time
from html import escape

import pytest

from course_utils import CourseError, load, pico, show
from course_utils.exercises.note import KINDS, Note, markup, plain
from course_utils.models.chat import BadOption, BadPrompt, PromptTooLong, UnknownOption
from course_utils.show.answering import SETTLE
from course_utils.show.pieces import pieces
from course_utils.show.view import publish

torch = pytest.importorskip("torch")

PROMPT = "Tell me a story about a red fox."


@pytest.fixture(scope="module")
def model():
    from course_utils.models.torch_model import TransformersModel

    return TransformersModel(pico.folder("pico-mini"))


# ---- notes


def test_a_note_says_in_words_and_signs_what_its_colour_says():
    for kind, (sign, _, _) in KINDS.items():
        note = Note(kind, kind.capitalize(), "Two of `x` < **three**.", code="y = 1 < 2", after="More.")
        assert sign in note.text() and kind.capitalize() in note.text() and "**" not in note.text()
        html = note.html()
        assert 'role="status"' in html and sign in html and "<code>x</code> &lt; <strong>three</strong>" in html
        assert "y = 1 &lt; 2" in html and "var(--jp-" in html


def test_markup_escapes_everything_else():
    assert markup("<script>`a<b`</script>") == "&lt;script&gt;<code>a&lt;b</code>&lt;/script&gt;"
    assert markup("one ` tick, 2 ** 3") == "one ` tick, 2 ** 3"


def test_plain_takes_the_marks_away():
    assert plain("a `b` of **c**, 2 ** 3 ` 4") == "a b of c, 2 ** 3 ` 4"


def test_the_text_of_a_note_keeps_the_stars_of_code():
    text = Note("solution", "**Solution**", "Use `2 ** 3`.", code="y = 2 ** 3", after="**So** `a ** b`.").text()
    assert text == "→ Solution. Use `2 ** 3`.\n    y = 2 ** 3\nSo `a ** b`."


def test_publish_prints_the_text_outside_of_jupyter(capsys):
    publish(Note("right", "Right", "Yes."))
    assert capsys.readouterr().out == "✓ Right. Yes.\n"


def test_publish_survives_a_console_without_unicode(monkeypatch):
    import io
    import sys

    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    monkeypatch.setattr(sys, "stdout", narrow)
    publish(Note("right", "Right", "Yes."))
    narrow.flush()
    assert narrow.buffer.getvalue() == b"? Right. Yes.\n"


# ---- tokens


def test_tokens_join_to_the_text_and_show_their_numbers(model):
    text = "A red fox & <b>\nkäki 🦊"
    strip = show.tokens(model, text)
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert [piece.id for piece in strip.rows[0]] == ids
    assert f"{len(ids)} tokens for {len(text)} characters" in strip.text()
    assert all(str(id) in strip.text() for id in ids)
    html = strip.html()
    assert all(f'title="token {id}"' in html for id in ids)
    assert "<b>" not in html and "↵" in html and "·" in html


def test_tokens_show_half_characters_as_bytes_and_special_tokens_as_such(model):
    fox = "🦊"
    row = show.tokens(model.tokenizer, fox).rows[0]
    shown = "".join(piece.text for piece in row)
    assert shown == fox or bytes.fromhex("".join(re.findall(r"⟨(..)⟩", shown))) == fox.encode()
    special = pieces(model.tokenizer, [4])[0]
    assert special.special and special.visible == "<|end|>"
    assert "special token 4" in show.tokens(model, "Hi<|end|>").html()


def test_tokens_of_several_texts_and_of_none(model):
    assert show.tokens(model, "yes", "kyllä").text().count("characters per token") == 2
    assert "0 tokens" in show.tokens(model, "").text()
    with pytest.raises(CourseError, match="no tokenizer"):
        show.tokens(3, "text")
    with pytest.raises(BadPrompt, match="A text in quotes is wanted here; this is of type int"):
        show.tokens(model, 5)


def test_pieces_of_other_vocabularies():
    from course_utils.show.pieces import _text

    assert _text("▁the") == " the" and _text("<0xE4>") == "⟨E4⟩"
    assert _text("än", by_bytes=False) == "än"
    assert _text("Ġthe") == " the" and _text("Ã¤") == "ä" and _text("Ã") == "⟨C3⟩" and _text("Ċ") == "\n"


def test_pieces_of_a_vocabulary_of_the_kind_of_phi_3():
    """A small one of SentencePiece's kind, with Ġ as a letter, as in the real one."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    words = ["<unk>", *bytes_, "▁", "Ġ", "ä", "n", "än", "▁än"]
    vocabulary = {word: place for place, word in enumerate(words)}
    merges = [("ä", "n"), ("▁", "än")]
    core = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")
    assert [piece.text for piece in show.tokens(tokenizer, "än▁änĠÄ").rows[0]] == ["än", " än", "Ġ", "⟨C3⟩", "⟨84⟩"]


# ---- chat


def test_chat_keeps_the_conversation_and_its_speed(model):
    chat = show.chat(model, max_new_tokens=8)
    first = chat.say("Hello!")
    assert first == model.chat("Hello!", max_new_tokens=8).text
    second = chat.say("And now?")
    turns = [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": first},
        {"role": "user", "content": "And now?"},
    ]
    assert second == model.chat(turns, max_new_tokens=8).text
    assert chat.history == [*turns, {"role": "assistant", "content": second}]
    assert chat.text().startswith(f"You: Hello!\n{model.name}: {first}")
    assert re.match(r"\d+ tokens(, [\d,]+ tokens/s)?, the first after \d", chat.pane.status)
    assert str(chat) == chat.text() and "Hello!" in chat.html()
    chat.forget()
    assert chat.history == [] and "Without widgets" in chat.text()


def test_chat_shows_errors_of_the_model_as_messages_and_goes_on(model):
    chat = show.chat(model, max_new_tokens=4)
    message = chat.say("fox " * model.context_length)
    with pytest.raises(PromptTooLong) as error:
        model.chat("fox " * model.context_length)
    assert message == str(error.value) and "Error: " in chat.text()
    assert chat.say("Hello!") and [turn["content"] for turn in chat.history][0] == "Hello!"
    wrong = show.chat(model, temprature=1.0)
    assert "temperature" in wrong.say("Hello!") and wrong.history == []


def test_an_answer_that_was_cut_off_is_not_shown_as_a_whole_one(model):
    chat = show.chat(model, max_new_tokens=12)
    answer = chat.say("Tell me a story.")
    assert chat.history[-1]["content"] == answer and chat.text().endswith(f"{answer} … (cut off)")
    assert chat.pane.status.startswith("12 tokens") and "Cut off:" in chat.pane.status
    whole = show.chat(model)
    whole.say("What is 2 + 2?")
    assert "cut off" not in whole.text().casefold() + whole.pane.status.casefold()


def test_chat_gives_the_system_line_to_the_model(model):
    chat = show.chat(model, system="Answer in Finnish.", max_new_tokens=8)
    assert chat.say("Hello!") == model.chat("Hello!", system="Answer in Finnish.", max_new_tokens=8).text


def test_chat_survives_what_is_no_text(model):
    pytest.importorskip("ipywidgets")
    chat = show.chat(model, max_new_tokens=4)
    chat.widget()
    assert "this is Message(role='user', content=None)" in chat.say(None) and chat.history == []
    assert chat.say("Hello!") == model.chat("Hello!", max_new_tokens=4).text


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


@pytest.fixture
def endless(model):
    """The real model, told never to stop: what it writes is real, only its end token is not one."""
    kept, model.stop_ids = model.stop_ids, frozenset()
    yield model
    model.stop_ids = kept


def test_the_chat_widget_streams_and_its_stop_button_stops(endless):
    pytest.importorskip("ipywidgets")
    chat = show.chat(endless, max_new_tokens=100_000)
    box = chat.widget()
    texts = [child for row in box.children for child in getattr(row, "children", [])]
    line = next(child for child in texts if "course-chat-input" in child._dom_classes)
    buttons = {child.description: child for child in texts if hasattr(child, "click")}
    before = threading.active_count()
    line.value = PROMPT
    buttons["Send"].click()
    wait_until(lambda: len(chat.history) == 1 and len(chat.entries[-1][1]) > 5)
    assert line.value == "" and not buttons["Stop"].disabled and buttons["Send"].disabled
    assert chat.say("Now me!") == "The model is still answering. Stop it first, or wait."
    buttons["Stop"].click()
    wait_until(lambda: threading.active_count() == before)
    assert chat.pane.status.startswith("Stopped.") and buttons["Stop"].disabled and not buttons["Send"].disabled
    assert chat.history[-1]["role"] == "assistant" and len(chat.history[-1]["content"]) > 5
    assert endless.chat("Hello!", max_new_tokens=3).completion_tokens == 3  # the model is as good as before


def test_the_chat_widget_sends_on_enter_waits_for_late_letters_and_ignores_nothing(model):
    pytest.importorskip("ipywidgets")
    chat = show.chat(model, max_new_tokens=4)
    chat.widget()
    chat.send.click()
    chat.line.value = "Hel"
    time.sleep(2 * SETTLE)
    wait_until(lambda: not chat.busy.locked())
    assert chat.history == [] and chat.line.value == "Hel"  # an empty line was sent, and not what came after
    chat.line._handle_string_msg(chat.line, {"event": "submit"}, [])
    wait_until(lambda: chat.busy.locked() or chat.history)
    chat.line.value = "Hello!"
    wait_until(lambda: len(chat.history) == 2)
    assert chat.history[0]["content"] == "Hello!"
    wait_until(lambda: not chat.busy.locked() and chat.halt.disabled)
    assert "Hello!" in chat.log.value and 'role="log"' in chat.log.value


def test_a_new_chat_right_after_send_begins_one_at_once(endless):
    pytest.importorskip("ipywidgets")
    chat = show.chat(endless, max_new_tokens=100_000)
    row = chat.widget().children[1].children
    fresh = next(child for child in row if "course-chat-new" in child._dom_classes)
    before = threading.active_count()
    chat.line.value = PROMPT
    chat.send.click()
    fresh.click()
    wait_until(lambda: threading.active_count() <= before)
    assert chat.entries == [] and chat.line.value == PROMPT  # the model never began
    chat.send.click()
    wait_until(lambda: chat.entries and chat.entries[-1][1])
    fresh.click()
    wait_until(lambda: threading.active_count() <= before)
    assert chat.history == [] and chat.text().startswith("A chat with")


def test_a_screen_reader_hears_the_last_answer_once_and_whole(model):
    pytest.importorskip("ipywidgets")
    chat, drawn = show.chat(model, max_new_tokens=6), []
    chat.widget()
    chat.log.observe(lambda change: drawn.append(change["new"]), "value")
    for text in ("Hello!", "And now?"):
        answer = chat.say(text)
        *during, final = drawn
        assert during and all("status" not in html and 'aria-busy="true"' in html for html in during)
        assert final.count('role="status"') == 1 and 'aria-live="off" aria-busy="false"' in final
        assert answer and escape(answer) in final[final.index('role="status"') :]
        drawn.clear()
    assert "status" not in chat.below.value


def test_an_interrupted_say_keeps_what_was_written(endless):
    import _thread

    chat = show.chat(endless, max_new_tokens=100_000)

    def interrupt():
        wait_until(lambda: chat.entries and len(chat.entries[-1][1]) > 5)
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    text = chat.say(PROMPT)
    assert text and chat.pane.status.startswith("Stopped.") and chat.history[-1]["content"] == text


# ---- sampling


def test_sampling_gives_the_probabilities_that_generate_uses(model):
    explorer = show.sampling(model, PROMPT)
    ids = torch.tensor([explorer._prompt_ids])
    for settings in (
        {"temperature": 0.5},
        {"top_k": 5},
        {"top_p": 0.7},
        {"min_p": 0.1},
        {"repetition_penalty": 1.5},
        {"temperature": 1.3, "top_k": 20, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.2},
    ):
        neutral = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}
        settings = neutral | settings
        output = model.model.generate(
            ids,
            do_sample=True,
            max_new_tokens=1,
            output_scores=True,
            return_dict_in_generate=True,
            attention_mask=torch.ones_like(ids),
            **settings,
        )
        before, after, _ = explorer.set(**settings).distributions()
        assert torch.allclose(after, output.scores[0][0].softmax(-1), atol=1e-5)
        assert torch.allclose(before, model.model(ids).logits[0, -1].softmax(-1), atol=1e-5)


def test_sampling_at_temperature_zero_draws_what_greedy_search_writes(model):
    explorer = show.sampling(model, PROMPT)
    explorer.set(temperature=0.0)
    for _ in range(6):
        explorer.draw()
    assert explorer.drawn[:6] == [chunk.token_id for chunk in model.stream(PROMPT, max_new_tokens=6)]
    assert "1 of " in explorer.text() and model.tokenizer.decode(explorer.drawn) in explorer.text()
    explorer.restart()
    assert explorer.drawn == [] and "nothing" in explorer.text()


def test_sampling_draws_repeatably_and_only_what_is_left(model):
    draws = []
    for _ in range(2):
        explorer = show.sampling(model, PROMPT)
        explorer.set(top_k=3, temperature=2.0)
        _, after, _ = explorer.distributions()
        assert int((after > 0).sum()) == 3
        explorer.draw()
        assert after[explorer.drawn[0]] > 0
        draws += [[explorer.drawn[0], *(explorer.draw() for _ in range(4))]]
    assert draws[0] == draws[1]


def test_sampling_ends_with_the_end_token_and_rejects_what_it_does_not_know(model):
    explorer = show.sampling(model.model, PROMPT, tokenizer=model.tokenizer)
    assert PROMPT in model.tokenizer.decode(explorer._prompt_ids)
    explorer.drawn.append(4)
    assert explorer.ended and explorer.draw() == "" and "(the end)" in explorer.text()
    with pytest.raises(UnknownOption, match="top_k"):
        explorer.set(topk=3)
    with pytest.raises(CourseError, match="Transformers runtime"):
        show.sampling(object(), PROMPT)
    with pytest.raises(CourseError, match="empty"):
        show.sampling(model, " ")
    with pytest.raises(BadPrompt, match="this is of type list"):
        show.sampling(model, [{"role": "user", "content": PROMPT}])


def test_sampling_goes_no_further_than_its_sliders(model):
    explorer = show.sampling(model, PROMPT)
    for name, value, words in (("top_k", 100, "top_k goes from 0 to 50"), ("repetition_penalty", 0.8, "from 1 to 2")):
        with pytest.raises(BadOption, match=f"{words}; it was {value}"):
            explorer.set(temperature=0.5, **{name: value})
    assert explorer.settings == show.sampling(model, PROMPT).settings


def test_a_low_temperature_cuts_nothing(model):
    explorer = show.sampling(model, PROMPT).set(temperature=0.01)
    before, after, _ = explorer.distributions()
    assert (after == 0).any() and any(row.after == 0 for row in explorer.rows())  # too small for a float32
    assert "cut" not in explorer.text() + explorer.html() and "<0.1%" in explorer.text()
    assert f"{len(before):,} of {len(before):,} tokens can be drawn" in explorer.text()
    explorer.set(top_k=3)
    assert sum(row.now != "cut" for row in explorer.rows()) == 3 and " cut " in explorer.text()
    assert f"3 of {len(before):,}" in explorer.text()
    explorer.set(temperature=0, top_k=0)
    assert sum(row.now != "cut" for row in explorer.rows()) == 1


def test_the_sampling_sliders_move_the_chart(model):
    pytest.importorskip("ipywidgets")
    explorer = show.sampling(model, PROMPT)
    explorer.widget()
    before = explorer.shown.value
    explorer.control["top_k"].value = 2
    assert explorer.settings["top_k"] == 2 and "cut" in explorer.shown.value != before
    explorer.draw_button.click()
    assert len(explorer.drawn) == 1
    label = re.search(r'role="img" aria-label="(Bar chart of .*?)"', explorer.shown.value)[1]
    for row in explorer.rows():
        assert escape(f"{row.piece}: ") in label and escape(f", now {row.now}") in label
    told = explorer.told.value
    assert 'role="status"' in told and "status" not in explorer.shown.value
    explorer.control["top_k"].value = 3
    assert explorer.told.value == told  # a slider is no news of what was drawn


# ---- attention


def test_attention_shows_the_weights_of_the_model_and_leaves_it_as_it_was(model):
    config = model.model.config
    state = config._attn_implementation, config.sliding_window
    expected = model.chat(PROMPT, max_new_tokens=5).text
    view = show.attention(model, PROMPT, layer=1, head=2)
    count = len(view.pieces)
    assert view.weights.shape == (count, count)
    assert torch.allclose(view.weights.sum(-1), torch.ones(count), atol=1e-4)
    assert view.weights.triu(1).abs().max() == 0  # nobody looks ahead
    assert (config._attn_implementation, config.sliding_window) == state
    assert model.chat(PROMPT, max_new_tokens=5).text == expected
    _, ((other, weight), *_) = view.rows()[-1]
    assert f"{view.columns[other]} ({weight:.0%})" in view.text()
    assert weight == pytest.approx(view.weights[-1].max().item())


def test_a_window_of_three_hides_what_is_further_away_and_a_wide_one_nothing(model):
    whole = show.attention(model, PROMPT)
    view = show.attention(model, PROMPT, window=3)
    for row in range(len(view.pieces)):
        assert view.weights[row, : max(row - 2, 0)].abs().sum() == 0
        assert (view.weights[row, max(row - 2, 0) : row + 1] > 0).all()
    assert torch.allclose(view.set(window=500).weights, whole.weights, atol=1e-6)
    assert "window of 3" in view.set(window=3).text() and "course-hidden" in view.html()


def test_attention_names_what_does_not_exist_and_shortens_what_is_too_long(model):
    layers = model.model.config.num_hidden_layers
    with pytest.raises(CourseError, match=f"layers 0 to {layers - 1}"):
        show.attention(model, PROMPT, layer=layers)
    with pytest.raises(CourseError, match="smallest is 1"):
        show.attention(model, PROMPT, window=-1)
    with pytest.raises(CourseError, match="empty"):
        show.attention(model, "")
    with pytest.raises(BadPrompt, match="this is of type NoneType"):
        show.attention(model, None)
    assert "more tokens are left out" in show.attention(model, PROMPT * 20).text()


def test_the_attention_controls_choose_layer_head_and_window(model):
    w = pytest.importorskip("ipywidgets")
    view = show.attention(model.model, PROMPT, tokenizer=model.tokenizer)
    layer, head, window = view.widget().children[0].children
    assert window.value == 0 and "the whole text" in view.shown.value
    layer.value, head.value, window.value = 1, 2, 2
    assert (view.layer, view.head, view.window) == (1, 2, 2)
    assert isinstance(view.shown, w.HTML) and "a window of 2 tokens" in view.shown.value
    window.value = 0
    assert view.window == 0 and "course-hidden)" not in view.shown.value
    view.set(layer=0, head=1, window=3)  # from code: the controls follow, and forget nothing of it
    assert (layer.value, head.value, window.value) == (0, 1, 3)
    head.value = 2
    assert (view.layer, view.head, view.window) == (0, 2, 3)
    view.set(layer=1)
    assert layer.value == 1 and window.value == 3
    view.set(window=500)  # wider than the text
    assert window.value == window.max == len(view.pieces)


def test_a_model_without_a_network_names_the_runtime_that_has_one():
    onnx = load("pico-mini", runtime="onnx")
    for view in (show.attention, show.sampling, show.experts):
        with pytest.raises(CourseError, match=r'load\("pico-mini", runtime="transformers"\)'):
            view(onnx, PROMPT)
    assert show.tokens(onnx, "A red fox.").text().startswith("4 tokens for 10 characters")


def test_attention_interrupted_at_once_leaves_the_model_as_it_was(model, monkeypatch):
    network, config = model.model, model.model.config
    view = show.attention(model, PROMPT)
    state, change = (config._attn_implementation, config.sliding_window), network.set_attn_implementation

    def interrupted(name):
        change(name)
        if name == "eager":
            raise KeyboardInterrupt

    monkeypatch.setattr(network, "set_attn_implementation", interrupted)
    with pytest.raises(KeyboardInterrupt):
        view.weights_of(2)
    assert (config._attn_implementation, config.sliding_window) == state and state[0] != "eager"


# ---- plots and displaying


def test_plots_are_pictures_with_alt_text_and_numbers():
    plot = show.bars(["fp32", "int4 <small>"], [10, 2.5], unit="MB", title="Size on disk")
    assert 'alt="Bar chart. Size on disk: fp32: 10 MB, int4 &lt;small&gt;: 2.5 MB."' in plot.html()
    assert "data:image/svg+xml;base64,PD94" in plot.html() and "int4 <small>: 2.5 MB" in plot.text()
    plot = show.lines([1, 2], {"with": [1, 1], "without": [1, float("nan")]}, "tokens", "seconds")
    assert 'alt="Line chart. with: from 1 to 1; without: from 1 to nan."' in plot.html()
    assert "tokens: 1, 2" in plot.text() and "nan" in plot.text()


def test_equal_labels_get_a_bar_each():
    for plot in (show.bars(["a", "a"], [1, 2]), show.panels(["a", "a"], {"size": [1, 2], "speed": [3, 4]})):
        for axes in plot.figure.axes:
            assert len({bar.get_y() for bar in axes.patches}) == 2
        assert [label.get_text() for label in plot.figure.axes[0].get_yticklabels()] == ["a", "a"]


def test_panels_have_a_scale_of_their_own_and_say_every_number():
    both = show.panels(["fp32", "int4"], {"size, MB": [8.9, 1.6], "speed": [float("nan"), 800]}, "Two forms")
    assert both.text().splitlines()[1:] == ["size, MB: fp32 8.9, int4 1.6", "speed: fp32 nan, int4 800"]
    assert 'alt="Bar charts side by side. Two forms: size, MB: fp32 8.9' in both.html()
    assert "only: a 1" in show.panels(["a"], {"only": [1]}).text()


def test_a_layer_is_read_from_the_graph_itself():
    onnx = pytest.importorskip("onnx")
    from course_utils.pico.export import onnx_folder

    graph = onnx.load(onnx_folder("pico-mini", progress=False) / "model.onnx", load_external_data=False).graph
    layer = show.onnx_layer(graph, 1)
    told = re.findall(r"  \d+ (\w+): .*\. In: \S", layer.text())
    assert told == [n.op_type for n in graph.node if n.name.startswith("/model/layers.1/")]
    assert {"GroupQueryAttention", "MatMul", "Sigmoid"} <= set(told)
    assert layer.html().count('scope="row"') == len(told)
    assert layer.text().count("the stream of the layer before") == layer.html().count("the stream of the layer") == 2
    assert "weights 192 × 576" in layer.text() and "past_key_values.1.key" in layer.text()
    for missing in (4, 9):  # 4 is where the builder puts the final norm
        with pytest.raises(CourseError, match=f"no layer {missing}"):
            show.onnx_layer(graph, missing)


def test_in_a_kernel_a_view_is_a_widget_with_its_text_beside_it(model, tmp_path):
    """In a real kernel, as nbval and JupyterLab have it."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    code = "from course_utils import load, show\nmodel = load('pico-mini', runtime='transformers')"
    cells = [
        code,
        "show.chat(model)",
        f"show.sampling(model, {PROMPT!r})",
        f"show.attention(model, {PROMPT!r})",
        f"show.tokens(model, {PROMPT!r})",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    bundles = [cell.outputs[0].data for cell in notebook.cells[1:]]
    assert ["application/vnd.jupyter.widget-view+json" in bundle for bundle in bundles] == [
        True,
        True,
        True,
        False,
    ]
    assert all("text/html" in bundle and "HBox(" not in bundle["text/plain"] for bundle in bundles)


# ---- a training


def test_a_training_counts_its_steps_and_says_how_it_went(capsys):
    bar = show.training(12, "Words")
    for step in bar:
        bar.loss(5 - step / 3)
        if step == 4:
            bar.say("hello")
    out = capsys.readouterr().out
    assert "step    4: hello" in out
    assert "Words: 12 of 12 steps" in out and "loss 5.00 → 2.83" in out  # the mean of the last ten
    assert len(bar.losses) == 12 and not bar.stopped


def test_an_interrupt_waits_for_the_end_of_the_step_and_gives_the_handler_back(capsys):
    before = signal.getsignal(signal.SIGINT)
    bar, whole = show.training(100), []
    for step in bar:
        if step == 3:
            signal.raise_signal(signal.SIGINT)
        whole.append(step)  # the step goes on after the interrupt
        bar.loss(1.0)
    assert whole == [0, 1, 2, 3] and bar.stopped
    assert signal.getsignal(signal.SIGINT) is before
    told = capsys.readouterr().out
    assert "Interrupted after step 4" in told and "keeps what it has learned" in told


def test_a_second_interrupt_stops_at_once():
    with pytest.raises(KeyboardInterrupt):
        for _ in show.training(100):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)


def test_a_training_in_a_thread_runs_without_touching_the_signals():
    bar = show.training(3)
    thread = threading.Thread(target=lambda: [bar.loss(1.0) for _ in bar])
    thread.start()
    thread.join()
    assert len(bar.losses) == 3


def test_the_page_of_a_training_shows_bar_and_curve():
    bar = show.training(4)
    for loss in (8.0, 4.0, 2.0, 1.0):
        bar.loss(loss)
    page = bar._page()
    assert 'max="4"' in page and page.count("<path class") == 1 and "from 8.00 to 1.00" in page
    heights = [float(height) for height in heights_of(page)]
    assert heights == sorted(heights) and len(heights) == 4  # a lower loss stands lower on the page


def heights_of(page):
    return re.findall(r"[ML][\d.]+,([\d.]+)", re.search('class="losses" d="([^"]+)"', page)[1])


def training_of(losses, **options):
    bar = show.training(len(losses), **options)
    for loss, _ in zip(losses, bar, strict=False):
        bar.loss(loss)
    return bar


def test_a_training_shows_zero_losses_as_a_line():
    page = training_of([0.0, 0.0, 0.0])._page()
    assert len(set(heights_of(page))) == 1 and "from 0.00 to 0.00" in page


def test_a_loss_that_is_no_number_leaves_a_gap_and_is_told():
    nan, inf = float("nan"), float("inf")
    bar = training_of([4.0, 3.0, nan, 2.0, 1.0, inf, nan])
    page = bar._page()
    line = re.search('class="losses" d="([^"]+)"', page)[1]
    assert "nan" not in line and line.count("M") == 2 and line.count("L") == 2  # two pieces
    for told in (page, bar.text()):
        assert "The loss is no number in step 2 and in 2 more" in told
    assert "<path" not in training_of([nan, nan])._page()
    assert "no number" not in training_of([2.0, 1.0])._page()


def test_a_title_of_a_training_is_shown_as_text():
    page = training_of([1.0, 2.0], title="<script>alert(1)</script>")._page()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_a_bar_looped_over_again_after_an_interrupt_does_all_its_steps():
    bar = show.training(5)
    for step in bar:
        bar.loss(1.0)
        if step == 1:
            signal.raise_signal(signal.SIGINT)
    assert bar.stopped and len(bar.losses) == 2
    assert list(bar) == [0, 1, 2, 3, 4] and not bar.stopped


def test_a_training_has_a_whole_number_of_steps():
    assert list(show.training(0)) == []
    for steps in (-1, 2.5, "ten"):
        with pytest.raises(CourseError, match="whole number of steps"):
            show.training(steps)


def test_lines_may_each_have_their_own_x():
    plot = show.lines(None, {"a": ([0, 1, 2], [5, 4, 3]), "b": ([2, 4], [1, 2])}, "tokens", "loss")
    assert "a, tokens: 0, 1, 2" in plot.text() and "b: 1, 2" in plot.text()
    drawn = plot.figure.axes[0].get_lines()
    assert [list(line.get_xdata()) for line in drawn] == [[0, 1, 2], [2, 4]]


STRANGE = '<b>"x"</b> & $5 or $x^{$'
LONG = "a very long label of many words " * 12


@pytest.mark.parametrize(
    ("word", "values"),
    [
        (STRANGE, [float("nan"), float("inf"), float("-inf"), 1.0]),
        (LONG, [0.0, 0.0]),
        ("one", [1.0]),
        ("below", [-1.0, 3.0]),
    ],
    ids=["strange", "long", "one", "below"],
)
@pytest.mark.filterwarnings("error")
def test_charts_draw_any_number_and_any_word(word, values):
    labels = [f"{word} {place}" for place in range(len(values))]
    charts = [
        show.bars(labels, values, word, word),
        show.panels(labels, {word: values, "b": values}, word),
        show.lines(range(len(values)), {word: values, "b": values}, word, word, word),
        show.lines(None, {word: (range(1, 4), [1, 1, float("inf")])}, log="xy"),
        show.stack({word: {word: 1.0, "b": [0.0, 2.0]}}, word, word),
        show.sizes({word: 10}, word),
        show.masks({word: [[True, False]]}, word, word),
    ]
    for chart in charts:
        html = chart.html()
        assert "<b>" not in html and html.startswith("<figure") and word in chart.text()
        assert "data:image/svg+xml" in html and ("&quot;x&quot;" in html or word != STRANGE)


def test_a_number_below_zero_is_not_hidden_by_a_common_scale():
    axes = show.panels(["a", "b"], {"rise": [-0.01, 0.25]}, most=0.3).figure.axes[0]
    assert axes.get_xlim()[0] < -0.01 and axes.get_xlim()[1] == pytest.approx(0.36)


@pytest.mark.parametrize(
    "chart",
    [
        lambda: show.bars([], []),
        lambda: show.bars(["a"], [1, 2]),
        lambda: show.bars(["a"], ["many"]),
        lambda: show.panels(["a"], {}),
        lambda: show.panels(["a"], {"b": [1, 2]}),
        lambda: show.lines([1, 2], {}),
        lambda: show.lines([1, 2], {"a": [1, 2, 3]}),
        lambda: show.lines([1, 2], {"a": [0, -1]}, log="y"),
        lambda: show.stack({"a": {"b": float("nan")}}),
        lambda: show.stack({"a": {"b": -1.0}}),
        lambda: show.sizes({"a": float("nan")}),
    ],
)
def test_what_cannot_be_drawn_is_said(chart):
    with pytest.raises(CourseError):
        chart()


def test_every_view_has_a_signature_and_a_docstring():
    import inspect

    for name in show.VIEWS:
        view = getattr(show, name)
        assert inspect.getdoc(view) and inspect.signature(view).parameters.keys() - {"self"} or name == "services"
        assert name in dir(show)
    with pytest.raises(AttributeError, match="no view called 'toekns'"):
        show.toekns  # noqa: B018
