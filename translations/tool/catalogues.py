"""The catalogues of a language, `translations/<language>/*.po`, kept by Babel, and how they follow the English."""

import datetime
import io
import tomllib

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from course_utils.base import CourseError
from course_utils.language import FOLDER

from . import units

HEAD = {"project": "small-language-models-course", "version": "1.0", "fuzzy": False}
HEAD |= {"header_comment": "# The guide is translations/README.md.", "msgid_bugs_address": "", "last_translator": ""}


def languages() -> list[str]:
    """The languages that have a folder with a `language.toml`."""
    return sorted(file.parent.name for file in FOLDER.glob("*/language.toml"))


def about(language: str) -> dict:
    """`language.toml`: locale, direction, whether it is complete, and if not, its catalogues. Raises CourseError."""
    if language not in languages():
        raise CourseError(f"There is no translations/{language}/language.toml, only for: {', '.join(languages())}.")
    return tomllib.loads((FOLDER / language / "language.toml").read_text(encoding="utf-8"))


def read(language: str) -> dict[str, Catalog]:
    """The catalogues of a language by name. Raises CourseError for a file that is none."""
    found = {}
    for file in sorted((FOLDER / language).glob("*.po")):
        try:
            with file.open("rb") as opened:
                found[file.stem] = read_po(opened, abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise CourseError(f"{file.relative_to(FOLDER.parent)} is no catalogue: {error}") from None
    return found


def wanted(language: str) -> dict[str, list[units.Unit]]:
    """What a language translates: everything, or the catalogues that it names."""
    names = about(language).get("catalogues") or units.everything()
    return {name: found for name, found in units.everything().items() if name in names}


def update(language: str) -> list[str]:
    """Bring the catalogues up to the English; a text that changed keeps its translation, marked as fuzzy."""
    old, said = read(language), []
    for name, found in wanted(language).items():
        english = Catalog()
        for unit in found:
            english.add(unit.text, context=unit.place or None, auto_comments=["code"] if unit.code else [])
        catalogue = old.get(name) or Catalog(language, **HEAD, revision_date=datetime.datetime.now(datetime.UTC))
        catalogue.update(english, update_creation_date=False)
        for message in catalogue:
            message.flags -= {"python-format", "python-brace-format"}  # Babel's guess, at each "% r" and "{x}" of prose
            if message.id and message.previous_id and str(message.previous_id[0]).split() == message.id.split():
                message.flags.discard("fuzzy")  # white space alone
        text = io.BytesIO()
        write_po(text, catalogue, width=110, include_previous=True, ignore_obsolete=True)
        (FOLDER / language / f"{name}.po").write_bytes(text.getvalue())
        states = [state(message) for message in catalogue if message.id]
        said.append(f"{name}: {len(states)} texts, {states.count('stale')} stale, {states.count('missing')} missing")
    return said


def state(entry: Message | None) -> str:
    """ "translated", "stale" (the English has changed since) or "missing"."""
    return "missing" if entry is None or not entry.string else "stale" if entry.fuzzy else "translated"
