"""The command `serve`: the practice endpoint for other programs, until Ctrl+C.

Its options are declared here and nowhere else. This file needs nothing installed until the server is started.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from course_utils import server
from course_utils.base import ROOT, CourseError


def main(argv: list[str] | None = None) -> int:
    """Serve until Ctrl+C, SIGTERM, or the end of the program that started this one. Returns 1 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils serve",
        description="Run the practice endpoint: OpenAI's and Ollama's dialects over SmolLM2 and pico models.",
        epilog="For example: serve --port 11434, or serve --key --simulate rate_limit=3. A key of your own is taken "
        "from the variable COURSE_KEY, for every user of a computer can read its command lines.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one; Ollama's own is 11434")
    parser.add_argument("--host", default=server.LOCAL, help="another address lets other computers in, with a key")
    text = "let a class in: 30 students, or 30,2,4000: each with 2 requests at once and 4000 tokens a minute"
    parser.add_argument("--room", metavar="STUDENTS", type=_numbers, help=text)
    parser.add_argument("--key", action="store_true", help="make a key that clients must send, as on another host")
    text = "a fault to practise with: rate_limit=3, slow=2, fail=1, drop=1, insufficient_quota=1; more in simulator.py"
    parser.add_argument("--simulate", action="append", default=[], metavar="NAME=VALUE", help=text)
    parser.add_argument("--precision", help="of SmolLM2, for measuring: int4, int8 or fp32")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    given, parent, room = os.environ.get("COURSE_KEY"), os.getppid(), None
    made = secrets.token_urlsafe(24) if args.key or args.room or args.host not in server.HERE else None
    faults, enough = dict(pair.partition("=")[::2] for pair in args.simulate), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: enough.set())
    try:
        if args.room:
            from .room import Room  # only now: it needs the environment

            room = Room(given or made, *args.room[:3])
        endpoint = server.start(room or given or made, faults, args.host, args.port, args.precision)
        key = "$COURSE_KEY" if given else endpoint.key  # what is printed may be kept in a log
        key = f"a token of {_sheet(list(room.students), endpoint.openai_url)}" if room else key
    except (CourseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if args.json:
        place = {"url": endpoint.url, "openai_url": endpoint.openai_url, "port": endpoint.port, "key": key}
        print(json.dumps(place | {"models": endpoint.models}), flush=True)
    else:
        print(
            f"The practice endpoint runs at {endpoint.url}, with {', '.join(endpoint.models)}. Ctrl+C stops it.\n"
            f'  OpenAI:  OpenAI(base_url="{endpoint.openai_url}", api_key="{key}")\n'
            f'  Ollama:  ollama.Client(host="{endpoint.url}"), or OLLAMA_HOST={endpoint.url}\n'
            f'  curl:    curl {endpoint.openai_url}/models -H "Authorization: Bearer {key}"',
            flush=True,
        )
        if room and args.host in server.HERE:
            print("Only this computer reaches it. For the others, give its address in the room: --host", flush=True)
    while os.getppid() == parent and not enough.wait(0.2):  # on Windows a wait without end cannot be interrupted
        pass
    endpoint.stop()
    os._exit(0)  # at once, whatever a thread of a library is at


def _numbers(given: str) -> list[int]:
    """The numbers of a room. Raises ArgumentTypeError."""
    try:
        return [*map(int, given.split(","))]
    except ValueError:
        raise argparse.ArgumentTypeError("whole numbers, such as 30 or 30,2,4000") from None


def _sheet(tokens: list[str], url: str) -> Path:
    """Write the tokens into a file that only the teacher can read, to be printed and cut. Returns its path."""
    path = ROOT / "room_tokens.txt"
    path.unlink(missing_ok=True)
    rows = [f'model = load("smollm2", runtime="cloud", base_url="{url}", key="{token}")\n\n' for token in tokens[1:]]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines([*rows, f"The teacher's, without limits: {tokens[0]}\n"])
    return path
