"""`python -m course_utils pack`: the course, its packages and models, for laptops without a network.

The packages are those that are installed here, as wheels for each system and Python that is asked for. On the laptop
`lab` finds them in the folder `wheels` (setup/installer.py), and the models too (setup/fetching.py).
"""

import argparse
import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils.base import ROOT, CourseError, data
from course_utils.setup import fetching, installer, machine, minilm, smollm2

SYSTEMS = data(__file__, "pack.json", translated=False)  # platform tags, markers, and megabytes of wheels as measured
START = Path(__file__).with_name("START.txt")


def requirements(system: str, python: str, lines: list[str]) -> list[str]:
    """These requirements and all that they need on a system and Python, in the versions that are installed here.

    pip itself would judge by this computer which packages another system needs.
    """
    there = SYSTEMS[system]["markers"] | {"python_version": python, "python_full_version": f"{python}.20"}
    waiting, found = [Requirement(line) for line in lines if line and line[0] not in "#-"], {}
    for wanted in waiting:  # it grows on the way
        name, extras = canonicalize_name(wanted.name), ("", *sorted(wanted.extras))
        if (name, extras) in found or (wanted.marker and not wanted.marker.evaluate(there)):
            continue
        try:
            here = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # needed only there, such as colorama on Windows
            found[name, extras] = f"{name}{wanted.specifier}"
            continue
        found[name, extras] = f"{name}=={here.version.partition('+')[0]}" + SYSTEMS[system]["torch"] * (name == "torch")
        for one in map(Requirement, here.requires or ()):
            if not one.marker or any(one.marker.evaluate({**there, "extra": extra}) for extra in extras):
                one.marker = None
                waiting.append(one)
    return sorted(set(found.values()))


def download(system: str, python: str, folder: Path) -> None:
    """Bring the wheels of a system and Python to `folder`/wheels; what lies there is kept. Raises CourseError."""
    installer.say(f"Fetching the packages for {system}, Python {python}.")
    packages = requirements(system, python, (folder / "requirements.txt").read_text(encoding="utf-8").splitlines())
    target = [f"--platform={tag}" for tag in SYSTEMS[system]["tags"]] + ["--implementation=cp", "--no-deps"]
    target += [f"--python-version={python}.20", "--only-binary=:all:"]  # some packages refuse an early 3.11
    if any(line.startswith("torch==") for line in packages):
        target += installer.torch_index(other=SYSTEMS[system]["markers"]["platform_system"])
    command = [sys.executable, "-I", "-m", "pip", "download", "--progress-bar=off", "--dest", str(folder / "wheels")]
    done = subprocess.run([*command, *target, *packages], capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        lines = f"{done.stdout}\n{done.stderr}".splitlines()
        errors = "\n".join([line[:300] for line in lines if line.startswith("ERROR")][-2:])
        raise CourseError(f"The packages for {system}, Python {python}: {installer.explain(lines) or ''}\n{errors}")


def copy_course(folder: Path, root: Path) -> None:
    """Put the course there: as it was last committed, or, without Git, all but what .gitignore names."""
    archive = folder / "course.tar"
    command = ["git", "-C", str(root), "archive", "--format=tar", f"--output={archive}", "HEAD"]
    if (root / ".git").exists() and shutil.which("git") and not subprocess.run(command, capture_output=True).returncode:
        shutil.unpack_archive(archive, folder)
    else:
        lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
        ignored = [line.strip("/") for line in lines if line and line[0] != "#"]
        shutil.copytree(root, folder, ignore=shutil.ignore_patterns(".git", folder.name, *ignored), dirs_exist_ok=True)
    archive.unlink(missing_ok=True)


def pack(target: Path, systems: list[str], pythons: list[str], models: bool = True, root: Path = ROOT) -> dict:
    """Make the pack: a folder, or one file if the target ends in .zip. Raises CourseError."""
    zipped, folder = target.suffix == ".zip", target.resolve()
    folder = folder.with_suffix("") if zipped else folder
    if folder.is_dir() and any(folder.iterdir()) and not (folder / START.name).exists():
        raise CourseError(f"{folder} holds something else. Name a new folder, or a file that ends in .zip.")
    fitting = [f"3.{minor}" for minor in range(machine.OLDEST, machine.NEWEST + 1)]
    if others := set(pythons) - set(fitting):
        raise CourseError(f"The course runs on Python {', '.join(fitting)}; not on {', '.join(sorted(others))}.")
    parts = [data(smollm2.__file__, "smollm2.json"), data(minilm.__file__, "minilm.json")] if models else []
    size = sum(SYSTEMS[system]["megabytes"] * 1e6 for system in systems) * len(pythons) + 60e6
    size = (size + sum(part["wheel"]["size"] for part in parts)) * (1 + zipped)
    installer.say(
        f"The pack needs up to {machine.in_gb(size)} of disk; {machine.in_gb(machine.free_disk(folder))} are free."
    )
    if machine.free_disk(folder) < size:
        raise CourseError(f"The disk of {folder} is too full. Free some space, or name a folder on another disk.")
    try:
        (folder / "wheels").mkdir(parents=True, exist_ok=True)
        shutil.copy(START, folder)
        copy_course(folder, root)
        for system, python in [(system, python) for system in systems for python in pythons]:
            download(system, python, folder)
        for part in parts:
            place = folder / "wheels" / part["url"].rpartition("/")[2]
            if not place.exists():
                installer.say(f"Fetching {part['name']}: {part['wheel']['size'] / 1e6:.0f} MB.")
                found = fetching.wheel_of(part, place.parent)
                found.replace(place) if found.parent == place.parent else shutil.copy(found, place)
        packages = len(list((folder / "wheels").iterdir()))
        files = [file for file in folder.rglob("*") if file.is_file()]
        if zipped:
            files = [Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))]
            shutil.rmtree(folder)
    except OSError as error:
        raise CourseError(f"The pack cannot be made in {folder}: {error}") from None
    made = str(files[0] if zipped else folder)
    return {"file": made, "packages": packages, "bytes": sum(file.stat().st_size for file in files)}


def main(arguments: list[str]) -> int:
    """The command. The exit status is 0 when the pack was made."""
    here = next(
        (name for name, one in SYSTEMS.items() if one["markers"]["platform_system"] == platform.system()), "linux"
    )
    about = "Make an archive of the course, its packages and models, that installs without a network."
    parser = argparse.ArgumentParser("python -m course_utils pack", description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    words = "a folder, such as that of a stick, or a file that ends in .zip (course-pack.zip)"
    parser.add_argument("target", type=Path, nargs="?", default="course-pack.zip", metavar="FOLDER", help=words)
    parser.add_argument(
        "--for", nargs="+", dest="systems", choices=SYSTEMS, default=[here], help="the laptops' systems"
    )
    python, words = ".".join(platform.python_version_tuple()[:2]), "the laptops' Pythons, such as 3.12 3.13"
    parser.add_argument("--python", nargs="+", metavar="VERSION", default=[python], help=words)
    parser.add_argument("--without", choices=["smollm2"], help="leave SmolLM2 and MiniLM out")
    options = parser.parse_args(arguments)
    try:
        result = pack(Path(options.target), options.systems, options.python, not options.without)
        words = f"Made {result['file']}: {result['bytes'] / 1e6:.0f} MB."
    except CourseError as error:
        result = {"error": words} if (words := str(error)) else {}
    print(json.dumps(result) if options.json else words)
    return int("error" in result)
