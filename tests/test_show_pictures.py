"""Pictures as a learner looks at them, and the sheet to draw on: what is shown, what is said, what the model sees."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter

import numpy
import pytest
from PIL import Image

from course_utils import CourseError, show
from course_utils.models.pictures import BadPicture, from_data_url
from course_utils.pico.textbook.drawings import COLOURS as PAINTS
from course_utils.show.drawing_board import COLOURS


def commonest(picture, question):
    """The colour that most of the sheet is drawn in, measured: a model that sees no more than this."""
    counted = Counter(pixel for pixel in picture.get_flattened_data() if pixel != (255, 255, 255))
    names = {paint: name for name, paint in PAINTS.items()}
    return "mostly " + (names[counted.most_common(1)[0][0]] if counted else "white")


def wait_until(done, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# ---- the sheet


def test_the_model_sees_what_was_drawn():
    board = show.drawing(commonest)
    assert board.ask() == "mostly white"
    board.shape("square", "red", (168, 168), 60)
    board.stroke("blue", [(20, 20), (300, 20)], width=10)
    picture = board.picture
    assert (picture.mode, picture.size) == ("RGB", (336, 336))
    assert [picture.getpixel(at) for at in ((168, 168), (160, 20))] == [PAINTS["red"], PAINTS["blue"]]
    assert picture.getpixel((160, 27)) == (255, 255, 255) and picture.getpixel((168, 222)) == (255, 255, 255)
    assert board.ask("Which colour?") == "mostly red"
    assert "a red square at (168, 168)" in str(board) and "The model: mostly red" in str(board)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("shape", ["circle", "square", "triangle"])
def test_each_shape_in_each_colour(shape, colour):
    board = show.drawing(commonest)
    board.shape(shape, colour, (100, 200), 50)
    painted = numpy.asarray(board.picture) != 255
    rows, columns = numpy.nonzero(painted.any(axis=2))
    assert abs(columns.mean() - 100) < 3 and abs(rows.mean() - 200) < 20
    assert 80 <= numpy.ptp(columns) <= 104 and board.picture.getpixel((100, 200)) == PAINTS[colour]


def test_undo_takes_back_one_step_after_the_other_also_clear_and_open():
    board = show.drawing(commonest)
    board.stroke("green", [(50, 50)], width=30)  # a dot
    dot = board.picture.tobytes()
    board.open(Image.new("RGB", (100, 50), "red"))
    opened = board.picture
    assert opened.getpixel((168, 168)) == (255, 0, 0) and opened.getpixel((168, 20)) == (255, 255, 255)
    board.clear()
    assert board.described() == [] and board.picture.getcolors() == [(336 * 336, (255, 255, 255))]
    board.undo()
    assert board.picture.tobytes() == opened.tobytes()
    board.undo()
    assert board.picture.tobytes() == dot and board.described() == ["a green dot at (50, 50)"]
    board.undo()
    board.undo()
    assert board.described() == []


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (lambda board: board.shape("heart", "red", (1, 1)), "circle, square, triangle"),
        (lambda board: board.shape("circle", "mauve", (1, 1)), "red, green, blue"),
        (lambda board: board.shape("circle", "red", 5), "pairs of numbers"),
        (lambda board: board.shape("circle", "red", (1, 1), size=-3), "above 0|from 1"),
        (lambda board: board.stroke("red", []), "one at least"),
        (lambda board: board.stroke("red", [(float("nan"), 1)]), "not far from the sheet"),
        (lambda board: board.stroke("red", [(1, 2, 3)]), "pairs of numbers"),
        (lambda board: board.stroke("red", [(1, 2)], width="wide"), "number of pixels"),
        (lambda board: board.open("nowhere.png"), "There is no file"),
        (lambda board: board.open(b"some words"), "no picture"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_the_sheet_stays(step, told):
    board = show.drawing(commonest)
    board.shape("circle", "blue", (168, 168))
    before = board.picture.tobytes()
    with pytest.raises(BadPicture, match=told):
        step(board)
    assert board.picture.tobytes() == before


def test_ask_returns_a_text(capsys):
    assert show.drawing(lambda picture, question: "a cat").ask() == "a cat"
    assert capsys.readouterr().out == "a cat\n"
    with pytest.raises(CourseError, match="must return a text"):
        show.drawing(lambda picture, question: None).ask()
    with pytest.raises(CourseError, match="function"):
        show.drawing("pico-vision")


def test_the_sheet_as_html_is_the_picture_with_its_description():
    board = show.drawing(lambda picture, question: "<b>bold</b>")
    board.shape("circle", "red", (30, 40))
    board.ask("<i>?")
    html = board.html()
    assert 'alt="On the sheet: a red circle at (30, 40)."' in html
    assert "<b>bold" not in html and "<i>?" not in html
    assert from_data_url(re.search('src="(.*?)"', html)[1]).tobytes() == board.picture.tobytes()


# ---- its widget, without a browser: the events that a browser would send


@pytest.fixture
def widgets():
    pytest.importorskip("ipycanvas")


def test_the_mouse_draws_and_the_canvas_shows_the_same_picture(widgets, monkeypatch):
    board = show.drawing(commonest)
    board.widget()
    shown = []
    monkeypatch.setattr(board.canvas, "put_image_data", lambda pixels, x, y: shown.append(pixels))
    event = board.canvas._handle_frontend_event
    for name, x, y in (("mouse_down", 20, 20), ("mouse_move", 200, 20), ("mouse_up", 200, 20), ("mouse_move", 9, 300)):
        event(None, {"event": name, "x": x, "y": y}, [])
    board.colour.value = "yellow"
    board.tool.value = "circle"
    event(None, {"event": "mouse_down", "x": 168, "y": 168}, [])
    event(None, {"event": "mouse_up", "x": 168, "y": 168}, [])
    assert board.described() == ["a red line from (20, 20) to (200, 20)", "a yellow circle at (168, 168)"]
    assert (shown[-1][..., :3] == numpy.asarray(board.picture)).all()
    assert "a yellow circle at (168, 168)" in board.shown.value
    board.tool.value = "pen"
    for name, touches in (("touch_start", [{"x": 5, "y": 5}]), ("touch_move", [{"x": 9, "y": 60}]), ("touch_end", [])):
        event(None, {"event": name, "touches": touches}, [])
    assert board.described()[-1] == "a yellow line from (5, 5) to (9, 60)"


def test_the_ask_button_answers_and_an_error_loses_nothing(widgets):
    def moody(picture, question):
        if "fail" in question:
            raise CourseError("The model is asleep. Wake it.")
        if "break" in question:
            raise ZeroDivisionError("division by zero")
        return commonest(picture, question)

    board = show.drawing(moody, "Which?")
    board.widget()
    board.shape("square", "purple", (168, 168))
    for question, told in (
        ("", "mostly purple"),
        ("fail", "The model is asleep. Wake it."),
        ("break", "ZeroDivisionError: division by zero"),
    ):
        board.line.value = question
        board.send.click()
        wait_until(lambda: not board.busy.locked() and not board.send.disabled)
        assert told in board.said.value
    assert [asked for asked, _ in board.answers] == ["Which?"]
    assert board.described() == ["a purple square at (168, 168)"]


def test_one_question_at_a_time(widgets):
    go_on = threading.Event()
    board = show.drawing(lambda picture, question: "late" if go_on.wait(20) else "never")
    board.widget()
    board.send.click()
    wait_until(lambda: "…" in board.said.value)
    assert board.send.disabled
    with pytest.raises(CourseError, match="still answering"):
        board.ask()
    go_on.set()
    wait_until(lambda: not board.busy.locked() and not board.send.disabled)
    assert board.answers == [("What is in the picture?", "late")] and "late" in board.said.value


def test_an_upload_is_opened_or_refused_in_words(widgets, tmp_path):
    board = show.drawing(commonest)
    board.widget()
    Image.new("RGB", (40, 30), "green").save(tmp_path / "g.png")
    for name, content in (("g.png", (tmp_path / "g.png").read_bytes()), ("n.png", b"some words")):
        board.upload({"new": ({"name": name, "content": memoryview(content)},)})
    assert "n.png was not opened." in board.note and board.described() == ["a picture of 40 x 30 pixels"]


# ---- rows, patches, weights


def test_pictures_stand_in_a_row_with_alt_text_and_a_text_twin():
    row = show.pictures([Image.new("RGB", (20, 10)), Image.new("L", (300, 300))], captions=["A <small> one", "Grey"])
    assert str(row) == "[A <small> one: 20 x 10 pixels]\n[Grey: 300 x 300 pixels]"
    html = row.html()
    assert html.count("<img") == 2 and 'alt="A &lt;small&gt; one"' in html
    for wrong, captions in (([], None), ([Image.new("RGB", (2, 2))], ["a", "b"])):
        with pytest.raises(CourseError):
            show.pictures(wrong, captions)


@pytest.mark.parametrize(("size", "count"), [(14, 24), (28, 12)])
def test_patches_are_counted_and_drawn(size, count):
    row = show.patches(Image.new("RGB", (336, 336), "white"), size)
    assert f"{count} x {count} = {count * count} patches" in str(row)
    line = numpy.asarray(row.pictures[1].convert("L"))[size, :]  # through the middle of the first row of patches
    dark = (line < line.max() - 20).nonzero()[0]
    assert len(dark) == count + 1 and set(numpy.diff(dark)) == {2 * size}
    with pytest.raises(CourseError, match="14, or 28"):
        show.patches(Image.new("RGB", (10, 10)), 15)


def test_where_a_model_looks_is_told_in_numbers():
    weights = numpy.full((12, 12), 0.001)
    weights[3, 7] = 0.5
    plot = show.look(Image.new("RGB", (500, 400), "white"), weights, "At the word cat")
    assert "1. row 4, column 8: 50 %" in str(plot) and "At the word cat" in plot.alt
    assert "All 144 places together: 64.3 %" in plot.numbers and len(plot.numbers.splitlines()) == 4 + 1 + 12
    assert 'alt="At the word cat' in plot.html()
    for wrong, told in (
        (numpy.ones(144), "reshape"),
        (-weights, "negative"),
        ("cat", "numbers"),
        (weights * numpy.nan, "infinite or none"),
    ):
        with pytest.raises(CourseError, match=told):
            show.look(Image.new("RGB", (9, 9)), wrong)


def test_a_page_that_is_loaded_anew_gets_the_sheet_again(widgets, monkeypatch):
    board = show.drawing(commonest)
    board.widget()
    sent = []
    monkeypatch.setattr(board.canvas._canvas_manager, "_send_custom", lambda *parts: sent.append(parts[0]))
    board.canvas._handle_frontend_event(None, {"event": "client_ready"}, [])
    from ipycanvas.canvas import COMMANDS

    assert [command[0] for command in sent] == [COMMANDS["switchCanvas"], COMMANDS["putImageData"]]
