"""The client table: which clients of OpenAI's and Ollama's dialects work with the practice endpoint, and which do not.

    python tests/client_table.py                                  # against the practice endpoint, started for it
    python tests/client_table.py --url http://127.0.0.1:11434     # against a real Ollama, too: row by row what differs

Not a test of pytest: it installs the clients, with the versions below, into an environment of its own (a temporary
folder, two minutes, 600 MB), and asks each of them for what it offers (`tests/clients/`). Returns 1 where a row fails
that neither the model nor the client's own side explains.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ROOT / "tests" / "clients"
PYTHON = {  # the newest of each on the day of the last run
    "openai": "3.57.0",
    "ollama": "0.6.3",
    "langchain-openai": "1.7.4",
    "langchain-ollama": "1.1.0",
    "langchain-tests": "1.1.9",
    "litellm": "1.110.2",
    "llm": "0.36",
    "llm-ollama": "0.19.1",
    "pydantic-ai-slim[openai]": "2.68.0",
}
JAVASCRIPT = {"openai": "7.59.0", "ollama": "0.6.4"}
FILES = ("python_clients.py", "javascript.mjs", "langchain_classes.py")
MEANINGS = {
    "works": "",
    "refused": "with a sentence, as the real one does or because the endpoint does not offer it",
    "model": "fails: the answer has the right form, and the small model wrote the wrong thing into it",
    "client": "fails: the client's own side, its network or its program",
    "left out": "the client's test does not apply, or something it needs is not here",
    "dialect": "fails: the endpoint's",
}
DIALECTS = ("openai", "ollama")  # the tables of cases.toml
SECONDS = 1800.0  # that one file of clients may take


class Stopped(Exception):
    """The table cannot be made, and why, in one line."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="the address of a real Ollama that has the model")
    parser.add_argument("--model", default="smollm2:135m", help="a model that both have (default: %(default)s)")
    parser.add_argument("--sees", default="", help="a model of the real Ollama that reads pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--environment", type=Path, help="keep the clients in this folder, and find them there")
    args = parser.parse_args()
    try:
        with ExitStack() as stack:
            folder = args.environment or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="client-table-")))
            install(folder)
            url = stack.enter_context(practice_endpoint())
            ours = ask(folder, {"URL": url, "MODEL": args.model, "FAST": "pico-mini", "SEES": "pico-vision"})
            names = {"URL": args.url, "MODEL": args.model, "FAST": args.model, "SEES": args.sees}
            real = ask(folder, names) if args.url else []
    except Stopped as error:
        print(error, file=sys.stderr)
        return 1
    differs = differences(ours, real) if real else []
    if args.json:
        versions = {"python": PYTHON, "javascript": JAVASCRIPT}
        print(json.dumps({"versions": versions, "rows": ours, "real": real, "differences": differs}, indent=1))
    else:
        print("\n".join([*written(ours), *(["", f"What {args.url} does otherwise", *differs] if real else [])]))
    return int(any(row["outcome"] == "dialect" for row in ours))


def say(text: str) -> None:
    """A line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def install(folder: Path) -> None:
    """The clients in their pinned versions, unless the folder has just these. Raises Stopped."""
    wanted = json.dumps([PYTHON, JAVASCRIPT])
    stamp = folder / "versions.json"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"Installing {len(PYTHON)} Python and {len(JAVASCRIPT)} JavaScript packages into {folder}")
    venv.create(folder / "python", with_pip=True, clear=True)
    pins = [f"{name}=={version}" for name, version in PYTHON.items()]
    _install([python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins])
    if npm := shutil.which("npm"):
        pins = [f"{name}@{version}" for name, version in JAVASCRIPT.items()]
        _install([npm, "install", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", folder, *pins])
    stamp.write_text(wanted)


def _install(command: list) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no reason given"]
        raise Stopped(f"The clients cannot be installed (network? a wrong version?): {lines[-1].strip()}")


def python_of(folder: Path) -> Path:
    return folder / "python" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextmanager
def practice_endpoint():
    """Start it as a program of its own, give its address, and end it. Raises Stopped."""
    command = [sys.executable, "-m", "course_utils", "serve", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline()
            if not line:
                raise Stopped("The practice endpoint could not be started.")
            yield json.loads(line)["url"]
        finally:
            server.terminate()


def cases(names: dict[str, str]) -> dict:
    """cases.toml with the names put in; without a model that sees, without the cases that need one."""
    table = tomllib.loads((CLIENTS / "cases.toml").read_text(encoding="utf-8"))
    names = table["names"] | names

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        if isinstance(value, str):
            value = value.replace("/MODEL", "/" + names["MODEL"]).replace(",PICTURE", "," + names["PICTURE"])
        return filled(names[value]) if isinstance(value, str) and value in names else value

    kept = {
        client: [case for case in table[client] if names["SEES"] or case["feature"] != "pictures"]
        for client in DIALECTS
    }
    return filled(kept) | {"names": filled(table["names"])}


def ask(folder: Path, names: dict[str, str]) -> list[dict]:
    """Run the clients' files against one server: a row for each feature of each client."""
    file, modules = folder / "cases.json", folder / "node_modules"
    file.write_text(json.dumps(cases(names)), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and name != "PYTHONPATH"}
    kept |= names | {"OLLAMA_HOST": names["URL"], "LLM_USER_PATH": str(folder / "llm"), "MODULES": str(modules)}
    kept |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false", "PYTHONUTF8": "1"}
    rows = []
    for name in FILES:
        program = shutil.which("node") if name.endswith(".mjs") else python_of(folder)
        if not program:
            rows.append({"client": name, "feature": "all", "outcome": "left out", "text": "Node.js is not installed"})
            continue
        say(f"{name} against {names['URL']}")
        command = [str(program), str(CLIENTS / name), str(file)]
        done = subprocess.run(command, env=kept, capture_output=True, encoding="utf-8", timeout=SECONDS)
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"client"')]
        if done.returncode:
            why = (done.stderr.strip().splitlines() or [f"it returned {done.returncode}"])[-1]
            found.append({"client": name, "feature": "the rest of the file", "outcome": "dialect", "text": why})
        say(f"  {dict(Counter(row['outcome'] for row in found))}")
        rows += found
    return rows


def written(rows: list[dict]) -> list[str]:
    """The table: a line of numbers for each client, then what does not simply work, a line each, and what works."""
    clients = list(dict.fromkeys(row["client"] for row in rows))
    wide = max(map(len, clients))
    lines = [" " * wide + "".join(f"{name:>10}" for name in MEANINGS)]
    for client in clients:
        counts = Counter(row["outcome"] for row in rows if row["client"] == client)
        lines.append(f"{client:{wide}}" + "".join(f"{counts[name] or '.':>10}" for name in MEANINGS))
    lines += ["", *(f"{name}: {meaning}" for name, meaning in MEANINGS.items() if meaning)]
    for client in clients:
        own = [row for row in rows if row["client"] == client]
        lines += ["", client, "  works: " + ", ".join(row["feature"] for row in own if row["outcome"] == "works")]
        others = (row for name in list(MEANINGS)[1:] for row in own if row["outcome"] == name)
        lines += [f"  {row['outcome']}: {row['feature']} - {row['text']}" for row in others]
    return lines


def differences(ours: list[dict], real: list[dict]) -> list[str]:
    """A line for each row whose outcome is another with the real one, or whose refusal has other words."""
    theirs = {(row["client"], row["feature"]): row for row in real}
    lines = []
    for row in ours:
        other = theirs.get((row["client"], row["feature"]), {"outcome": "no row", "text": ""})
        refused = row["outcome"] == other["outcome"] == "refused"
        if row["outcome"] != other["outcome"] or refused and row["text"] != other["text"]:
            here, there = (f"{side['outcome']} {side['text']}".strip() for side in (row, other))
            lines.append(f"  {row['client']}, {row['feature']}: there {there} | here {here}")
    return lines or ["  nothing"]


if __name__ == "__main__":
    sys.exit(main())
