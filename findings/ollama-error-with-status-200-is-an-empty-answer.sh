#!/usr/bin/env bash
# ollama 0.6.3: a server that fails after it has begun to answer says so in a JSON object {"error": ...} under HTTP 200. In
# a stream the client raises ResponseError; for a whole answer generate() raises nothing and returns an answer without text.
# Seen: response None and done None; as a stream "ResponseError: the model ran out of memory".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet ollama==0.6.3
cd "$folder"
env/bin/python - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import ollama


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"error": "the model ran out of memory"}).encode() + b"\n"
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = ollama.Client(host=f"http://127.0.0.1:{server.server_port}")
whole = client.generate("m", "Hi")
try:
    list(client.generate("m", "Hi", stream=True))
    streamed = "nothing raised"
except ollama.ResponseError as error:
    streamed = f"ResponseError: {error.error}"
print(f"whole: response={whole.response!r}, done={whole.done}; as a stream: {streamed}")
assert not whole.response and whole.done is None and streamed.startswith("ResponseError"), "the behaviour has changed"
PY
