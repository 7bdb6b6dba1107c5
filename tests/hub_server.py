"""A small Hugging Face hub on this machine, with the few routes a download uses, and faults on demand.

Like the real one it redirects large files to another host, a content delivery network: here the same server
under its other name, localhost.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGE = 100_000  # bytes: files above this are "LFS" files


@dataclass
class Faults:
    """What goes wrong, by the name of the file."""

    missing: set[str] = field(default_factory=set)
    corrupted: set[str] = field(default_factory=set)
    # name -> for each coming GET, the number of bytes after which the connection drops (None: it does not)
    drops: dict[str, list[int | None]] = field(default_factory=dict)
    stalls: dict[str, int] = field(default_factory=dict)  # name -> bytes after which nothing more comes for a minute


class Hub:
    """Serves `files` (path -> bytes) as the repository `repo` at `revision`. Use it in a `with` statement."""

    def __init__(self, repo: str, revision: str, files: dict[str, bytes]):
        self.repo, self.revision, self.files = repo, revision, files
        self.faults = Faults()
        self.closed = threading.Event()
        self.log: list[tuple[str, str, str | None]] = []  # method, file, Range header
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hub:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def gets(self, name: str) -> list[str | None]:
        """The Range header of each GET of a file, in order."""
        return [span for method, file, span in self.log if method == "GET" and file == name]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        path = self.path.split("?")[0]
        resolve = f"/{hub.repo}/resolve/{hub.revision}/"
        if path.startswith("/cdn/"):
            self._send_file(path.removeprefix("/cdn/"))
        elif not path.startswith(resolve):
            self._send_error("RepoNotFound")
        else:
            name = path.removeprefix(resolve)
            if name not in hub.files or name.split("/")[-1] in hub.faults.missing:
                self._send_error("EntryNotFound")
            elif len(hub.files[name]) > LARGE:
                self._redirect(name)
            else:
                self._send_file(name)

    def _redirect(self, name: str) -> None:
        content = self.hub.files[name]
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.hub.port}/cdn/{name}")
        self.send_header("X-Repo-Commit", self.hub.revision)
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("X-Linked-ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_file(self, name: str) -> None:
        short, content = name.split("/")[-1], self.hub.files[name]
        etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        if short in self.hub.faults.corrupted:
            content = content[:-1] + bytes([content[-1] ^ 1])
        span = self.headers.get("Range")
        self.hub.log.append((self.command, short, span))
        start = int(span.removeprefix("bytes=").split("-")[0]) if span else 0
        self.send_response(206 if span else 200)
        if span:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{etag}"')
        self.send_header("X-Repo-Commit", self.hub.revision)
        self.end_headers()
        if self.command == "GET":
            self._send_body(short, content[start:])

    def _send_body(self, short: str, body: bytes) -> None:
        drops = self.hub.faults.drops.get(short)
        limit = drops.pop(0) if drops else None
        stall = self.hub.faults.stalls.get(short)
        if stall is not None:
            self.wfile.write(body[:stall])
            self.wfile.flush()
            self.hub.closed.wait(60)
            self.close_connection = True
            return
        self.wfile.write(body if limit is None else body[:limit])
        if limit is not None:
            self.close_connection = True

    def _send_error(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
