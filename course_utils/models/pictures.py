"""Pictures from anywhere, made safe: a file, bytes or an upload becomes an upright RGB picture, or a clear refusal.
Pillow reads them. Nothing is fetched from the web, and nothing large is unpacked before its size is known."""

import base64
import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from course_utils.base import CourseError

MOST_PIXELS = 50_000_000  # a picture with more is refused before anything of it is unpacked
MOST_BYTES = 50_000_000  # of a file
MOST_SENT = 10_000_000  # bytes of a picture in a message
MOST_SIDE = 1792  # pixels: no PNG of such a picture is longer than MOST_SENT
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


class BadPicture(CourseError):
    """This cannot be shown to a model. The message says why, and what to do."""


def open_picture(source):
    """A picture as the models want it: RGB, upright, neither side longer than 1,792 pixels. `source`: a path, bytes or
    a Pillow image. What a camera noted about its rotation is applied, what is transparent becomes white, of an
    animation the first frame is taken (see `frames` for the others). Raises BadPicture."""
    with _refusing():
        return _plain(_opened(source))


def frames(source, most: int = 5) -> list:
    """Up to `most` frames of an animation (GIF, WebP, PNG), evenly spaced, the first and the last among them. Each as
    `open_picture` gives it. `source`: a path or bytes; a still picture has one frame. Raises BadPicture."""
    with _refusing():
        image = _opened(source)
        total = image.n_frames if image.format in ("GIF", "PNG", "WEBP", "AVIF") else 1
        count = max(1, min(most, total))
        found = []
        for number in sorted({round(i * (total - 1) / max(1, count - 1)) for i in range(count)}):
            image.seek(number)
            found.append(_plain(image.copy()))
    return found


def to_data_url(picture) -> str:
    """A picture as text for a message to a service, `data:image/png;base64,...`; see `open_picture`."""
    return "data:image/png;base64," + base64.b64encode(as_png(open_picture(picture))).decode("ascii")


def as_png(picture) -> bytes:
    """The picture as the bytes of a PNG file, which loses nothing."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def from_data_url(text: str):
    """The picture in a data URL, as `open_picture` gives it. Nothing is fetched from the web. Raises BadPicture."""
    head, _, body = str(text).strip().partition(",")  # a client may send anything
    if not head.lower().startswith("data:"):
        raise BadPicture("A picture in a message is a data URL, data:image/png;base64,... Nothing is fetched.")
    with _refusing():
        content = base64.b64decode(body)
    if len(content) > MOST_SENT:
        raise BadPicture(f"The picture in the message is too large; {MOST_SENT / 1e6:.0f} MB are the limit.")
    return open_picture(content)


def _opened(source):
    """A Pillow image that may be changed: not unpacked yet, and not too large to be."""
    from PIL import Image

    own = isinstance(source, Image.Image)
    image = source if own else Image.open(io.BytesIO(_content(source)), formats=FORMATS)
    if not 0 < image.width * image.height <= MOST_PIXELS:
        size = f"{image.width:,} x {image.height:,} pixels; the limit is {MOST_PIXELS / 1e6:.0f} million"
        raise BadPicture(f"The picture is empty or too large ({size}). Make it smaller in an image program first.")
    return image.copy() if own else image


def _content(source) -> bytes:
    """The bytes of a source."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if not isinstance(source, str | os.PathLike):
        kinds = "a path, bytes or a Pillow image (of an array: Image.fromarray(array))"
        raise BadPicture(f"A picture is {kinds}; this is of type {type(source).__name__}.")
    path = Path(source)
    if not path.is_file():  # a folder, or a device that could be read forever
        raise BadPicture(f"There is no file {source}, seen from {Path.cwd()}. Nothing is fetched from the web.")
    if path.stat().st_size > MOST_BYTES:
        raise BadPicture(f"The file {path.name} is too large; the limit is {MOST_BYTES / 1e6:.0f} MB.")
    return path.read_bytes()


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Makes a refusal of whatever Pillow raises: on damaged files its readers raise almost every kind of error."""
    try:
        with warnings.catch_warnings():  # of what is large or odd but can be read; our own limits come later
            warnings.simplefilter("ignore")
            yield
    except CourseError:
        raise
    except Exception as error:
        raise BadPicture(
            "This is no picture that can be read here, or it is damaged, cut short or too large. What can be read: "
            f"{', '.join(FORMATS)}. Export anything else (a HEIC photo of an iPhone, a PDF, an SVG drawing) as PNG."
        ) from error


def _plain(image):
    """RGB on white, upright, no side longer than MOST_SIDE. Changes `image`."""
    from PIL import Image, ImageOps

    image.draft("RGB", (MOST_SIDE, MOST_SIDE))  # a large JPEG is unpacked smaller at once: less time, less memory
    image.load()
    with contextlib.suppress(Exception):  # a camera's damaged note is no reason to refuse the picture
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode in ("1", "P", "PA"):  # the numbers of a palette's colours cannot be mixed
        image = image.convert("RGBA")
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    if image.mode.startswith(("I", "F")):  # Pillow would cut everything above 255 off
        low, high = (0, 65535) if image.mode.startswith("I;16") else image.getextrema()
        scale = 255 / ((high - low) or 1)
        image = image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.info = {}
    return image
