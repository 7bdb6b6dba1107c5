"""What this learner has tried and got right, in one small file on this machine.

The file is `my_progress.json` beside the course (the environment variable COURSE_PROGRESS names another
place). It holds the ids of exercises and quiz questions, how often each was tried and missed, and whether
the last answer was right; and under `claims`, what was measured, what was guessed, and the day. No answers, no
names, no accounts. Nothing leaves the machine. `progress.forget()` deletes it.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from ..language import word
from ..show.view import publish
from .note import Note

CLAIMS = "claims"  # the key of the measurements in the file; no id of an exercise looks like it
_complained = False  # a file that cannot be read or written is mentioned once, not at every check


def path() -> Path:
    """Where the progress file is, or would be."""
    named = os.environ.get("COURSE_PROGRESS")
    return Path(named).expanduser() if named else Path(__file__).parents[2] / "my_progress.json"


def load() -> dict[str, dict]:
    """All attempts, `{id: {"tries": int, "misses": int, "right": bool}}`. A damaged file is set aside."""
    return {id: one for id, one in (_read() or {}).items() if id != CLAIMS}


def claims() -> dict[str, dict]:
    """All measurements, `{claim: {"measured": …, "unit": str, "guess": …, "date": "2026-11-28"}}`.

    A value is a number or a short text; a guess may be None.
    """
    return (_read() or {}).get(CLAIMS, {})


def _read() -> dict[str, dict] | None:
    """The records, or None where there is a file that cannot be opened: it may be whole, so let it be."""
    file = path()
    try:
        records = json.loads(file.read_text(encoding="utf-8"))
        if _valid(records):
            return records
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        _complain("read", error)
        return None
    except (ValueError, RecursionError):
        pass
    _set_aside(file)
    return {}


def record(id: str, right: bool) -> None:
    """Note one attempt at an exercise or question."""
    with _alone():
        records = _read()
        if records is None:
            return
        one = records.setdefault(id, {"tries": 0, "misses": 0, "right": False})
        one["tries"] += 1
        one["misses"] += not right
        one["right"] = bool(right)
        _write(records)


def measured(claim: str, value: float | str, unit: str = "", guess: float | str | None = None) -> None:
    """Note what was measured for a claim. Measured again without a guess, the one made before stays beside it."""
    with _alone():
        records = _read()
        if records is None:
            return
        known = records.setdefault(CLAIMS, {})
        if guess is None:
            guess = known.get(claim, {}).get("guess")
        known[claim] = {"measured": value, "unit": unit, "guess": guess, "date": date.today().isoformat()}
        _write(records)


def forget() -> None:
    """Delete the progress file, and the copy of a damaged one."""
    found = False
    for file in (path(), _backup(path())):
        try:
            file.unlink()
            found = True
        except FileNotFoundError:
            pass
        except OSError as error:
            publish(Note("fault", "Not forgotten", f"`{file.name}` could not be deleted: {error.strerror}."))
            return
    body = "Your progress file is deleted." if found else "There was no progress file."
    publish(Note("info", "Forgotten", body))


def summary() -> None:
    """Show, for each notebook, how many exercises and quiz questions were answered right."""
    publish(Note("info", "Your progress", summary_text()))


def summary_text() -> str:
    """The summary as plain text, one line a notebook."""
    notebooks: dict[str, list[dict]] = {}
    for id, one in sorted(load().items()):
        notebooks.setdefault(id.partition(".")[0], []).append(one)
    if not notebooks:
        return "Nothing tried yet."
    lines = []
    for notebook, ones in notebooks.items():
        right = sum(one["right"] for one in ones)
        tries = sum(one["tries"] for one in ones)
        attempts = "1 attempt" if tries == 1 else f"{tries} attempts"
        lines.append(f"Notebook {notebook}: {right} of {len(ones)} tried are right, {attempts}.")
    return "\n".join([*lines, f"Kept in `{path().name}` on this machine; `progress.forget()` deletes it."])


def _valid(records) -> bool:
    if not isinstance(records, dict) or not isinstance(records.get(CLAIMS, {}), dict):
        return False
    attempts = [one for id, one in records.items() if id != CLAIMS]
    return all(
        isinstance(one, dict)
        and isinstance(one.get("right"), bool)
        and all(type(one.get(key)) is int and one[key] >= 0 for key in ("tries", "misses"))
        for one in attempts
    ) and all(
        isinstance(one, dict)
        and type(one.get("measured")) in (int, float, str)
        and type(one.get("guess")) in (int, float, str, type(None))
        and all(isinstance(one.get(key), str) for key in ("unit", "date"))
        for one in records.get(CLAIMS, {}).values()
    )


def _backup(file: Path) -> Path:
    return file.with_name(file.name + ".bak")


def _set_aside(file: Path) -> None:
    try:
        file.replace(_backup(file))
        where = f"It is kept as `{_backup(file).name}`; a new one is started."
    except OSError:
        where = "A new one is started."
    publish(Note("info", "Progress", f"`{file.name}` could not be read. {where}"))


def _complain(verb: str, error: OSError) -> None:
    global _complained
    if not _complained:
        _complained = True
        body = f"`{path().name}` could not be {word(verb)} ({error.strerror}). The course goes on without it."
        publish(Note("info", "Progress", body))


@contextmanager
def _alone(patience: float = 2.0) -> Iterator[None]:
    """Keep two open notebooks from overwriting each other's records: whoever makes this file may write.

    One that is older than `patience` (seconds) was left by a kernel that died, and goes.
    """
    lock, began, mine = path().with_name(path().name + ".lock"), time.monotonic(), False
    try:
        while not mine and time.monotonic() - began < patience:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                mine = True
            except FileExistsError:
                with suppress(FileNotFoundError):
                    if time.time() - lock.stat().st_mtime > patience:
                        lock.unlink()
                time.sleep(0.01)
    except OSError:  # no place to write: `_write` says so
        pass
    try:
        yield
    finally:
        if mine:
            with suppress(OSError):
                lock.unlink()


def _write(records: dict) -> None:
    """Write beside the file, then swap: an interruption leaves the old file whole."""
    file = path()
    spare = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=file.name, suffix=".new", delete=False
        ) as handle:
            spare = Path(handle.name)
            json.dump(records, handle, indent=1, sort_keys=True)
        os.replace(spare, file)
    except OSError as error:
        if spare is not None:
            spare.unlink(missing_ok=True)
        _complain("written", error)
