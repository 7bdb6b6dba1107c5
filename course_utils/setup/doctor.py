"""Looks this computer over for the course, and names for each fault the line that mends it.

The standard library is enough: it works before anything is installed, and on Pythons that are too old.
"""

from __future__ import annotations

from course_utils.setup import environment, installer, machine

ROOM = machine.GB  # of disk, with everything installed: for models that are built, and notebooks
MEMORY = 1.5 * machine.GB  # for a notebook with its model, JupyterLab and a browser tab


def examine(online: bool = False) -> dict:
    """What this computer has, for people and JSON; `faults` lists what is wrong, `ok` says if nothing is.

    With `online`, also what the services of notebook 03 answer; they are asked without a key, and are no faults.
    """
    found = machine.summary(environment.ROOT)
    place = environment.where()
    found["environment"] = {"folder": str(place.prefix), "own": place.own}
    found["packages"] = {
        name: {"needed": version, "installed": environment.installed(name, place)}
        for name, version in environment.pins().items()
    }
    found["faults"] = [*_python_faults(), *_package_faults(place), *_room_faults(found, place)]
    found["ok"] = not found["faults"]
    if online:
        from course_utils.models import providers  # only now: the rest works without that file

        found["online"] = [vars(providers.ask(row)) for row in providers.providers()]
    return found


def _fault(what: str, mend: str) -> dict[str, str]:
    return {"what": what, "mend": mend}


def _python_faults() -> list[dict]:
    complaint = environment.unsupported()
    return [_fault(*complaint)] if complaint else []


def _package_faults(place: environment.Place) -> list[dict]:
    if place.own and place.prefix.exists() and not environment.fits([str(place.python)]):
        what = f"The environment's Python does not start, or is none that the course supports: {place.python}."
        return [_fault(what, "python -m course_utils lab")]
    missing, other = environment.differences(place)
    faults = []
    if missing and not place.prefix.exists():
        faults.append(_fault("The course's environment is not made yet.", "python -m course_utils lab"))
    elif missing:
        faults.append(_fault(f"Packages are missing: {', '.join(missing)}.", "python -m course_utils lab"))
    if other:
        pins = environment.pins()
        shown = ", ".join(f"{name} {version} (tested: {pins[name]})" for name, version in other.items())
        mend = f'"{place.python}" -m pip install -r requirements.txt'
        mend = "python -m course_utils lab" if place.own else mend
        faults.append(_fault(f"Other versions than the course was tested with: {shown}.", mend))
    return faults


def _room_faults(found: dict, place: environment.Place) -> list[dict]:
    faults = []
    missing, _ = environment.differences(place)
    free, needed = found["disk"]["free"], installer.SPACE if missing else ROOM
    if free < needed:
        what = f"The disk has {_gb(free)} free, and the course needs {_gb(needed)}."
        faults.append(_fault(what, "Delete what you no longer need, or move the course to another disk."))
    available = found["memory"]["available"]
    if available is not None and available < MEMORY:
        what = f"{_gb(available)} of memory are free, and a notebook needs up to {_gb(MEMORY)}."
        faults.append(_fault(what, "Close other programs and, in JupyterLab, Kernel > Shut Down All Kernels."))
    return faults


def report(found: dict) -> list[str]:
    """The lines for people."""
    python, system, memory, ollama = found["python"], found["system"], found["memory"], found["ollama"]
    versions = {name: row["installed"] for name, row in found["packages"].items()}
    gpus = [gpu["name"] + (f" ({_gb(gpu['memory'])})" if gpu["memory"] else "") for gpu in found["gpus"]]
    limit = " (limit of this container)" if memory["container_limit"] else ""
    available = "" if memory["available"] is None else f", {_gb(memory['available'])} free now"
    answers = f"version {ollama['version']} at {ollama['address']}"
    silent = f"nothing answers at {ollama['address']} (optional; https://ollama.com, then: ollama serve)"
    rows = [
        ("Python", f"{python['version']}, {python['path']}"),
        ("system", f"{system['name']} {system['release']}, {system['machine']}"),
        ("memory", f"{_gb(memory['total'])}{limit}{available}"),
        ("cores", str(found["cores"])),
        ("GPU", "; ".join(gpus) or "none for PyTorch (the course needs none)"),
        ("disk", f"{_gb(found['disk']['free'])} free"),
        ("Ollama", answers if ollama["reachable"] else silent),
        *((name, "set" if there else "not set (optional)") for name, there in found["keys"].items()),
        ("environment", found["environment"]["folder"]),
        ("packages", f"{sum(map(bool, versions.values()))} of {len(versions)} installed"),
        *((f"  {name}", version) for name, version in versions.items() if version),
    ]
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name:<{width}}{text}" for name, text in rows] + [""]
    for answer in found.get("online", []):
        mark = {True: "as expected", False: "DIFFERS", None: "unknown"}[answer["as_expected"]]
        lines.append(f"{answer['name']}: {mark}. {answer['words']}")
    lines += [""] if "online" in found else []
    for fault in found["faults"]:
        lines += [f"Fault: {fault['what']}", f" Mend: {fault['mend']}"]
    return lines + ([] if found["faults"] else ["No fault found. Next: python -m course_utils lab"])


def _gb(size: float) -> str:
    return f"{size / machine.GB:.1f} GB"
