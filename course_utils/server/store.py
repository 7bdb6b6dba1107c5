"""The models that the practice server knows: those of the course, and those that a client has made from them."""

import hashlib
import json
import math
import re
import shutil
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from filelock import FileLock
from safetensors import safe_open
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from course_utils import pico
from course_utils.base import CourseError, cache_folder, data
from course_utils.models import smollm2
from course_utils.pico import export, records
from course_utils.pico.export import gguf_file

from .engine import Loaded
from .problem import Problem

DATA = data(__file__, "data.toml")
LARGEST_BLOB = gguf_file.LARGEST  # bytes
MOST_BLOBS = 256 * 10**6  # bytes of all blobs together
UPLOADS = 8  # at once
UNUSED = 3600.0  # seconds after which a blob goes that no model uses, or sooner, where its room is needed
BUILD_SECONDS = 120.0  # for the ONNX form of a client's model
SMOLLM2 = ("smollm2:135m", "smollm2")  # Ollama's name and the course's: one model, in memory once
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}(/[\w.-]{1,64})?(:[\w.-]{1,64})?")


@dataclass
class Entry:
    """One model: where its checkpoint is, and what a client has added to it."""

    name: str
    base: str  # the name of a course model, or a folder of the store
    system: str = ""
    template: str = ""
    parameters: dict = field(default_factory=dict)
    parent: str = ""
    modified: float = field(default_factory=time.time)

    @property
    def uploaded(self) -> bool:
        """Whether a client has brought its weights."""
        return self.base not in (*pico.SHIPPED, *SMOLLM2)

    @property
    def checkpoint(self) -> Path:
        if self.base in SMOLLM2:
            return smollm2.folder()
        return Path(self.base) / "checkpoint" if self.uploaded else pico.folder(self.base)

    @cached_property
    def facts(self) -> dict:
        """What its files say. "config": of a model that sees, its decoder's. "digest": changes with the weights and
        with what was added. "size": in bytes; of SmolLM2, as "bits", its GGUF file's."""
        config = json.loads((self.checkpoint / "config.json").read_text(encoding="utf-8"))
        weights = self.checkpoint / "model.safetensors"
        with safe_open(weights, "numpy") as tensors:
            parameters = sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
        added = json.dumps([self.system, self.template, self.parameters], sort_keys=True)
        gguf = smollm2.package.DATA["gguf"] if self.base in SMOLLM2 else None
        content = gguf["sha256"].encode() if gguf else weights.read_bytes()
        facts = {"config": config.get("text_config", config), "sees": export.is_vision(self.checkpoint)}
        facts |= {"parameters": parameters, "digest": hashlib.sha256(added.encode() + content).hexdigest()}
        facts |= {"size": weights.stat().st_size, "bits": "F32" if self.uploaded else "F16"}
        facts |= {"license": "MIT", "template": gguf_file.TEMPLATE}
        return facts | ({"size": gguf["size"], **DATA["smollm2"]["facts"]} if gguf else {})


class Store:
    """All models by name, and by base which of them are in memory. Safe to use from several threads.

    Whoever goes through `entries` or `_memory` does so on a copy, and whoever makes or removes a model holds `_making`.
    precision: of SmolLM2's ONNX form, None for the course's own. Raises CourseError.
    """

    def __init__(self, precision: str | None = None):
        self.precision, self.entries = precision or smollm2.MIXED, {}
        if self.precision not in smollm2.PRECISIONS:
            raise CourseError(f"There is no precision {precision!r}. There are: {', '.join(smollm2.PRECISIONS)}.")
        for name in pico.SERVED:
            day = datetime.fromisoformat(records.record(name).date).replace(tzinfo=UTC)  # not when Git wrote the file
            self.entries[name] = Entry(name, name, modified=day.timestamp())
        try:
            made, given = smollm2.folder().stat().st_mtime, smollm2.SAMPLING | DATA["smollm2"]["parameters"]
            system = DATA["smollm2"]["system"]
            self.entries |= {name: Entry(name, "smollm2", system, "", given, modified=made) for name in SMOLLM2}
        except smollm2.NotFetched as error:
            self._lacks = str(error)
        self._memory: dict[str, Loaded] = {}
        self.windows: dict[str, int] = {}  # by base: the length of the context that was last asked for
        self._loading: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._waiting: dict[str, list[Callable[[], bool]]] = defaultdict(list)  # for each client: whether it has left
        self._making, self._closed = threading.Lock(), threading.Event()
        for entry in self.entries.values():
            entry.facts  # noqa: B018 - read now, when nobody waits

    def open(self) -> None:
        """Make the folder for what clients bring, and remove those whose owners were killed: their locks are free."""
        place = cache_folder() / "server"
        place.mkdir(parents=True, exist_ok=True)
        for folder in {path.with_suffix("") for path in place.iterdir()}:  # an owner has the lock before the folder
            with suppress(OSError), FileLock(f"{folder}.lock", timeout=0) as lock:
                shutil.rmtree(folder, ignore_errors=True)
                Path(lock.lock_file).unlink()
        self.folder = place / uuid.uuid4().hex
        self._owner = FileLock(f"{self.folder}.lock", thread_local=False)
        self._owner.acquire()
        self.folder.mkdir()

    def close(self) -> None:
        """End what is being built, and forget everything that clients have made."""
        self._closed.set()
        for lock in list(self._loading.values()):
            if lock.acquire(timeout=1):
                lock.release()
        self._memory.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._owner.release()
        Path(self._owner.lock_file).unlink(missing_ok=True)

    def get(self, name: str) -> Entry:
        """Raises Problem 404."""
        entry = self.entries.get(plain(name))
        if entry is None:
            why = f": {self._lacks}" if plain(name) in SMOLLM2 else ""
            raise Problem(404, f"model '{name}' not found{why}", "model_not_found", "model")
        return entry

    def load(self, entry: Entry, keep: float | None = None, left: Callable[[], bool] = bool) -> tuple[Loaded, float]:
        """The model of an entry in memory, and the seconds that loading took (0 if it was there already).

        keep: seconds for which it stays after its last use; below 0: for ever; None: as it was
        left: whether the client has. When all have that wait for a model, its builder is stopped. Raises CourseError.
        """
        self.drop_expired()
        base, began, took = entry.base, time.perf_counter(), 0.0
        self._waiting[base].append(left)
        try:
            with self._loading[base]:  # others go on asking the models that are loaded
                if (loaded := self._memory.get(base)) is None:
                    loaded = Loaded(self._onnx(entry))
                    took = time.perf_counter() - began
                loaded.used, loaded.keep = time.time(), loaded.keep if keep is None else keep
                self._memory[base] = loaded
        finally:
            self._waiting[base].remove(left)
        if not self._used(base):  # it was deleted meanwhile
            self.unload(base)
        return loaded, took

    def _onnx(self, entry: Entry) -> Path:
        """The folder with the model in ONNX form. That of a client's model lies beside its checkpoint."""

        def unwanted() -> bool:
            return self._closed.is_set() or all(left() for left in list(self._waiting[entry.base]))

        if entry.base in SMOLLM2:
            return smollm2.form(self.precision)
        if not entry.uploaded:
            return export.onnx_folder(entry.base, progress=False, unwanted=unwanted)
        target = Path(entry.base) / "onnx"
        if not target.is_dir():
            export.build(entry.checkpoint, target, "fp32", False, limit=BUILD_SECONDS, unwanted=unwanted)
        return target

    def unload(self, base: str) -> None:
        self._memory.pop(base, None)

    def in_memory(self) -> list[tuple[Entry, float]]:
        """The models that are loaded, and until when each stays, in seconds since 1970."""
        self.drop_expired()
        by_base = {entry.base: entry for entry in reversed(self.entries.values())}
        return [(by_base[base], loaded.until) for base, loaded in list(self._memory.items()) if base in by_base]

    def drop_expired(self) -> None:
        """Let go of the models that nobody writes with, and whose time is over."""
        for base, loaded in list(self._memory.items()):
            if not loaded.users and loaded.until <= time.time():
                self.unload(base)

    def create(self, name: str, source: Entry | str, system: str, template: str, parameters: dict) -> None:
        """A new entry from another one, or from the digest of an uploaded GGUF file. Raises Problem."""
        self.check_name(name)
        with self._making:
            if isinstance(source, Entry):
                source = self.get(source.name)  # it may have gone meanwhile
                system, template = system or source.system, template or source.template
                parameters = source.parameters | parameters
                entry = Entry(plain(name), source.base, system, template, parameters, source.name)
            else:
                entry = Entry(plain(name), str(self._unpacked(source)), system, template, parameters)
            entry.facts  # noqa: B018 - read while the files are there
            old = self.entries.get(entry.name)
            self.entries = self.entries | {entry.name: entry}  # a new one: others may be reading the old one
            self._tidy(old)

    def check_name(self, name: str) -> None:
        """Raise Problem 400 for what is no name, and 403 for that of a course model."""
        if not NAME.fullmatch(name):
            raise Problem(400, f"invalid model name {name!r}")
        if plain(name) in (*pico.SHIPPED, *SMOLLM2):
            raise Problem(403, f"{plain(name)} belongs to the course and stays as it is; give yours another name")

    def delete(self, name: str) -> None:
        """Raises Problem 404, and 403 for a model of the course."""
        self.check_name(name)
        with self._making:
            entry = self.get(name)
            self.entries = {other: e for other, e in self.entries.items() if other != entry.name}
            self._tidy(entry)

    def _tidy(self, entry: Entry | None) -> None:
        """Remove what a client brought for an entry that is gone, from memory and disk, if no other uses it."""
        if entry is not None and entry.uploaded and not self._used(entry.base):
            self.unload(entry.base)
            _remove(Path(entry.base))

    def _used(self, base: str) -> bool:
        return any(entry.base == base for entry in self.entries.values())

    def blob(self, digest: str) -> Path:
        """Where an uploaded file is or would be, and beside it what is made of it. Raises Problem 400."""
        if not (match := DIGEST.fullmatch(digest)):
            raise Problem(400, "invalid digest: sha256: and 64 hexadecimal digits are wanted")
        return self.folder / match.group(1) / "blob"

    async def put_blob(self, digest: str, parts: AsyncIterator[bytes]) -> None:
        """Keep a file, whose parts go to disk as they come, if it is what its name says. Raises Problem."""
        blob, found, size = self.blob(digest), hashlib.sha256(), 0
        arriving = self.folder / f"{uuid.uuid4().hex}.part"
        if len(list(self.folder.glob("*.part"))) >= UPLOADS:
            raise Problem(503, "server busy: too many files arrive at once. Try again in a moment.", retry_after=1)
        try:
            with arriving.open("xb") as file:
                async for part in parts:
                    size += len(part)
                    if size > LARGEST_BLOB:
                        raise Problem(413, f"the file is larger than {LARGEST_BLOB / 1e6:.0f} MB")
                    found.update(part)
                    file.write(part)
            if found.hexdigest() != blob.parent.name:
                raise Problem(400, "digest mismatch: the content has another sha256 than its name says")
            await run_in_threadpool(self._keep, arriving, blob)
        except (OSError, ClientDisconnect) as error:
            raise Problem(507, f"the file could not be kept: {error!r}") from error
        finally:
            arriving.unlink(missing_ok=True)

    def _keep(self, arriving: Path, blob: Path) -> None:
        """Give an upload its name. Raises Problem 507 where the files that models use leave no room."""
        with self._making:
            others = {file: file.stat() for file in self.folder.glob("*/blob") if file != blob}
            size = arriving.stat().st_size + sum(stat.st_size for stat in others.values())
            for file, stat in sorted(others.items(), key=lambda item: item[1].st_mtime):
                late = size > MOST_BLOBS or stat.st_mtime < time.time() - UNUSED
                if late and not self._used(str(file.parent)):
                    _remove(file.parent)
                    size -= stat.st_size
            if size > MOST_BLOBS:
                raise Problem(507, f"with this file there would be more than {MOST_BLOBS / 1e6:.0f} MB here")
            blob.parent.mkdir(exist_ok=True)
            arriving.replace(blob)

    def _unpacked(self, digest: str) -> Path:
        """The folder of an uploaded GGUF file, with its checkpoint beside it. Raises Problem 400."""
        blob = self.blob(digest)
        checkpoint = blob.with_name("checkpoint")
        if not blob.is_file():
            raise Problem(400, f"the file {digest} has not been uploaded to /api/blobs yet")
        if not checkpoint.is_dir():
            try:
                gguf_file.read(blob, checkpoint)
            except Exception as error:  # the libraries raise what they like on a file that lies
                shutil.rmtree(checkpoint, ignore_errors=True)
                raise Problem(400, str(error)) from error
        return blob.parent


def _remove(folder: Path) -> None:
    """Remove a folder whole, or leave it whole, as on Windows while a program reads in it."""
    with suppress(OSError):
        shutil.rmtree(folder.rename(folder.with_name(uuid.uuid4().hex)), ignore_errors=True)


def plain(name: str) -> str:
    """A name without the tag `:latest`."""
    return name.removesuffix(":latest")
