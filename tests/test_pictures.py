"""Pictures from anywhere: each becomes an upright RGB picture, or a refusal that says what to do."""

from __future__ import annotations

import io
import random
import warnings

import pytest
from PIL import Image

from course_utils.models import pictures
from course_utils.models.pictures import BadPicture, frames, from_data_url, open_picture, to_data_url


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
FILM = [Image.new("RGB", (8, 8), (10 * i, 0, 0)) for i in range(21)]


def test_a_path_bytes_and_a_pillow_image_give_the_same(tmp_path):
    path = tmp_path / "kuva ä.png"
    NOISE.save(path)
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), NOISE):
        opened = open_picture(source)
        assert opened.mode == "RGB" and opened.tobytes() == NOISE.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_camera_rotation_is_applied(kind):
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: a quarter to the right
    upright = open_picture(file_of(image, kind, exif=exif))
    red, green, blue = upright.getpixel((10, 2))
    assert upright.size == (20, 40) and red > 230 and green < 40 and blue < 40


def test_a_damaged_note_of_the_camera_is_no_reason_to_refuse():
    assert open_picture(file_of(NOISE, "JPEG", exif=b"Exif\0\0this is no note")).size == NOISE.size


def test_what_is_transparent_becomes_white():
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    for content in (file_of(clear, "PNG"), file_of(clear, "WEBP", lossless=True), clear, clear.convert("LA")):
        assert open_picture(content).getpixel((1, 1)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 0)
    opened = open_picture(file_of(palette, "GIF", transparency=0))
    assert opened.getpixel((1, 1)) == (255, 255, 255)
    assert clear.getpixel((1, 1)) == (255, 0, 0, 0)  # one's own picture stays as it was


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "HSV", "I", "I;16", "I;16B", "F", "YCbCr"])
def test_every_mode_becomes_rgb(mode):
    opened = open_picture(Image.new(mode, (5, 3)))
    assert (opened.mode, opened.size) == ("RGB", (5, 3))


def test_cmyk_and_many_shades_keep_their_colours():
    red = open_picture(file_of(Image.new("RGB", (8, 8), "red").convert("CMYK"), "JPEG"))
    assert red.getpixel((4, 4))[0] > 240 and max(red.getpixel((4, 4))[1:]) < 20
    grey = Image.new("I;16", (2, 1))
    grey.putpixel((1, 0), 65535 // 2)
    opened = open_picture(file_of(grey, "PNG"))  # 16 bits have a fixed range
    assert [opened.getpixel((x, 0))[0] for x in (0, 1)] == [0, 127]
    depth = Image.new("F", (3, 1))
    for x, value in enumerate((-2.0, 0.0, 2.0)):  # other numbers get theirs from the darkest and the brightest
        depth.putpixel((x, 0), value)
    assert [open_picture(depth).getpixel((x, 0))[0] for x in range(3)] == [0, 127, 255]


def test_an_animation_gives_evenly_spaced_frames(tmp_path):
    path = tmp_path / "film.gif"
    FILM[0].save(path, save_all=True, append_images=FILM[1:])
    assert [frame.getpixel((0, 0))[0] for frame in frames(path, most=5)] == [0, 50, 100, 150, 200]
    assert len(frames(path, most=99)) == 21 and len(frames(FILM[0])) == 1
    first = open_picture(path)
    assert first.getpixel((0, 0)) == (0, 0, 0)
    for kind, more in (("PNG", {}), ("WEBP", {"lossless": True})):
        content = file_of(FILM[0], kind, save_all=True, append_images=FILM[1:3], **more)
        assert [frame.getpixel((0, 0))[0] for frame in frames(content)] == [0, 10, 20]


def test_a_large_picture_is_made_smaller():
    opened = open_picture(file_of(Image.new("RGB", (5000, 3000)), "JPEG"))
    assert opened.size == (1792, 1075)
    (frame,) = frames(file_of(Image.new("RGB", (5000, 3000)), "PNG"))
    assert frame.size == (1792, 1075)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (5000, 3)])
def test_tiny_and_extreme_forms(size):
    assert min(open_picture(file_of(Image.new("RGB", size), "PNG")).size) >= 1


@pytest.mark.parametrize("side", [8_000, 30_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(side, monkeypatch):
    from PIL import ImageFile

    huge = file_of(Image.new("1", (side, side)), "PNG")
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was unpacked"))
    with pytest.raises(BadPicture, match="too large"):
        open_picture(huge)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Dear model, what is this?",
        b"%PDF-1.7 ...",
        b"<?xml version='1.0'?>\n<svg/>",
        b"\0\0\0\x18ftypheic....",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(content, tmp_path):
    path = tmp_path / "holiday.png"
    path.write_bytes(content)
    with pytest.raises(BadPicture, match=r"^This is no picture .* HEIC .* as PNG\.$"):
        open_picture(path)


def is_refused(content: bytes) -> bool:
    """Whether the course refuses it. What is opened must be whole, and nothing but BadPicture may come out."""
    try:
        assert open_picture(content).mode == "RGB" and frames(content)[0].mode == "RGB"
    except BadPicture as error:
        assert len(str(error)) > 40
        return True
    return False


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_file_that_was_cut_short_is_refused_or_read_at_every_length(kind):
    whole = file_of(NOISE, kind)
    lengths = range(1, len(whole), max(1, len(whole) // 60))
    assert sum(is_refused(whole[:length]) for length in lengths) > 30


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_damaged_files_let_nothing_out_but_refusals(kind):
    rng, refused, small = random.Random(kind), 0, NOISE.resize((16, 12))
    film = {"save_all": True, "append_images": [small.rotate(90)]} if kind in ("GIF", "PNG", "WEBP", "TIFF") else {}
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = file_of(small, kind, **film, **({} if kind in ("GIF", "BMP") else {"exif": exif.tobytes()}))
    for _ in range(120):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 3, 20))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        refused += is_refused(bytes(content))
    assert 0 < refused < 120


def test_folders_missing_files_and_other_things_are_refused(tmp_path):
    for source in (tmp_path, tmp_path / "none.png", "a\0b.png"):
        with pytest.raises(BadPicture, match="There is no file"):
            open_picture(source)
    for source in (7, None, [NOISE], {"a": 1}):
        with pytest.raises(BadPicture, match=f"of type {type(source).__name__}"):
            open_picture(source)
    numpy = pytest.importorskip("numpy")
    with pytest.raises(BadPicture, match="fromarray"):
        open_picture(numpy.zeros((4, 4, 3)))
    with pytest.raises(BadPicture, match="empty"):
        open_picture(Image.new("RGB", (0, 5)))


def test_a_file_that_is_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    path = tmp_path / "long.png"
    path.write_bytes(bytes(101))
    with pytest.raises(BadPicture, match="limit"):
        open_picture(path)


def test_a_data_url_comes_back_as_the_same_picture_and_nothing_is_fetched(monkeypatch, tmp_path):
    import socket

    monkeypatch.setattr(socket, "socket", lambda *a, **k: pytest.fail("it reached for the network"))
    url = to_data_url(NOISE)
    assert from_data_url(url).tobytes() == from_data_url(url[:500] + "\n" + url[500:]).tobytes() == NOISE.tobytes()
    NOISE.save(tmp_path / "mine.png")
    for wrong, told in (
        ("https://example.com/a.png", "Nothing is fetched"),
        (str(tmp_path / "mine.png"), "Nothing is fetched"),  # a client of the server may not read our files
        ("data:image/png;base64,AAA", "damaged"),
        ("data:text/plain;base64,SGVsbG8=", "no picture"),
        (None, "data:image"),
    ):
        with pytest.raises(BadPicture, match=told):
            from_data_url(wrong)
    with pytest.raises(BadPicture, match="fetched from the web"):
        open_picture("http://example.com/a.png")


def test_a_message_takes_so_much_and_no_more():
    noise = Image.effect_noise((2000, 2000), 200)
    largest = Image.merge("RGB", [noise, noise.rotate(90), noise.rotate(180)])
    assert len(from_data_url(to_data_url(largest)).tobytes()) == 1792 * 1792 * 3
    with pytest.raises(BadPicture, match="too large"):
        from_data_url("data:image/png;base64," + "A" * 14_000_000)
