"""The models that the practice server knows: those of the course, and those that a client has made from them."""

import hashlib
import json
import math
import re
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from safetensors import safe_open

from course_utils import pico
from course_utils.base import data
from course_utils.models import smollm2
from course_utils.pico import export, records
from course_utils.pico.export import gguf_file

from .batch import Loaded
from .problem import Problem

DATA = data(__file__, "data.toml")
LARGEST_BLOB = 64 * 10**6  # bytes
MOST_BLOBS = 256 * 10**6  # bytes of all blobs together
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
        return Path(self.base) if self.uploaded else pico.folder(self.base)

    @cached_property
    def facts(self) -> dict:
        """What its files say: "config" (of a model that sees: of its decoder), "sees", "size" in bytes, "parameters".

        "digest": 64 letters that change with the weights and what was added. Of SmolLM2, size and bits are its GGUF's.
        """
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

    Whoever goes through `entries` or `_memory` does so on a copy, and whoever makes or removes files holds `_making`.
    """

    def __init__(self):
        self.entries: dict[str, Entry] = {}
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
        self._loading: dict[str, threading.Lock] = {}
        self._making = threading.Lock()
        self._temporary = tempfile.TemporaryDirectory(prefix="course-server-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)  # the system's: it tidies up after a server that is killed

    def close(self) -> None:
        """Forget everything that clients have made."""
        self._memory.clear()
        self._temporary.cleanup()

    def get(self, name: str) -> Entry:
        """Raises Problem 404."""
        entry = self.entries.get(plain(name))
        if entry is None:
            why = f": {self._lacks}" if plain(name) in SMOLLM2 else ""
            raise Problem(404, f"model '{name}' not found{why}", "model_not_found", "model")
        return entry

    def load(self, entry: Entry, keep: float | None = None) -> tuple[Loaded, float]:
        """The model of an entry in memory, and the seconds that loading took (0 if it was there already).

        `keep`: seconds for which it stays after its last use; below 0: for ever; None: as it was. Raises CourseError.
        """
        self.drop_expired()
        with self._loading.setdefault(entry.base, threading.Lock()):  # others go on asking the models that are loaded
            loaded, took = self._memory.get(entry.base), 0.0
            if loaded is None:
                began = time.perf_counter()
                loaded = Loaded(_onnx(entry))
                took = time.perf_counter() - began
            loaded.used = time.time()
            loaded.keep = loaded.keep if keep is None else keep
            self._memory[entry.base] = loaded
        return loaded, took

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
        """Remove the uploaded weights of an entry that is gone, from memory and disk, if no other has them."""
        if entry is None or not entry.uploaded or any(e.base == entry.base for e in self.entries.values()):
            return
        self.unload(entry.base)
        self._loading.pop(entry.base, None)
        shutil.rmtree(entry.checkpoint, ignore_errors=True)
        self.blob(entry.checkpoint.name).unlink(missing_ok=True)

    def blob(self, digest: str) -> Path:
        """Where a blob is or would be kept. Raises Problem 400 for what is no sha256 digest."""
        match = DIGEST.fullmatch(digest)
        if not match:
            raise Problem(400, "invalid digest: sha256: and 64 hexadecimal digits are wanted")
        return self.folder / f"{match.group(1)}.blob"

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a blob, if it is what its name says and there is room. Raises Problem."""
        file = self.blob(digest)
        if hashlib.sha256(content).hexdigest() != file.stem:
            raise Problem(400, "digest mismatch: the content has another sha256 than its name says")
        with self._making:
            kept = sum(blob.stat().st_size for blob in self.folder.glob("*.blob") if blob != file)
            if kept + len(content) > MOST_BLOBS:
                text = f"there are {kept / 1e6:.0f} MB of files here, and no more than {MOST_BLOBS / 1e6:.0f} fit"
                raise Problem(507, text)
            try:
                file.write_bytes(content)
            except OSError as error:
                raise Problem(507, f"the file could not be kept: {error.strerror}") from error

    def _unpacked(self, digest: str) -> Path:
        """The checkpoint folder that holds what is in an uploaded GGUF file. It is named as the blob's digest."""
        blob = self.blob(digest)
        folder = self.folder / f"sha256-{blob.stem}"
        if not blob.is_file():
            raise Problem(400, f"the file {digest} has not been uploaded to /api/blobs yet")
        if not folder.is_dir():
            try:
                gguf_file.read(blob, folder)
            except Exception as error:  # the libraries raise what they like on a file that lies
                shutil.rmtree(folder, ignore_errors=True)
                raise Problem(400, str(error)) from error
        return folder


def plain(name: str) -> str:
    """A name without the tag `:latest`."""
    return name.removesuffix(":latest")


def _onnx(entry: Entry) -> Path:
    """The folder with the model in ONNX form. That of a client's model lies in its checkpoint, and goes with it."""
    if not entry.uploaded:
        return smollm2.form() if entry.base in SMOLLM2 else export.onnx_folder(entry.base, progress=False)
    target = entry.checkpoint / "onnx"
    if not target.is_dir():
        export.build(entry.checkpoint, target, "fp32", progress=False, limit=BUILD_SECONDS)
    return target
