"""Looks this computer over for the course, and names for each fault the line that mends it.

The standard library is enough: it works before anything is installed, and on Pythons that are too old.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from course_utils.setup import environment, fetching, installer, machine, minilm, smollm2

ROOM = machine.GB  # of disk, with everything installed: for models that are built, and notebooks
MEMORY = 1.5 * machine.GB  # for a notebook with its model, JupyterLab and a browser tab
LAB = "python -m course_utils lab"
KEYS = ("OPENAI_API_KEY", "NVIDIA_API_KEY", "AZURE_OPENAI_API_KEY", "HF_TOKEN", "OPENROUTER_API_KEY")


def examine() -> dict:
    """What this computer has, for people and JSON; `faults` lists what is wrong, `ok` says if nothing is.

    The packages of the tests are listed, too, but no learner needs them: they are no fault.
    """
    python = environment.chosen_python()
    if sys.prefix != sys.base_prefix and not environment.VENV.exists():
        python = Path(sys.executable)  # in use: the environment of a learner who installed the course by hand
    learners = environment.pins()
    result = {
        "python": {"version": platform.python_version(), "path": sys.executable},
        "system": {"name": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "memory": asdict(machine.memory()),
        "cores": machine.cores(),
        "gpus": machine.gpus(),
        "disk": {"folder": str(environment.ROOT), "free": machine.free_disk(environment.ROOT)},
        "ollama": machine.ollama(),
        "smollm2": {"ready": smollm2.ready(), "wanted": fetching.wanted()},
        "minilm": {"ready": minilm.ready(), "wanted": fetching.wanted()},
        "keys": {name: bool(os.environ.get(name)) for name in KEYS},  # never their values
        "environment": {"python": str(python), "own": python == environment.PYTHON},
        "packages": {
            name: {"needed": pin, "installed": environment.installed(name, python), "for_tests": name not in learners}
            for name, pin in environment.pins(tests=True).items()
        },
    }
    faults = [*filter(None, [machine.unsupported(), _python_fault(result), *_room_faults(result)])]
    result["faults"] = [{"what": what, "mend": mend} for what, mend in faults]
    result["ok"] = not faults
    return result


def _python_fault(result: dict) -> tuple[str, str] | None:
    """What is wrong with the environment, and what mends it."""
    own = result["environment"]["own"]
    if own and not environment.VENV.exists():
        return "The course's environment is not made yet.", LAB
    if own and not machine.works(str(environment.PYTHON), "-V"):
        return f"The environment's Python does not start: {environment.PYTHON}.", LAB
    lacks = [
        f"{name} {row['needed']} (here: {row['installed'] or 'none'})"
        for name, row in result["packages"].items()
        if not row["for_tests"] and (row["installed"] or "").split("+")[0] != row["needed"]
    ]
    what = f"Packages are missing, or others than the course was tested with: {', '.join(lacks)}."
    return (what, LAB if own else f'"{sys.executable}" -m pip install -r requirements.txt') if lacks else None


def _room_faults(result: dict) -> list[tuple[str, str]]:
    faults = []
    complete = all(row["installed"] for row in result["packages"].values() if not row["for_tests"])
    free, needed = result["disk"]["free"], ROOM if complete else installer.SPACE
    if free < needed:
        what = f"The disk has {machine.in_gb(free)} free, and the course needs {machine.in_gb(needed)}."
        faults.append((what, "Delete what you no longer need, or move the course to another disk."))
    available = result["memory"]["available"]
    if available < MEMORY:
        what = f"{machine.in_gb(available)} of memory are free, and a notebook needs up to {machine.in_gb(MEMORY)}."
        faults.append((what, "Close other programs and, in JupyterLab, Kernel > Shut Down All Kernels."))
    return faults


def _fetched(found: dict, so: str) -> str:
    here = "ready" if found["ready"] else f"not here, {so}; {LAB} fetches it"
    return here if found["wanted"] else "left out (COURSE_SMOLLM2=0)"


def report(result: dict) -> list[str]:
    """The lines for people."""
    python, system, memory, ollama = result["python"], result["system"], result["memory"], result["ollama"]
    packages = {name: row["installed"] for name, row in result["packages"].items()}
    gpus = [gpu["name"] + (f" ({machine.in_gb(gpu['memory'])})" if gpu["memory"] else "") for gpu in result["gpus"]]
    limit = " (limit of this container)" if memory["container_limit"] else ""
    free = f", {machine.in_gb(memory['available'])} free now" if memory["available"] < memory["total"] else ""
    answers = f"version {ollama['version']} at {ollama['address']}"
    silent = f"nothing answers at {ollama['address']} (optional; https://ollama.com, then: ollama serve)"
    rows = [
        ("Python", f"{python['version']}, {python['path']}"),
        ("system", f"{system['name']} {system['release']}, {system['machine']}"),
        ("memory", f"{machine.in_gb(memory['total'])}{limit}{free}"),
        ("cores", str(result["cores"])),
        ("GPU", "; ".join(gpus) or "none for PyTorch (the course needs none)"),
        ("disk", f"{machine.in_gb(result['disk']['free'])} free"),
        ("SmolLM2", _fetched(result["smollm2"], "so that pico-mini answers")),
        ("MiniLM", _fetched(result["minilm"], "so that nothing searches by meaning")),
        ("Ollama", answers if ollama["reachable"] else silent),
        *((name, "set" if there else "not set (optional)") for name, there in result["keys"].items()),
        ("runs with", result["environment"]["python"]),
        ("packages", f"{sum(map(bool, packages.values()))} of {len(packages)} installed, those for the tests included"),
        *((f"  {name}", version) for name, version in packages.items() if version),
    ]
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name:<{width}}{text}" for name, text in rows] + [""]
    for fault in result["faults"]:
        lines += [f"Fault: {fault['what']}", f" Mend: {fault['mend']}"]
    return lines if result["faults"] else [*lines, f"No fault found. Next: {LAB}"]
