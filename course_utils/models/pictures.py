"""Pictures from anywhere, made safe: a file, bytes or an upload becomes an upright RGB picture, or a clear refusal.

Nothing is fetched from the web, and nothing large is unpacked before its size is known.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from course_utils.base import CourseError

MOST_PIXELS = 50_000_000  # a picture with more is refused before anything of it is unpacked
MOST_FRAME_PIXELS = 500_000_000  # of all frames of an animation together: some seconds of work
MOST_BYTES = 50_000_000  # of a file
MOST_SENT = 10_000_000  # bytes of a picture in a message
FRAME_SIDE = 1024  # pixels: 21 frames of this size take 90 MB
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
# How a file begins that is none of these (where the sign stands, the sign), what it is, and what to do.
OTHERS = (
    (0, b"%PDF", "a PDF, not a picture. Save a screenshot of the page as PNG"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document. Take the picture out of it, and save it as PNG"),
    (4, b"ftyphei", "a HEIC picture, as iPhones make them. Export it as JPEG or PNG (opened in Photos, for example)"),
    (4, b"ftyphev", "a HEIC picture, as iPhones make them. Export it as JPEG or PNG (opened in Photos, for example)"),
    (4, b"ftypm", "a HEIC picture or a video. Export one picture as JPEG or PNG"),
    (4, b"ftyp", "a video or a picture of a rare kind. Export one picture as JPEG or PNG"),
    (0, b"\x1aE\xdf\xa3", "a video. Export one picture of it as PNG"),
)
MARKS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")  # how our formats begin


class BadPicture(CourseError):
    """This cannot be shown to a model. The message says why, and what to do."""


def open_picture(source, most: int = 4096):
    """A picture as the models want it: RGB, upright, neither side longer than `most` pixels. Returns a Pillow image.

    `source`: a path, bytes, an open file, a data URL or a Pillow image. What a camera noted about its rotation is
    applied, what is transparent becomes white, of an animation the first frame is taken (see `frames` for the others).
    `changes` says which of these happened. Raises BadPicture.
    """
    image, name = _opened(source)
    with _reading(name):
        notes = [_first_of(image)]
        if image is source:
            image = image.copy()
        image, more = _plain(image, most)
    image.info["changes"] = "; ".join(note for note in [*notes, *more] if note)
    return image


def changes(picture) -> str:
    """What `open_picture` had to do to a picture, in words; empty if nothing."""
    return picture.info.get("changes", "")


def frames(source, most: int = 21) -> list:
    """Up to `most` frames of an animation (GIF, WebP, PNG), evenly spaced, the first and the last among them.

    RGB, no side longer than 1,024 pixels. A still picture has one frame. Raises BadPicture.
    """
    image, name = _opened(source)
    found = []
    with _reading(name):
        before = image.tell()
        total = image.n_frames if getattr(image, "format", None) in ANIMATED else 1
        if total * image.width * image.height > MOST_FRAME_PIXELS:
            raise BadPicture(
                f"{name} has {total:,} frames of {image.width:,} x {image.height:,} pixels, which is too much here. "
                "Make it smaller, or cut it shorter."
            )
        count = max(1, min(most, total))
        for number in sorted({round(i * (total - 1) / max(1, count - 1)) for i in range(count)}):
            image.seek(number)
            found.append(_plain(image.copy(), FRAME_SIDE)[0])
        if image is source:
            image.seek(before)
    return found


def to_data_url(picture) -> str:
    """The picture as text for a message to a service, `data:image/png;base64,...`; as JPEG if PNG exceeds 10 MB.

    `picture`: all that `open_picture` takes. Raises BadPicture.
    """
    picture = open_picture(picture)
    for kind, options in (("png", {}), ("jpeg", {"quality": 90})):
        file = io.BytesIO()
        picture.save(file, kind, **options)
        if file.tell() <= MOST_SENT:
            return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
    raise BadPicture(
        f"The picture has {file.tell() / 1e6:.0f} MB even as JPEG; a message takes {MOST_SENT / 1e6:.0f} MB. Make it "
        "smaller with picture.thumbnail((1024, 1024))."
    )


def as_png(picture) -> bytes:
    """The picture (of Pillow) as the bytes of a PNG file, which loses nothing."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def from_data_url(text: str):
    """The picture in a data URL, as `open_picture` gives it. Nothing is fetched from the web. Raises BadPicture."""
    if not isinstance(text, str):
        raise BadPicture(f"A data URL is a text, data:image/png;base64,...; this is of type {type(text).__name__}.")
    return open_picture(_sent(text))


# ---- from a source to a Pillow image that is not unpacked yet


def _opened(source):
    """(Pillow image, what to call it in a message). The image is not unpacked, and not too large to be."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(source, Image.Image):
        image, name = source, "The picture"
    else:
        content, name = _content(source)
        with _reading(name):
            try:
                image = Image.open(io.BytesIO(content), formats=FORMATS)
            except UnidentifiedImageError as error:
                raise BadPicture(f"{name} is {_kind(content)}.") from error
    if image.width * image.height > MOST_PIXELS:
        raise BadPicture(_too_large(name, f"{image.width:,} x {image.height:,} pixels"))
    if image.width * image.height == 0:
        raise BadPicture(f"{name} has no pixels: it is {image.width} wide and {image.height} high.")
    return image, name


def _content(source) -> tuple[bytes, str]:
    """(the bytes of a source, what to call it in a message)."""
    if isinstance(source, str) and source.lstrip()[:5].lower() in ("data:", "http:", "https"):
        content, name = _sent(source), "The picture"
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        content, name = _read(path), path.name
    elif hasattr(source, "read"):
        name = "The file"
        try:
            content = source.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise BadPicture(f"The open file cannot be read: {error}. Open it anew, with open(path, 'rb').") from error
        if isinstance(content, str):
            raise BadPicture("The file was opened as text. Open it as bytes, with open(path, 'rb'), or give its path.")
        if not content:
            raise BadPicture("The open file is empty, or was read to its end before. Open it anew, or give its path.")
    elif isinstance(source, bytes | bytearray | memoryview):
        content, name = bytes(source), "The picture"
    else:
        array = ", made of an array by PIL.Image.fromarray" if hasattr(source, "__array__") else ""
        raise BadPicture(
            "A picture is a path, bytes, an open file or a Pillow image"
            f"{array}; this is of type {type(source).__name__}."
        )
    if not content:
        raise BadPicture(f"{name} is empty: it has no bytes. Save or download the picture again.")
    if len(content) > MOST_BYTES:
        raise BadPicture(_too_large(name, f"more than {MOST_BYTES / 1e6:.0f} MB"))
    return content, name


def _read(path: Path) -> bytes:
    """The content of a file; of a large one just enough to see that it is too large."""
    try:
        if path.is_dir():
            raise BadPicture(f"{path} is a folder. Name one picture in it.")
        if path.exists() and not path.is_file():  # a pipe or a device could be read forever
            raise BadPicture(f"{path} is not a file.")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise BadPicture(f"There is no file {path}. Check its name, and the folder: {Path.cwd()}.") from error
    except (OSError, ValueError) as error:
        raise BadPicture(f"{_short(str(path))} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _sent(text: str) -> bytes:
    """The content of a data URL."""
    head, comma, body = text.strip().partition(",")
    if head[:5].lower() != "data:":
        raise BadPicture(
            f"Nothing is fetched from the web here, and {_short(text)} is no picture by itself. Save the picture as a "
            "file, and open that; to_data_url makes a data URL of it."
        )
    if not comma or not head.lower().endswith(";base64"):
        raise BadPicture("A picture in a data URL is written in base64: data:image/png;base64,... This one is not.")
    if len(body) > 1.4 * MOST_SENT:
        raise BadPicture(f"The picture in the message is too large; {MOST_SENT / 1e6:.0f} MB are the limit.")
    try:
        content = base64.b64decode("".join(unquote(body).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPicture("The picture's base64 text is damaged or cut short. Make it anew with to_data_url.") from error
    if len(content) > MOST_SENT:
        raise BadPicture(f"The picture in the message is too large; {MOST_SENT / 1e6:.0f} MB are the limit.")
    return content


def _kind(content: bytes) -> str:
    """What this is that is no picture we read, and what to do."""
    for place, sign, words in OTHERS:
        if content[place:].startswith(sign):
            return words
    if content.startswith(MARKS):
        return "damaged or cut short. Save or download it again"
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page, not a picture. On that page, save the picture itself (right click, Save image as)"
    if b"<svg" in start:
        return "an SVG drawing, which has no pixels. Export it as PNG"
    try:
        words = content[:40].decode("utf-8", errors="strict" if len(content) <= 40 else "ignore")
        if words.isprintable() or "\n" in words and "\0" not in words:
            return f"a text, whatever its name says: it begins with {_short(words)}. Give the picture itself"
    except UnicodeDecodeError:
        pass
    return f"no picture that can be read here ({', '.join(FORMATS)}). Save it as PNG"


def _too_large(name: str, size: str) -> str:
    return (
        f"{name} is too large, {size}. The limit is {MOST_PIXELS / 1e6:.0f} million pixels and "
        f"{MOST_BYTES / 1e6:.0f} MB. Make it smaller in an image program first."
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:60] + "…")


@contextmanager
def _reading(name: str):
    """Makes refusals of whatever Pillow raises: on damaged files its readers raise almost every kind of error."""
    from PIL import Image

    try:
        with warnings.catch_warnings():  # of what is large or odd but can be read; our own limits come later
            warnings.simplefilter("ignore")
            yield
    except CourseError:
        raise
    except Image.DecompressionBombError as error:
        raise BadPicture(_too_large(name, "or pretends to be")) from error
    except MemoryError as error:
        raise BadPicture(f"There is not enough free memory to unpack {name}. Make it smaller first.") from error
    except Exception as error:
        raise BadPicture(f"{name} is damaged or cut short ({error}). Save or download it again.") from error


# ---- from a Pillow image to an upright RGB picture


def _first_of(image) -> str:
    """A note for what has more than one picture. (The second one in a phone's JPEG is none to look at.)"""
    if getattr(image, "format", None) in (*ANIMATED, "TIFF") and getattr(image, "is_animated", False):
        return "the first page of several" if image.format == "TIFF" else "the first frame of an animation"
    return ""


def _plain(image, most: int):
    """(RGB on white, upright, no side longer than `most`; notes of what was done). Changes `image`."""
    from PIL import Image, ImageOps

    size, notes, turned = image.size, [], _turned(image)  # asked now: a TIFF is turned while it is unpacked
    image.draft("RGB", (most, most))  # a large JPEG is unpacked at a smaller size at once: less time, less memory
    image.load()
    if turned:
        ImageOps.exif_transpose(image, in_place=True)
        notes.append("turned as the camera noted")
    if image.mode in ("1", "P", "PA"):  # the numbers of a palette's colours cannot be mixed
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if max(size) > most:
        notes.append(f"made smaller, from {size[0]:,} x {size[1]:,} pixels")
        image.thumbnail((most, most))
    if image.mode.startswith(("I", "F")):
        notes.append("its many shades of grey made 256")
        image = _grey(image)
    if image.has_transparency_data:
        notes.append("what is transparent became white")
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.info = {}
    return image, notes


def _turned(image) -> bool:
    """True when the camera noted that the picture lies on its side or head, or is mirrored."""
    try:
        return image.getexif().get(0x0112, 1) in range(2, 9)
    except Exception:  # a damaged note is no reason to refuse the picture
        return False


def _grey(image):
    """16 or 32 bits of grey as 8. 16 bits have a fixed range; the others get theirs from the darkest and brightest."""
    import numpy
    from PIL import Image

    values = numpy.nan_to_num(numpy.asarray(image).astype(numpy.float32))
    low, high = (0, 65535) if image.mode.startswith("I;16") else (values.min(), values.max())
    return Image.fromarray(((values - low) * (255 / ((high - low) or 1))).round().astype(numpy.uint8))
