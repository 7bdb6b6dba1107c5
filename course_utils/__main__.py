"""The course's commands: `python -m course_utils lab | test | doctor | train | bench | serve`.

This file loads on old Pythons too, and needs nothing installed: see environment.py.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import webbrowser
import xml.etree.ElementTree
from pathlib import Path

from course_utils.base import ROOT
from course_utils.setup import doctor, environment
from course_utils.setup.installer import SetupError, say

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
# topic -> the module whose `main` measures it
BENCHES = {"fit": "course_utils.models.fit_check"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command. The exit status is 0 when all went well."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a folder's name may have letters that the terminal lacks
    options, rest = _parse(sys.argv[1:] if arguments is None else arguments)
    try:
        return options.run(options, rest)
    except SetupError as error:
        say(str(error))
        if options.json:
            _print_json({"error": str(error)})
        return 1
    except KeyboardInterrupt:
        return 130


def _print_json(found: dict) -> None:
    print(json.dumps(found), flush=True)


# -- the command line ------------------------------------------------------------------------------


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options that are ours, and those to hand on: to pytest what follows `--`, to `train` all."""
    if arguments[:1] == ["train"] and not _wants_short_help(arguments):
        return argparse.Namespace(run=_train, json="--json" in arguments), arguments[1:]
    own, rest = arguments, []
    if arguments == ["train"]:  # nobody should wait for an install to read that the model's name is missing
        own = ["train", "--help"]
    if arguments[:1] == ["test"] and "--" in arguments:
        cut = arguments.index("--")
        own, rest = arguments[:cut], arguments[cut + 1 :]
    return _parser().parse_args(own), rest


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils",
        description="The commands of the course on small language models.",
        epilog="The first of all but doctor makes the course's environment in .venv (once, a few minutes).",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: object, about: str, **more: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about, **more)
        added.add_argument("--json", action="store_true", help="print one JSON object, for programs")
        added.set_defaults(run=run)
        return added

    lab = command("lab", _lab, "Open the course in JupyterLab.")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.add_argument("--port", type=int, help="the port to listen on (default: the first free from 8888)")
    command(
        "test",
        _test,
        "Run every test, every notebook included.",
        usage="%(prog)s [-h] [--json] [-- PYTEST_OPTION ...]",
        epilog="What follows -- goes to pytest, for example: test -- -k tokens",
    )
    check = command("doctor", _doctor, "Say what this computer has, and how to mend what is wrong.")
    check.add_argument("--online", action="store_true", help="also ask the services of notebook 03, without a key")
    command(
        "train",
        _train,
        "Train a model of the course, or score it.",
        usage="%(prog)s [-h] [--json] MODEL [OPTION ...]",
        epilog="For example: train pico-mini, or train --evaluate pico-mini --samples 300 --seed 7. "
        "Once everything is installed, train --help lists all options.",
    )
    bench = command(
        "bench",
        _bench,
        "Measure a claim of the course on this computer.",
        epilog="bench fit: how near the predictions of 'which Phi fits my machine?' come, for models made here (two "
        "minutes).",
    )
    bench.add_argument("topic", metavar="TOPIC", choices=BENCHES, help=f"what to measure: {', '.join(BENCHES)}")
    bench.add_argument("--seconds", type=_seconds, help="how long each side of the comparison runs")
    serve = command(
        "serve",
        _serve,
        "Run the practice endpoint: OpenAI's and Ollama's dialects over the course's own models.",
        epilog="For example: serve --port 11434, or serve --key secret --simulate rate_limit=3.",
    )
    serve.add_argument("--port", type=int, default=0, help="the port to listen on (default: a free one)")
    serve.add_argument("--host", default="127.0.0.1", help="another address lets other computers in, with a key")
    serve.add_argument("--key", help="what clients must send")
    serve.add_argument("--simulate", action="append", default=[], metavar="NAME=VALUE", help="a fault to practise with")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("it has to be a number of seconds above 0")
    return seconds


def _wants_short_help(arguments: list[str]) -> bool:
    """The full help of `train` needs the environment. Nobody should wait for an install to read it."""
    asks = len(arguments) == 1 or "-h" in arguments or "--help" in arguments
    return asks and (bool(environment.unsupported()) or not environment.is_ready())


# -- lab -------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace, _: list[str]) -> int:
    place = environment.prepare()
    port = _free_port(options.port)
    # In a variable, because every user of the machine can read a command line.
    token = os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))
    server = f"http://127.0.0.1:{port}"
    address = f"{server}/lab/tree/{FIRST_NOTEBOOK}?token={urllib.parse.quote(token)}"
    settings = [
        "--no-browser",  # we open it, once the server answers
        f"--ServerApp.root_dir={ROOT}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        "--ServerApp.answer_yes=True",  # Ctrl+C stops at once
        "--Application.log_level=ERROR",  # its warnings are about choices made here
        "--KernelManager.transport_encryption=auto",
        "--allow-root",  # containers often run as root; nobody outside this machine can connect
    ]
    process = environment.start(place, ["-m", "jupyterlab", *settings], cwd=str(ROOT), stdout=sys.stderr)
    try:
        _wait_for_server(process, server)
        say(f"JupyterLab is open at\n  {address}\nStop it with Ctrl+C.")
        if options.json:
            _print_json({"url": address, "port": port, "token": token, "python": str(place.python)})
        if not options.no_browser and not _open_browser(address):
            say("No browser opened: copy the address above into yours.")
        return environment.wait(process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _free_port(wanted: int | None) -> int:
    """The port that was asked for, or the first free one from 8888."""
    for port in [wanted] if wanted else range(8888, 8988):
        with socket.socket() as test:
            if os.name != "nt":  # as Jupyter does it: a server that has just stopped blocks its port for a minute
                test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                test.bind(("127.0.0.1", port))
                return port
            except (OSError, OverflowError):
                continue
    taken = f"Port {wanted} cannot be used" if wanted else "The ports 8888 to 8987 are all taken"
    raise SetupError(f"{taken}. Name another one: python -m course_utils lab --port 9000")


def _wait_for_server(process: subprocess.Popen, server: str, seconds: float = 120) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot see this machine
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            opener.open(server + "/api", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SetupError("JupyterLab did not start: its own words are above. python -m course_utils doctor may help.")


def _open_browser(address: str) -> bool:
    """Open the learner's browser. Without a screen Python would take a text browser, in this terminal."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    has_screen = sys.platform in ("win32", "darwin") or any(map(os.environ.get, screens))
    return has_screen and webbrowser.open(address)


# -- test ------------------------------------------------------------------------------------------


def _test(options: argparse.Namespace, rest: list[str]) -> int:
    place = environment.prepare()
    if not options.json:
        return environment.wait(environment.start(place, ["-m", "pytest", *rest], cwd=str(ROOT)))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        arguments = ["-m", "pytest", f"--junit-xml={report}", *rest]
        status = environment.wait(environment.start(place, arguments, cwd=str(ROOT), stdout=sys.stderr))
        if not report.exists():
            raise SetupError(f"pytest stopped before it ran a test (exit status {status}).")
        _print_json(_counts(report))
    return status


def _counts(report: Path) -> dict:
    """How many tests passed, failed (errors included) and were skipped, from pytest's JUnit report."""
    suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    tests, failures, errors, skipped = (int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped"))
    failed = failures + errors
    seconds = float(suite.get("time"))
    return {"passed": tests - failed - skipped, "failed": failed, "skipped": skipped, "seconds": seconds}


# -- train, bench, serve and doctor -----------------------------------------------------------------------


def _train(_: argparse.Namespace, rest: list[str]) -> int:
    return _run_main("course_utils.pico.training", rest)


def _bench(options: argparse.Namespace, _: list[str]) -> int:
    chosen = ["--seconds", str(options.seconds)] if options.seconds else []
    return _run_main(BENCHES[options.topic], chosen + ["--json"] * options.json)


def _serve(options: argparse.Namespace, _: list[str]) -> int:
    chosen = ["--port", str(options.port), "--host", options.host]
    chosen += ["--key", options.key] if options.key else []
    chosen += [word for pair in options.simulate for word in ("--simulate", pair)]
    return _run_main("course_utils.server.command", chosen + ["--json"] * options.json)


def _run_main(module: str, arguments: list[str]) -> int:
    """Call the module's `main` with these arguments in the course's environment; its result is the exit status."""
    place = environment.prepare()
    program = f"import sys; from {module} import main; sys.exit(main(sys.argv[1:]))"
    return environment.wait(environment.start(place, ["-c", program, *arguments]))


def _doctor(options: argparse.Namespace, _: list[str]) -> int:
    found = doctor.examine(online=options.online)
    if options.json:
        _print_json(found)
    else:
        print("\n".join(doctor.report(found)))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
