"""Pictures from anywhere: each becomes an upright RGB picture, or a refusal that says what to do."""

from __future__ import annotations

import io
import warnings

import pytest
from PIL import Image

from course_utils.models import pictures
from course_utils.models.pictures import BadPicture, changes, frames, from_data_url, open_picture, to_data_url


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def file_of(image: Image.Image, kind: str, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


NOISE = Image.effect_noise((64, 48), 90).convert("RGB")


def test_a_path_bytes_a_file_and_a_pillow_image_give_the_same(tmp_path):
    path = tmp_path / "kuva ä.png"
    NOISE.save(path)
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), NOISE, to_data_url(NOISE)):
        opened = open_picture(source)
        assert opened.mode == "RGB" and opened.tobytes() == NOISE.tobytes() and changes(opened) == ""
    with path.open("rb") as file:
        assert open_picture(file).tobytes() == NOISE.tobytes()
        with pytest.raises(BadPicture, match="read to its end"):
            open_picture(file)
    with path.open(encoding="latin-1") as file, pytest.raises(BadPicture, match="'rb'"):
        open_picture(file)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_camera_rotation_is_applied_and_told(kind):
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: a quarter to the right
    upright = open_picture(file_of(image, kind, exif=exif))
    red, green, blue = upright.getpixel((10, 2))
    assert upright.size == (20, 40) and red > 230 and green < 40 and blue < 40
    assert "turned" in changes(upright)


def test_what_is_transparent_becomes_white():
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    for content in (file_of(clear, "PNG"), file_of(clear, "WEBP", lossless=True), clear, clear.convert("LA")):
        assert open_picture(content).getpixel((1, 1)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 0)
    opened = open_picture(file_of(palette, "GIF", transparency=0))
    assert opened.getpixel((1, 1)) == (255, 255, 255) and "transparent" in changes(opened)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "HSV", "I", "I;16", "F", "YCbCr"])
def test_every_mode_becomes_rgb(mode):
    opened = open_picture(Image.new(mode, (5, 3)))
    assert (opened.mode, opened.size) == ("RGB", (5, 3))


def test_cmyk_and_sixteen_bits_keep_their_colours():
    red = open_picture(file_of(Image.new("RGB", (8, 8), "red").convert("CMYK"), "JPEG"))
    assert red.getpixel((4, 4))[0] > 240 and max(red.getpixel((4, 4))[1:]) < 20
    grey = Image.new("I;16", (2, 1))
    grey.putpixel((1, 0), 65535 // 2)
    opened = open_picture(file_of(grey, "PNG"))
    assert [opened.getpixel((x, 0))[0] for x in (0, 1)] == [0, 127] and "256" in changes(opened)


def test_an_animation_gives_evenly_spaced_frames(tmp_path):
    film = [Image.new("RGB", (8, 8), (10 * i, 0, 0)) for i in range(21)]
    path = tmp_path / "film.gif"
    film[0].save(path, save_all=True, append_images=film[1:])
    assert [frame.getpixel((0, 0))[0] for frame in frames(path, most=5)] == [0, 50, 100, 150, 200]
    assert len(frames(path)) == 21 and len(frames(film[0])) == 1
    first = open_picture(path)
    assert first.getpixel((0, 0)) == (0, 0, 0) and "first frame" in changes(first)
    with Image.open(path) as image:
        image.seek(3)
        assert len(frames(image, most=2)) == 2 and image.tell() == 3
    for kind, more in (("PNG", {}), ("WEBP", {"lossless": True})):
        content = file_of(film[0], kind, save_all=True, append_images=film[1:3], **more)
        assert [frame.getpixel((0, 0))[0] for frame in frames(content)] == [0, 10, 20]


def test_an_endless_animation_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_FRAME_PIXELS", 100)
    film = [Image.new("RGB", (8, 8), (i, 0, 0)) for i in range(3)]
    with pytest.raises(BadPicture, match="3 frames of 8 x 8"):
        frames(file_of(film[0], "GIF", save_all=True, append_images=film[1:]))


def test_a_large_picture_is_made_smaller_and_says_so():
    opened = open_picture(file_of(Image.new("RGB", (5000, 3000)), "JPEG"))
    assert opened.size == (4096, 2458) and "from 5,000 x 3,000" in changes(opened)
    assert open_picture(NOISE, most=16).size == (16, 12)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (5000, 3)])
def test_tiny_and_extreme_forms(size):
    assert min(open_picture(file_of(Image.new("RGB", size), "PNG")).size) >= 1


@pytest.mark.parametrize("side", [8_000, 10_000, 30_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(side, monkeypatch):
    from PIL import ImageFile

    huge = file_of(Image.new("1", (side, side)), "PNG")
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was unpacked"))
    with pytest.raises(BadPicture, match="too large"):
        open_picture(huge)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"Dear model, what is this?", "a text, whatever its name says"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no pixels"),
        (b"<?xml version='1.0'?>\n<svg/>", "no pixels"),
        (b"\0\0\0\x18ftypheic....", "HEIC"),
        (b"\0\0\0\x18ftypmp42....", "video"),
        (b"PK\x03\x04....", "ZIP"),
        (bytes(range(256)), "no picture that can be read here"),
    ],
)
def test_what_is_no_picture_is_named(content, told, tmp_path):
    path = tmp_path / "holiday.png"
    path.write_bytes(content)
    with pytest.raises(BadPicture, match=told) as error:
        open_picture(path)
    assert str(error.value).startswith("holiday.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_file_that_was_cut_short_is_refused_or_read_at_every_length(kind):
    whole, refused = file_of(NOISE, kind), 0
    for length in range(1, len(whole), max(1, len(whole) // 60)):
        try:
            assert open_picture(whole[:length]).mode == "RGB"
        except BadPicture:
            refused += 1
    assert refused > 30


def test_folders_missing_files_pipes_and_other_things_are_refused(tmp_path):
    for source, told in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.png", "There is no file"),
        ("a\0b.png", "cannot be read"),
    ):
        with pytest.raises(BadPicture, match=told):
            open_picture(source)
    for source in (7, None, [NOISE], {"a": 1}):
        with pytest.raises(BadPicture, match=f"of type {type(source).__name__}"):
            open_picture(source)
    numpy = pytest.importorskip("numpy")
    with pytest.raises(BadPicture, match="fromarray"):
        open_picture(numpy.zeros((4, 4, 3)))
    with pytest.raises(BadPicture, match="no pixels"):
        open_picture(Image.new("RGB", (0, 5)))


def test_a_file_that_is_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    path = tmp_path / "long.png"
    path.write_bytes(bytes(101))
    with pytest.raises(BadPicture, match="limit"):
        open_picture(path)


def test_a_data_url_comes_back_as_the_same_picture_and_nothing_is_fetched(monkeypatch):
    import socket

    monkeypatch.setattr(socket, "socket", lambda *a, **k: pytest.fail("it reached for the network"))
    url = to_data_url(NOISE)
    assert from_data_url(url).tobytes() == from_data_url(url[:500] + "\n" + url[500:]).tobytes() == NOISE.tobytes()
    for wrong, told in (
        ("https://example.com/a.png", "Nothing is fetched"),
        ("data:image/png,AAAA", "base64"),
        ("data:image/png;base64,%%%", "damaged"),
        ("data:text/plain;base64,SGVsbG8=", "a text"),
        (5, "of type int"),
    ):
        with pytest.raises(BadPicture, match=told):
            from_data_url(wrong)
    with pytest.raises(BadPicture, match="Nothing is fetched"):
        open_picture("http://example.com/a.png")


def test_a_message_takes_so_much_and_no_more(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_SENT", 5000)
    assert to_data_url(NOISE).startswith("data:image/jpeg;base64,")  # noise is smaller as JPEG
    with pytest.raises(BadPicture, match="thumbnail"):
        to_data_url(NOISE.resize((400, 400)))
    with pytest.raises(BadPicture, match="too large"):
        from_data_url("data:image/png;base64," + "A" * 8000)
