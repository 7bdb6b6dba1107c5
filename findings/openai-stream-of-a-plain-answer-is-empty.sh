#!/usr/bin/env bash
# openai 3.57.0: the client asks for a stream, and the server answers with a whole chat.completion as plain JSON (as some
# proxies and servers without streaming do). Nothing is raised: the stream is empty, and the answer's text is lost.
# Seen: whole answer "Hello.", as a stream 0 chunks.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet openai==3.57.0
cd "$folder"
env/bin/python - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from openai import OpenAI

ANSWER = {
    "id": "1", "object": "chat.completion", "created": 0, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
}


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0)
ask = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
whole = client.chat.completions.create(**ask).choices[0].message.content
chunks = list(client.chat.completions.create(**ask, stream=True))
print(f"whole: {whole!r}; as a stream: {len(chunks)} chunks")
assert whole == "Hello." and chunks == [], "the behaviour has changed"
PY
