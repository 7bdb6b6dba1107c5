"""pico-vision: its picture book, its layout, its two engines, and its scores."""

from __future__ import annotations

import io
import json
import os
import random

import measure_sure
import numpy
import picture_book
import pytest
import torch
from PIL import Image

from course_utils import load
from course_utils.base import CourseError
from course_utils.models.chat import BadPrompt, PromptTooLong
from course_utils.models.pictures import BadPicture, open_picture
from course_utils.pico import VISION, folder, records, vision
from course_utils.pico.export import BuildFailed, onnx_folder
from course_utils.pico.textbook import drawings

PICTURES = int(os.environ.get("COURSE_VISION_PICTURES", 24))  # for the agreement of the engines; 200 takes ten minutes


@pytest.fixture(scope="module")
def seen():
    """The model in PyTorch, and its tokenizer."""
    return vision.load(folder(VISION))


@pytest.fixture(scope="module")
def onnx():
    return load(VISION, runtime="onnx")


def sample(skill: str, seed: int = 0) -> picture_book.Sample:
    return picture_book.draw(random.Random(f"test/{skill}/{seed}"), "test", skill)


# the picture book


@pytest.mark.parametrize("skill", picture_book.SKILLS)
def test_the_same_seed_draws_the_same_pictures_and_questions(skill):
    one, two = sample(skill), sample(skill)
    assert one.questions == two.questions
    for first, second in zip(one.pages, two.pages, strict=True):
        assert first.picture.size == (336, 336) and first.picture.tobytes() == second.picture.tobytes()


def test_the_examination_asks_for_what_is_held_out():
    held = [(s, c) for s in drawings.SHAPES for c in drawings.COLOURS if picture_book.held_pair(s, c)]
    assert len(held) == 7
    rng = random.Random(2)
    for _ in range(60):
        first = picture_book.draw(rng, "test", "colour").pages[0].things[0]
        assert (first.shape, first.colour) in held
        assert picture_book.held_text(picture_book.draw(rng, "test", "read").questions[0].answer)
        drawn = picture_book.draw(rng, "test", "count")
        first = drawn.pages[0].things[0]
        number = sum(thing.shape == first.shape for thing in drawn.pages[0].things)
        assert picture_book.held_group(number, first.shape, first.colour)
        assert drawn.questions[0].answer == f"{number}."


def test_the_pictures_that_notebook_07_shows_are_the_first_of_the_book():
    rng = random.Random(7)
    for skill in ("colour", "count", "read", "chart", "table", "scene"):
        drawn, (picture, question) = picture_book.draw(rng, "test", skill), drawings.held_out(skill)
        assert (drawn.questions[0].text, drawn.questions[0].answer) == (question.text, question.answer)
        assert drawn.pages[0].picture.tobytes() == picture.tobytes()


def test_the_book_has_no_pages_for_training():
    with pytest.raises(CourseError, match="examination alone"):
        picture_book.draw(random.Random(1), "train", "colour")


# the layout


def test_a_square_picture_takes_2509_tokens_and_a_glance_156(seen):
    model, tokenizer = seen
    picture = sample("colour").pages[0].picture
    words = len(tokenizer.encode("<|user|>\n")) + len(tokenizer.encode("\nWhat?"))
    prompt = "<|user|>\n<|image_1|>\nWhat?"
    assert model.embed(prompt, [picture], tokenizer).shape[1] - words == 48 * 49 + 1 + 12 * 13 == 2509
    assert model.embed(prompt, [picture], tokenizer, most=0).shape[1] - words == 12 * 13


@pytest.mark.parametrize("size", [(336, 336), (500, 300), (300, 500), (1000, 90), (90, 1000), (1, 1), (333, 1000)])
def test_our_crops_are_those_of_the_library(onnx, size):
    from course_utils.models.onnx_model import genai
    from course_utils.models.pictures import as_png

    picture = sample("chart").pages[0].picture.resize(size)
    images = genai().Images.open_bytes(as_png(picture))
    theirs = onnx.processor("<|user|>\n<|image_1|>\n", images=images)["pixel_values"].as_numpy()[0]
    ours, (high, wide) = vision.crops(picture)
    assert numpy.allclose(theirs[: 1 + high * wide], ours.numpy(), atol=1e-6) and not theirs[1 + high * wide :].any()


def test_neighbours_are_merged_and_rows_get_their_ends(seen):
    patches = torch.arange(576.0).view(1, 576, 1)
    places = vision.merge(patches)
    assert places[0, 0, 0].tolist() == [0, 1, 24, 25] and places[0, 1, 0].tolist() == [48, 49, 72, 73]
    rows = seen[0].with_row_ends(torch.zeros(2, 3, 192))
    assert rows.shape == (8, 192) and torch.equal(rows[3], seen[0].row_end) and not rows[4].any()


def test_tags_and_pictures_have_to_match(seen):
    with pytest.raises(ValueError, match=r"given: 1; .* <\|image_2\|>\. Name each"):
        vision.pieces("<|image_2|>", 1)
    model, picture = load(VISION, runtime="transformers", most=0), sample("colour").pages[0].picture
    with pytest.raises(BadPrompt, match=r"<\|image_1\|>, <\|image_2\|>\. Name each picture once"):
        model.chat("<|image_1|> and <|image_2|>: what has changed?", pictures=[picture])
    with pytest.raises(BadPrompt, match="reads text only"):
        load("pico-mini").chat("What is it?", pictures=[picture])
    with pytest.raises(PromptTooLong):
        load(VISION, runtime="transformers").chat("What?", pictures=[picture] * 4)
    with pytest.raises(BuildFailed):
        onnx_folder(VISION, "int4")


# pictures of anybody


def sideways(picture: Image.Image) -> Image.Image:
    """The picture as a camera that was turned stores it, with its note."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.rotate(90, expand=True).save(file, "PNG", exif=exif)
    return Image.open(io.BytesIO(file.getvalue()))


def disguised(picture: Image.Image) -> dict[str, Image.Image]:
    """The same picture in forms that `convert("RGB")` alone would spoil."""
    clear = Image.new("RGBA", picture.size)
    clear.paste(picture, mask=picture.convert("L").point(lambda shade: 255 * (shade < 255)))
    grey = picture.convert("L").convert("I").point(lambda shade: 257 * shade).convert("I;16")
    return {"turned": sideways(picture), "transparent": clear, "16 bits": grey}


@pytest.mark.parametrize("form", ["turned", "transparent", "16 bits"])
@pytest.mark.parametrize("runtime", ["transformers", "onnx"])
def test_both_engines_see_a_picture_upright_on_white_and_whole(runtime, form, request):
    model = request.getfixturevalue("onnx") if runtime == "onnx" else load(VISION, runtime=runtime, most=0)
    page = picture_book.Page()
    page.text(90, 120, "kala", 80, "black")
    picture = disguised(page.picture)[form]
    assert model.chat("What does it say?", pictures=[picture], max_new_tokens=12).text == "kala"


def test_our_own_crops_refuse_what_they_would_spoil(seen):
    model, tokenizer = seen
    page = sample("colour").pages[0].picture
    for picture in [*disguised(page).values(), Image.new("RGB", (0, 0))]:
        with pytest.raises(ValueError, match="open_picture"):
            model.embed("<|image_1|>", [picture], tokenizer)
    assert vision.crops(open_picture(sideways(page)), most=0)[0].shape == (1, 3, 336, 336)


@pytest.mark.parametrize("most", [0, 1, 2, 4, 16])
def test_extreme_forms_are_read_and_empty_ones_refused(most):
    model = load(VISION, runtime="transformers", most=most)
    for size in ((1, 6000), (6000, 1), (1, 1)):
        assert model.chat("What?", pictures=[Image.new("RGB", size)], max_new_tokens=2).completion_tokens
        assert vision.crops(Image.new("RGB", size), most)[0].shape[1:] == (3, 336, 336)
    with pytest.raises(BadPicture, match="empty"):
        model.chat("What?", pictures=[Image.new("RGB", (0, 0))])


def test_onnx_reads_extreme_forms_too(onnx):
    for size in ((1, 6000), (6000, 1)):
        assert onnx.chat("What?", pictures=[Image.new("RGB", size)], max_new_tokens=2).completion_tokens
    with pytest.raises(BadPicture, match="empty"):
        onnx.chat("What?", pictures=[Image.new("RGB", (0, 0))])


def test_tags_in_any_order_mean_the_same_in_both_engines(onnx):
    pages = []
    for colour in ("red", "blue"):
        page = drawings.Page()
        page.thing(drawings.Thing("circle", colour, x=168, y=168, size=60))
        pages.append(page.picture)
    told = {}
    for tags in ("<|image_1|>\n<|image_2|>", "<|image_2|>\n<|image_1|>"):
        for model in (onnx, load(VISION, runtime="transformers")):
            said = model.chat(f"{tags}\nWhat has changed?", pictures=pages, max_new_tokens=24).text
            told.setdefault(tags, set()).add(said)
    assert [len(said) for said in told.values()] == [1, 1] and len(set.union(*told.values())) == 2, told


# the engines


def test_both_engines_give_the_same_answers(onnx):
    torch_model, same = load(VISION, runtime="transformers"), 0
    skills = [skill for skill in picture_book.SKILLS if skill != "difference"]
    for i in range(PICTURES):
        drawn = sample(skills[i % len(skills)], i)
        question, pictures = drawn.questions[0].text, [page.picture for page in drawn.pages]
        answers = {engine.chat(question, pictures=pictures, max_new_tokens=24).text for engine in (onnx, torch_model)}
        same += len(answers) == 1
    print(f"the same answer to {same} of {PICTURES}")
    assert same >= 0.98 * PICTURES - 1


def test_a_picture_is_read_once_and_the_wait_for_it_is_told(onnx, record_property):
    picture = sample("colour").pages[0].picture
    replies = [onnx.chat("What do you see?", pictures=[picture]) for _ in range(3)]
    assert {reply.prompt_tokens for reply in replies} == {2509 + 12}  # the picture, and the question with its marks
    record_property("seconds_to_first_token", min(reply.seconds_to_first_token for reply in replies))


def test_sampling_seeds_and_text_alone_work_too(onnx):
    picture = sample("describe").pages[0].picture
    for model in (onnx, load(VISION, runtime="transformers", most=0)):
        how = {"pictures": [picture], "temperature": 1.0, "seed": 4}
        assert model.chat("What do you see?", **how).text == model.chat("What do you see?", **how).text
        assert model.chat("hello").text


# the scores


def test_the_weights_are_small():
    assert (folder(VISION) / "model.safetensors").stat().st_size < 12_000_000


def test_how_sure_it_is_was_measured_with_this_model(seen):
    """Notebook 07 draws `vision_sure.json`: 40 of each chapter, and the first of some again."""
    known = json.loads(measure_sure.RESULTS.read_text(encoding="utf-8"))
    assert set(known["rows"]) == set(picture_book.SKILLS) and {len(rows) for rows in known["rows"].values()} == {40}
    for skill in ("colour", "read", "difference"):
        for (probability, right), listed in zip(
            measure_sure.chapter(*seen, skill, 2), known["rows"][skill], strict=False
        ):
            assert probability == pytest.approx(listed[0], abs=0.01) and right == listed[1], skill


def test_a_short_examination_finds_the_scores_of_the_card():
    """The whole answer, letter by letter, with the whole picture only, as the card's first column says."""
    samples, exam, scores = 20, records.scores(VISION)["scores"], {}
    model = load(VISION, runtime="transformers", most=0)
    for skill in picture_book.SKILLS:
        rng, right = random.Random(f"3/{skill}"), 0
        for _ in range(samples):
            drawn = picture_book.draw(rng, "test", skill)
            question, pictures = drawn.questions[0], [page.picture for page in drawn.pages]
            right += model.chat(question.text, pictures=pictures, max_new_tokens=60).text == question.answer
        scores[skill] = right / samples
    print({skill: f"{score:.0%}" for skill, score in scores.items()})
    for skill, score in exam.items():
        spread = (score * (1 - score) / samples) ** 0.5
        assert scores[skill] > score - 3.5 * spread - 0.05, skill
