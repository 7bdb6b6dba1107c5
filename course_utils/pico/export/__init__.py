"""The ONNX form of a course model, built by ONNX Runtime GenAI's own model builder and kept for later."""

import hashlib
import shutil
import time
from contextlib import suppress
from pathlib import Path

from course_utils.base import cache_folder, keep_sizes, whole
from course_utils.pico import SHIPPED, folder
from course_utils.pico.export.builder import BuildFailed, run_builder, run_module

PRECISIONS = ("fp32", "int8", "int4")
SOURCE = "built_from.txt"  # in a built folder: from which checkpoint


def onnx_folder(model: str | Path = "pico-mini", precision: str = "fp32", progress: bool = True, **options) -> Path:
    """The folder with `model` in ONNX form, for `onnxruntime_genai.Model`. The first call builds it from the checkpoint
    (about 5 seconds for a shipped one) and prints one line, with a dot every half second; later calls find it in the
    cache, where it replaces that of an older checkpoint in that place. `model` is a course model's name, or a folder in
    which `save_pretrained` has put a model of yours and its tokenizer. `precision` is "fp32", "int8" or "int4";
    `options` are those of `build`. Raises BuildFailed, or CourseError for a model that the course does not ship."""
    from importlib.metadata import version  # here, as in the next: what `load` imports, a learner waits for

    if precision not in PRECISIONS:
        raise BuildFailed(f"There is no precision {precision!r}. The builder makes: {', '.join(PRECISIONS)}.")
    checkpoint = checkpoint_of(model)
    if is_vision(checkpoint) and precision != "fp32":
        raise BuildFailed("pico-vision has an ONNX form in fp32 only.")
    digest = hashlib.sha256(version("onnxruntime-genai").encode())  # of all that decides what comes out
    for file in sorted(checkpoint.iterdir()):
        if file.suffix in (".safetensors", ".json", ".jinja"):
            digest.update(file.name.encode() + file.read_bytes())
    target = cache_folder() / "onnx" / f"{checkpoint.name}-{precision}-{digest.hexdigest()[:12]}"
    if not whole(target):
        build(checkpoint, target, precision, progress, **options)
    return target


def build(checkpoint: Path, target: Path, precision: str, progress: bool = True, finish=None, **options) -> None:
    """Build the ONNX form of a checkpoint in `target`. `finish` may change the folder that was made; `options`: those
    of `run_builder`. Raises BuildFailed. It is built in a folder of our own, and renamed when it is whole: nobody ever
    sees half a model. Who wants the same one at the same time waits for it."""
    import tempfile

    from filelock import FileLock

    began, lock = time.perf_counter(), target.with_name(f"building-{target.name}.lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if progress:
            print(f"Building the ONNX form of {checkpoint.name}, {precision} (only once) ", end="", flush=True)
        made = tempfile.TemporaryDirectory(prefix="building-", dir=target.parent, ignore_cleanup_errors=True)
        with made, FileLock(lock).acquire(cancel_check=options.get("unwanted")):
            work = Path(made.name)
            if not whole(target):  # else another process has made it just now
                if is_vision(checkpoint):
                    run_module(("course_utils.pico.export.vision_graphs", checkpoint, work), work, progress, **options)
                else:
                    run_builder(checkpoint, work, precision, progress, **options)
                (work / "model" / SOURCE).write_text(str(checkpoint.resolve()), encoding="utf-8")
                if finish:
                    finish(work / "model")
                keep_sizes(work / "model")
                remove(target)  # what is left of a damaged one
                (work / "model").rename(target)
        if progress:
            print(f" done in {time.perf_counter() - began:.1f} s")
        _tidy(target)
    except OSError as error:
        raise BuildFailed(
            f"The ONNX form could not be kept in {target.parent}: {error}. Free some space, or set COURSE_CACHE "
            "to a folder you may write to."
        ) from error


def checkpoint_of(model: str | Path) -> Path:
    """The folder of a course model by its name, or a folder of yours with a model and its tokenizer. Raises BuildFailed
    when there is none in it, or CourseError for a name that is neither."""
    if isinstance(model, str) and (model in SHIPPED or not Path(model).is_dir()):
        return folder(model)
    if not all((Path(model) / name).is_file() for name in ("config.json", "tokenizer.json")):
        raise BuildFailed(f"There is no model in {model}: save one there first, with its tokenizer.")
    return Path(model)


def is_vision(checkpoint: Path) -> bool:
    """Whether a folder holds pico-vision: its ONNX form has three graphs."""
    return '"pico_vision"' in (checkpoint / "config.json").read_text(encoding="utf-8")


def remove(folder: Path) -> None:
    """Remove a folder, if it is there. It is renamed first: if a program still reads in it, Windows refuses that, and
    it stays whole. Raises OSError then."""
    if folder.is_dir():
        shutil.rmtree(folder.rename(folder.with_name(f"building-{folder.name}")), ignore_errors=True)


def _tidy(target: Path) -> None:
    """Remove the forms that `target` replaces, and what builds left that were killed more than an hour ago. Replaced is
    what was built from an older checkpoint in the same place, or from a place that is no more."""
    source = (target / SOURCE).read_text(encoding="utf-8")
    for path in target.parent.glob(target.name.rpartition("-")[0] + "-*"):
        with suppress(OSError):
            built_from = (path / SOURCE).read_text(encoding="utf-8")
            if path != target and (built_from == source or not Path(built_from).is_dir()):
                remove(path)
    for path in target.parent.glob("building-*"):
        with suppress(OSError):  # another process may finish with it just now
            if time.time() - path.stat().st_mtime > 3600:
                shutil.rmtree(path, ignore_errors=True)
