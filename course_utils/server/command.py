"""The command `serve`: the practice endpoint for other programs, until Ctrl+C.

Its options are declared here and nowhere else. This file needs nothing installed until the server is started.
"""

import argparse
import json
import secrets
import signal
import sys
import threading

from course_utils import server
from course_utils.base import CourseError


def main(argv: list[str] | None = None) -> int:
    """Serve until Ctrl+C or SIGTERM. Returns 1, with the reason on stderr, when the server cannot be started."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils serve",
        description="Run the practice endpoint: OpenAI's and Ollama's dialects over SmolLM2 and pico models.",
        epilog="For example: serve --port 11434, or serve --key secret --simulate rate_limit=3.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one; Ollama's own is 11434")
    parser.add_argument("--host", default=server.LOCAL, help="another address lets other computers in, with a key")
    parser.add_argument("--key", help="what clients must send; on another host one is made if you give none")
    text = "a fault to practise with: rate_limit=3, slow=2, fail=1, drop=1"
    parser.add_argument("--simulate", action="append", default=[], metavar="NAME=VALUE", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    key = args.key or (None if args.host in (server.LOCAL, "localhost") else secrets.token_urlsafe(24))
    faults = dict(pair.partition("=")[::2] for pair in args.simulate)
    try:
        endpoint = server.start(key=key, simulate=faults, host=args.host, port=args.port)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    if args.json:
        place = {"url": endpoint.url, "openai_url": endpoint.openai_url, "port": endpoint.port, "key": endpoint.key}
        print(json.dumps(place | {"models": endpoint.models}), flush=True)
    else:
        print(
            f"The practice endpoint runs at {endpoint.url}, with {', '.join(endpoint.models)}. Ctrl+C stops it.\n"
            f'  OpenAI:  OpenAI(base_url="{endpoint.openai_url}", api_key="{endpoint.key}")\n'
            f'  Ollama:  ollama.Client(host="{endpoint.url}"), or OLLAMA_HOST={endpoint.url}\n'
            f'  curl:    curl {endpoint.openai_url}/models -H "Authorization: Bearer {endpoint.key}"',
            flush=True,
        )
    enough = threading.Event()
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: enough.set())
    while not enough.wait(0.5):  # with a timeout: on Windows a plain wait cannot be interrupted
        pass
    endpoint.stop()
    return 0
