"""Pictures from anywhere, made safe: a file, bytes or an upload becomes an upright RGB picture, or a clear refusal.

Pillow reads them. Nothing is fetched from the web, and nothing large is unpacked before its size is known.
"""

from __future__ import annotations

import base64
import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.base import CourseError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000  # a picture with more is refused before anything of it is unpacked
MOST_FRAME_PIXELS = 500_000_000  # of all frames of an animation together: some seconds of work
MOST_BYTES = 50_000_000  # of a file
MOST_SENT = 10_000_000  # bytes of a picture in a message
MOST_SIDE, FRAME_SIDE = 4096, 1024  # pixels of a picture, and of a frame: 21 of these take 90 MB
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")


class BadPicture(CourseError):
    """This cannot be shown to a model. The message says why, and what to do."""


def open_picture(source) -> Image:
    """A picture as the models want it: RGB, upright, neither side longer than 4,096 pixels.

    `source`: a path, bytes, an open file or a Pillow image. What a camera noted about its rotation is
    applied, what is transparent becomes white, of an animation the first frame is taken (see `frames` for the others).
    `changes` says which of these happened. Raises BadPicture.
    """
    notes = []
    with _reading(source):
        image = _opened(source)
        if image.format in (*ANIMATED, "TIFF") and getattr(image, "is_animated", False):
            notes.append("the first page of several" if image.format == "TIFF" else "the first frame of an animation")
        picture = _plain(image.copy() if image is source else image, MOST_SIDE, notes)
    picture.info["changes"] = "; ".join(notes)
    return picture


def changes(picture: Image) -> str:
    """What `open_picture` had to do to a picture, in words; empty if nothing."""
    return picture.info.get("changes", "")


def frames(source, most: int = 21) -> list[Image]:
    """Up to `most` frames of an animation (GIF, WebP, PNG), evenly spaced, the first and the last among them.

    RGB, no side longer than 1,024 pixels. `source` as in `open_picture`; a still picture has one frame. Raises
    BadPicture.
    """
    with _reading(source):
        image = _opened(source)
        before = image.tell()
        total = image.n_frames if image.format in ANIMATED else 1
        if total * image.width * image.height > MOST_FRAME_PIXELS:
            size = f"{total:,} frames of {image.width:,} x {image.height:,} pixels"
            raise BadPicture(f"This animation is too large: {size}. Make it smaller, or cut it shorter.")
        count = max(1, min(most, total))
        found = []
        for number in sorted({round(i * (total - 1) / max(1, count - 1)) for i in range(count)}):
            image.seek(number)
            found.append(_plain(image.copy(), FRAME_SIDE, []))
        image.seek(before)
    return found


def to_data_url(picture) -> str:
    """The picture as text for a message to a service, `data:image/png;base64,...`.

    Where PNG would exceed 10 MB it is a JPEG, with no side longer than 2,048 pixels. `picture`: all that `open_picture`
    takes. Raises BadPicture.
    """
    picture = open_picture(picture)
    kind, content = "png", as_png(picture)
    if len(content) > MOST_SENT:
        file = io.BytesIO()
        picture.thumbnail((2048, 2048))
        picture.save(file, "JPEG", quality=90)
        kind, content = "jpeg", file.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def as_png(picture: Image) -> bytes:
    """The picture as the bytes of a PNG file, which loses nothing."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def from_data_url(text: str) -> Image:
    """The picture in a data URL, as `open_picture` gives it. Nothing is fetched from the web. Raises BadPicture."""
    head, _, body = text.strip().partition(",") if isinstance(text, str) else ("", "", "")
    if not head.lower().startswith("data:"):
        raise BadPicture(
            "A picture in a message is a data URL, data:image/png;base64,... Nothing is fetched from the web."
        )
    try:
        content = base64.b64decode(body)
    except ValueError as error:
        raise BadPicture("The picture's base64 text is damaged or cut short. Make it anew with to_data_url.") from error
    if len(content) > MOST_SENT:
        raise BadPicture(f"The picture in the message is too large; {MOST_SENT / 1e6:.0f} MB are the limit.")
    return open_picture(content)


def _opened(source) -> Image:
    """A Pillow image that is not unpacked yet, and not too large to be."""
    from PIL import Image

    image = source
    if not isinstance(source, Image.Image):
        image = Image.open(io.BytesIO(_content(source)), formats=FORMATS)
    if not 0 < image.width * image.height <= MOST_PIXELS:
        raise BadPicture(_out_of_bounds(f"{image.width:,} x {image.height:,} pixels"))
    return image


def _content(source) -> bytes:
    """The bytes of a source."""
    if isinstance(source, str | os.PathLike):
        if not Path(source).is_file():  # a folder, or a device that could be read forever
            raise BadPicture(f"There is no file {source}, seen from {Path.cwd()}. Nothing is fetched from the web.")
        with Path(source).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    elif hasattr(source, "read"):
        content = source.read(MOST_BYTES + 1)
    elif isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
    else:
        raise BadPicture(
            "A picture is a path, bytes, an open file or a Pillow image (of an array: Image.fromarray(array)); this is "
            f"of type {type(source).__name__}."
        )
    if len(content) > MOST_BYTES:
        raise BadPicture(_out_of_bounds(f"more than {MOST_BYTES / 1e6:.0f} MB"))
    return content


def _out_of_bounds(size: str) -> str:
    most = f"{MOST_PIXELS / 1e6:.0f} million pixels and {MOST_BYTES / 1e6:.0f} MB"
    return (
        f"The picture is empty or too large ({size}); the limit is {most}. Make it smaller in an image program first."
    )


@contextmanager
def _reading(source) -> Iterator[None]:
    """Makes refusals of whatever Pillow raises: on damaged files its readers raise almost every kind of error."""
    from PIL import Image, UnidentifiedImageError

    name = Path(source).name if isinstance(source, os.PathLike) else "The picture"
    try:
        with warnings.catch_warnings():  # of what is large or odd but can be read; our own limits come later
            warnings.simplefilter("ignore")
            yield
    except CourseError:
        raise
    except UnidentifiedImageError as error:
        raise BadPicture(
            f"{name} is no picture that can be read here, or it is damaged. What can be read: {', '.join(FORMATS)}. "
            "Export anything else (a HEIC photo of an iPhone, a PDF, an SVG drawing) as PNG."
        ) from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise BadPicture(_out_of_bounds("or it pretends to be")) from error
    except Exception as error:
        raise BadPicture(
            f"{name} cannot be read ({error}): it is damaged or cut short, or was opened without 'rb'. Save it again."
        ) from error


def _plain(image: Image, side: int, notes: list[str]) -> Image:
    """RGB on white, upright, no side longer than `side`. Changes `image`, and notes what was done."""
    from PIL import Image, ImageOps

    size, turned = image.size, _is_turned(image)  # asked now: a TIFF is turned while it is unpacked
    image.draft("RGB", (side, side))  # a large JPEG is unpacked at a smaller size at once: less time, less memory
    image.load()
    if turned:
        ImageOps.exif_transpose(image, in_place=True)
        notes.append("turned as the camera noted")
    if image.mode in ("1", "P", "PA"):  # the numbers of a palette's colours cannot be mixed
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if max(size) > side:
        notes.append(f"made smaller, from {size[0]:,} x {size[1]:,} pixels")
        image.thumbnail((side, side))
    if image.mode.startswith(("I", "F")):  # Pillow would cut everything above 255 off
        notes.append("its many shades of grey made 256")
        low, high = (0, 65535) if image.mode.startswith("I;16") else image.getextrema()
        scale = 255 / ((high - low) or 1)
        image = image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    if image.has_transparency_data:
        notes.append("what is transparent became white")
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.info = {}
    return image


def _is_turned(image: Image) -> bool:
    """True when the camera noted that the picture lies on its side or head, or is mirrored."""
    try:
        return image.getexif().get(0x0112, 1) in range(2, 9)
    except Exception:  # a damaged note is no reason to refuse the picture
        return False
