"""The course's commands: `python -m course_utils lab`, and test, doctor, train, bench, serve, certificate, translate.

This file loads on old Pythons too, and needs nothing installed: see setup/environment.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.parse
import webbrowser
import xml.etree.ElementTree
from pathlib import Path

from course_utils import language
from course_utils.base import ROOT, CourseError, data
from course_utils.setup import doctor, environment, machine, programs
from course_utils.setup.installer import say

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"  # and in translations/LANG/notebooks/
COMMANDS = data(__file__, "setup/commands.json")  # and what each does
# These hand all that follows on to a module's `main`, in the course's environment: their options stand there.
PROGRAMS = {
    ("train", "--evaluate"): "tests.examine",
    ("train",): "course_utils.pico.training",
    ("serve",): "course_utils.server.command",
    ("bench", "fit"): "tests.measure_fit",
    ("bench", "forms"): "tests.measure_forms",
    ("bench", "race"): "tests.measure_race",
    ("bench", "serve"): "tests.measure_serve",
    ("certificate",): "course_utils.exercises.certificate",
    ("pack",): "notebooks.classroom.pack",
    ("slides",): "notebooks.classroom.slides",
    ("grading",): "course_utils.exercises.grading",
    ("translate",): "translations.tool.command",
    ("site",): "notebooks.web.command",
}
LIGHT = ("course_utils.exercises.certificate",)  # need no library: nothing is installed for them
HEAVY = ("notebooks.web.command",)  # need what the tests need


def main(arguments: list[str] | None = None) -> int:
    """Run one command. The exit status is 0 when all went well."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a folder's name may have letters that the terminal lacks
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        for words, module in PROGRAMS.items():
            rest = arguments[len(words) :]
            if tuple(arguments[: len(words)]) == words:
                if not _wants_short_help(words, rest):
                    return _run(module, rest)
                arguments = [words[0], "--help"]
        cut = arguments.index("--") if arguments[:1] == ["test"] and "--" in arguments else len(arguments)
        options, rest = _parser().parse_args(arguments[:cut]), arguments[cut + 1 :]
        if getattr(options, "without", None):
            os.environ["COURSE_SMOLLM2"] = "0"
        return {"lab": _lab, "test": _test, "doctor": _doctor}[options.command](options, rest)
    except CourseError as error:
        say(str(error))
        if "--json" in arguments:
            print(json.dumps({"error": str(error)}))
        return 1
    except KeyboardInterrupt:
        return 130


def _wants_short_help(words: tuple[str, ...], rest: list[str]) -> bool:
    """The full help of a program needs the environment. Nobody should wait for an install to read it."""
    asks = "-h" in rest or "--help" in rest or (words == ("train",) and not rest)
    return asks and bool(machine.unsupported() or environment.lacking(environment.chosen_python()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils",
        description="The commands of the course on small language models.",
        epilog="All but doctor and certificate make the course's environment in .venv (once, a few minutes). "
        "After that, train --help, serve --help and bench TOPIC --help list all their options.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    parsers = {}
    for name, about in COMMANDS.items():
        parsers[name] = commands.add_parser(name, help=about.split(". ")[0], description=about)
        parsers[name].add_argument("--json", action="store_true", help="print one JSON object, for programs")
    for name in ("lab", "test"):
        words = "do without SmolLM2 and MiniLM (93 and 84 MB to fetch, 500 and 91 MB of disk)"
        parsers[name].add_argument("--without", choices=["smollm2"], help=words)
    parsers["lab"].add_argument("--lang", help="open the course in another language, such as fi")
    parsers["lab"].add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    parsers["lab"].add_argument("--port", type=int, help="the port to listen on (default: the first free from 8888)")
    parsers["doctor"].add_argument("--online", action="store_true", help="also ask the services of notebook 03")
    parsers["train"].usage = "%(prog)s [-h] [--json] MODEL [OPTION ...]"
    parsers["translate"].usage = "%(prog)s [-h] [--json] --update | --build | --check [LANG ...]"
    parsers["serve"].usage = "%(prog)s [-h] [--json] [OPTION ...]"
    parsers["site"].usage = "%(prog)s [-h] [--json] [OPTION ...]"
    parsers["grading"].usage = "%(prog)s [-h] [--json] [OPTION ...] [NUMBER ...]"
    parsers["certificate"].usage = "%(prog)s [-h] [--json] [OPTION ...]"
    parsers["pack"].usage = "%(prog)s [-h] [--json] [FOLDER] [OPTION ...]"
    parsers["slides"].usage = "%(prog)s [-h] [--json] [NOTEBOOK ...] [OPTION ...]"
    parsers["bench"].usage = "%(prog)s [-h] [--json] TOPIC [OPTION ...]"
    topics = [words[1] for words in PROGRAMS if words[0] == "bench"]
    parsers["bench"].add_argument("topic", metavar="TOPIC", choices=topics)
    return parser


def _run(module: str, arguments: list[str]) -> int:
    """Call the module's `main` with these arguments in the course's environment; its result is the exit status."""
    program = f"import sys; from {module} import main; sys.exit(main(sys.argv[1:]))"
    return programs.wait(programs.start(_python_for(module), ["-c", program, *arguments]))


def _python_for(module: str) -> Path:
    if module not in LIGHT or machine.unsupported():  # `prepare` says why
        return environment.prepare(tests=module in HEAVY)
    python = environment.chosen_python()
    return python if python.exists() else Path(sys.executable)


# -- lab -------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace, _: list[str]) -> int:
    first = FIRST_NOTEBOOK
    if options.lang not in (None, "en"):
        first = f"translations/{options.lang}/{FIRST_NOTEBOOK}"
        if options.lang != language.chosen() or not (ROOT / first).exists():
            there = sorted(file.parents[1].name for file in language.FOLDER.glob(f"*/{FIRST_NOTEBOOK}"))
            raise CourseError(f"There is no translation “{options.lang}”. There are: {', '.join(['en', *there])}.")
    python = environment.prepare()
    port = programs.free_port(options.port)
    # In a variable, because every user of the machine can read a command line.
    token = os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))
    server = f"http://127.0.0.1:{port}"
    address = f"{server}/lab/tree/{first}?token={urllib.parse.quote(token)}"
    settings = [
        "--no-browser",  # we open it, once the server answers
        f"--ServerApp.root_dir={ROOT}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{first}",
        "--ServerApp.answer_yes=True",  # Ctrl+C stops at once
        "--Application.log_level=ERROR",  # its warnings are about choices made here
        "--KernelManager.transport_encryption=auto",
        "--allow-root",  # containers often run as root; nobody outside this machine can connect
    ]
    process = programs.start(python, ["-m", "jupyterlab", *settings], cwd=str(ROOT), stdout=sys.stderr)
    try:
        programs.wait_for_server(process, server)
        say(f"JupyterLab is open at\n  {address}\nStop it with Ctrl+C.")
        if options.json:
            start = {"url": address, "port": port, "token": token, "python": str(python)}
            print(json.dumps(start), flush=True)  # at once: the command goes on
        if not options.no_browser and not _open_browser(address):
            say("No browser opened: copy the address above into yours.")
        return programs.wait(process, patience=30)  # it was seen to hang at its end
    finally:
        process.terminate()  # if it runs still
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def _open_browser(address: str) -> bool:
    """Open the learner's browser. Without a screen Python would take a text browser, in this terminal."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    has_screen = sys.platform in ("win32", "darwin") or any(map(os.environ.get, screens))
    return has_screen and webbrowser.open(address)


# -- test and doctor -------------------------------------------------------------------------------


def _test(options: argparse.Namespace, rest: list[str]) -> int:
    python = environment.prepare(tests=True)
    if not options.json:
        return programs.wait(programs.start(python, ["-m", "pytest", *rest], cwd=str(ROOT)))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        arguments = ["-m", "pytest", f"--junit-xml={report}", *rest]
        status = programs.wait(programs.start(python, arguments, cwd=str(ROOT), stdout=sys.stderr))
        if not report.exists():
            raise CourseError(f"pytest stopped before it ran a test (exit status {status}).")
        suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    tests, failures, errors, skipped = (int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped"))
    counts = {"passed": tests - failures - errors - skipped, "failed": failures + errors, "skipped": skipped}
    print(json.dumps({**counts, "seconds": float(suite.get("time"))}))
    return status


def _doctor(options: argparse.Namespace, _: list[str]) -> int:
    result = doctor.examine()
    lines = doctor.report(result)
    if options.online:
        from course_utils.models import providers  # only now: the rest works without that file

        answers = result["online"] = [providers.ask(row) for row in providers.providers()]
        marks = {True: "as expected", False: "DIFFERS", None: "unknown"}
        lines += ["", *(f"{answer['name']}: {marks[answer['as_expected']]}. {answer['words']}" for answer in answers)]
    print(json.dumps(result) if options.json else "\n".join(lines))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
