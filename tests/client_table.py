"""The client table: which clients of OpenAI's and Ollama's dialects work with the practice endpoint, and which do not.

    python tests/client_table.py                                  # against the practice endpoint, started for it
    python tests/client_table.py --url http://127.0.0.1:11434     # and against a real Ollama: row by row what differs

Not a test of pytest: it installs the clients, with the versions below, into an environment of its own (a temporary
folder, a few minutes, 700 MB), and asks each for what it offers (`tests/clients/`). It returns 1 where something fails
that is neither the model's fault nor the client's.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
import venv
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ROOT / "tests" / "clients"
FILES = ("python_clients.py", "javascript.mjs", "langchain_classes.py")
# The newest of each on the day of the last run.
PYTHON = """openai==3.57.0 ollama==0.6.3 langchain-openai==1.7.4 langchain-ollama==1.1.0 langchain-tests==1.1.9
litellm==1.110.2 llm==0.36 llm-ollama==0.19.1 pydantic-ai-slim[openai]==2.68.0""".split()
JAVASCRIPT = "openai@7.59.0 ollama@0.6.4".split()
OUTCOMES = {
    "works": "",
    "refused": "with a sentence, as the real one does, or because the endpoint does not offer it",
    "model": "fails, because what the small model wrote has the right form and the wrong content",
    "client": "fails on its own side: its network, its program",
    "left out": "does not apply, or something that it needs is not here",
    "dialect": "fails, and the endpoint is to blame",
}
OF_CLIENT = ("ImportError", "ModuleNotFoundError", "getaddrinfo", "Name or service not known")  # it asks elsewhere
NOTHING = (None, "", [], {})
SECONDS = 1800.0  # that one file of clients may take


class Stopped(Exception):
    """The table cannot be made, and why, in one line."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="the address of a real Ollama that has the model")
    parser.add_argument("--model", default="smollm2:135m", help="a model that both have (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--environment", type=Path, help="keep the clients in this folder, and find them there")
    args = parser.parse_args()
    try:
        if args.url:
            look_for(args.model, args.url)
        with ExitStack() as stack:
            folder = args.environment or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="client-table-")))
            install(folder)
            url = stack.enter_context(practice_endpoint())
            ours = ask(folder, {"URL": url, "MODEL": args.model, "FAST": "pico-mini", "SEES": "pico-vision"})
            names = {"URL": args.url} | dict.fromkeys(("MODEL", "FAST", "SEES"), args.model)
            real = ask(folder, names) if args.url else []
    except (Stopped, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    differs = differences(ours, real) if real else []
    if args.json:
        print(json.dumps({"versions": [PYTHON, JAVASCRIPT], "rows": ours, "real": real, "differences": differs}))
    else:
        print("\n".join([*written(ours), *(["", f"What {args.url} does otherwise", *differs] if real else [])]))
    return int(any(row["outcome"] == "dialect" for row in ours))


def say(text: str) -> None:
    """A line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def look_for(model: str, url: str) -> None:
    """Raise Stopped where no Ollama with the model answers."""
    try:
        with urllib.request.urlopen(url + "/api/tags", timeout=10) as answer:
            names = [row["name"] for row in json.load(answer)["models"]]
    except (OSError, ValueError, LookupError) as error:
        raise Stopped(f"No Ollama answers at {url}: {error}") from error
    if model not in names:
        raise Stopped(f"The Ollama at {url} has no {model}. Fetch it first: ollama pull {model}")


def install(folder: Path) -> None:
    """The clients in their versions, unless the folder has just these. Raises Stopped."""
    wanted, stamp = json.dumps([PYTHON, JAVASCRIPT]), folder / "versions.json"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"Installing {len(PYTHON) + len(JAVASCRIPT)} packages and what they need into {folder}")
    venv.create(folder / "python", with_pip=True, clear=True)
    commands = [[python_of(folder), "-m", "pip", "install", "--quiet", *PYTHON]]
    if npm := shutil.which("npm"):  # without it, the rows of JavaScript are left out
        commands.append([npm, "install", "--loglevel=error", "--prefix", folder, *JAVASCRIPT])
    for command in commands:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no reason was given"]
            raise Stopped(f"The clients could not be installed (the network, a wrong version?): {lines[-1].strip()}")
    stamp.write_text(wanted)


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


def ask(folder: Path, names: dict[str, str]) -> list[dict]:
    """Run the clients' files against one server: a row for each feature of each client, with its outcome."""
    file, rows = folder / "cases.json", []
    table = cases(names)
    file.write_text(json.dumps(table), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and name != "PYTHONPATH"}
    kept |= names | {"OLLAMA_HOST": names["URL"], "LLM_USER_PATH": str(folder / "llm"), "MODULES": str(folder)}
    kept |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false", "PYTHONUTF8": "1"}
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
            why = (done.stderr.strip().splitlines() or ["no reason"])[-1]
            found.append({"client": name, "feature": "the rest of this file", "error": why, "status": 0})
        for row in found:
            outcome, text = judged(row, table)
            text = " ".join(text.split())[:300]
            rows.append({"client": row["client"], "feature": row["feature"], "outcome": outcome, "text": text})
        say(f"  {dict(Counter(row['outcome'] for row in rows[-len(found) :]))}")
    return rows


def cases(names: dict[str, str]) -> dict:
    """cases.toml with the names put in."""
    table = tomllib.loads((CLIENTS / "cases.toml").read_text(encoding="utf-8"))
    names = table["names"] | names
    words = re.compile(rf"\b({'|'.join(name for name, value in names.items() if isinstance(value, str))})\b")

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        if not isinstance(value, str):
            return value
        return filled(names[value]) if value in names else words.sub(lambda found: names[found[0]], value)

    return filled(table)


def judged(row: dict, table: dict) -> tuple[str, str]:
    """The outcome of a row, and why. What was expected is its case in cases.toml, or any text."""
    client, feature, error, answer = row["client"].split()[0], row["feature"], row.get("error"), row.get("answer")
    if "skipped" in row:
        return "left out", row["skipped"]
    default = {"look": [] if client.startswith("langchain") else ["text"]}
    default |= {"may": "not offered"} if feature == "responses" else {}
    case = next((case for case in table.get(client, []) if case["feature"] == feature), default)
    must, may = case.get("must"), case.get("may")
    if error and row["status"]:  # the server's word
        told = may or must and must.lower() in error.lower()
        return "refused" if told else "dialect", f"{may}: {error}" if may else error
    if error and any(words in error for words in OF_CLIENT):
        return "client", error
    if error:
        test = feature.rpartition(": ")[2].partition("[")[0]  # of LangChain's "chat: tool_calling[model0]"
        why = table["fails"].get(client, {}).get(test)
        return ("model", f"{why} | {error}") if why else ("dialect", error)
    if must:
        return "dialect", f"accepted, where the real one says: {must}"
    faults = [path for path in case.get("look", []) if at(answer, path) in NOTHING]
    faults += [path for path, value in case.get("equal", {}).items() if at(answer, path) != value]
    between = case.get("between", {}).items()
    faults += [path for path, (low, high) in between if not low <= (at(answer, path) or 0) <= high]
    if faults:
        return "dialect", f"{faults[0]} is {at(answer, faults[0])!r}, in {str(answer)[-150:]}"
    lacks = [path for path in case.get("model", []) if at(answer, path) in NOTHING]
    return ("model", f"no {lacks[0]}: {str(answer)[:200]}") if lacks else ("works", "")


def at(answer, path: str):
    """What an answer has at `choices.0.message`; `#` is a length, `{}` a text as JSON. None where it has nothing."""
    for step in path.split("."):
        try:
            if step in ("#", "{}"):
                answer = len(answer) if step == "#" else json.loads(answer)
            else:
                answer = answer[int(step)] if isinstance(answer, list) else answer[step]
        except (LookupError, TypeError, ValueError):
            return None
    return answer


def written(rows: list[dict]) -> list[str]:
    """The table: numbers for each client; then what works, and a line for each thing that does not simply work."""
    clients = list(dict.fromkeys(row["client"] for row in rows))
    wide = max(map(len, clients))
    lines = [" " * wide + "".join(f"{name:>10}" for name in OUTCOMES)]
    for client in clients:
        counts = Counter(row["outcome"] for row in rows if row["client"] == client)
        lines.append(f"{client:{wide}}" + "".join(f"{counts[name] or '.':>10}" for name in OUTCOMES))
    lines += ["", *(f"{name}: {meaning}" for name, meaning in OUTCOMES.items() if meaning)]
    for client in clients:
        own = [row for row in rows if row["client"] == client]
        lines += ["", client, "  works: " + "; ".join(row["feature"] for row in own if row["outcome"] == "works")]
        others = (row for name in list(OUTCOMES)[1:] for row in own if row["outcome"] == name)
        lines += [f"  {row['outcome']}: {row['feature']} - {row['text']}" for row in others]
    return lines


def differences(ours: list[dict], real: list[dict]) -> list[str]:
    """A line for each row whose outcome is another with the real one, or whose refusal has other words."""
    theirs = {(row["client"], row["feature"]): row for row in real}
    lines = []
    for row in ours:
        other = theirs.get((row["client"], row["feature"]), {"outcome": "no row", "text": ""})
        reworded = row["outcome"] == "refused" and row["text"] != other["text"]
        if row["outcome"] != other["outcome"] or reworded:
            there, here = (f"{side['outcome']} {side['text']}".strip() for side in (other, row))
            lines.append(f"  {row['client']}, {row['feature']}: there {there} | here {here}")
    return lines or ["  nothing"]


if __name__ == "__main__":
    sys.exit(main())
