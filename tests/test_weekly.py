"""What the weekly run is made of: the check of links against a server with every answer, and the loosened lists."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import check_links
import newest
import pytest

from course_utils import ROOT
from course_utils.setup import environment


class Web(BaseHTTPRequestHandler):
    """Answers as its path says: /200, /301/404 goes on to /404, /get/200 refuses HEAD, /once/500 fails once."""

    def answer(self):
        self.server.log.append((self.command, self.path))
        *words, last = self.path.strip("/").split("/")
        again = self.server.log.count((self.command, self.path)) > 1
        if words[:1] == ["301"]:
            self.send_response(301)
            self.send_header("Location", "/" + "/".join([*words[1:], last]))
        elif last == "silence":
            time.sleep(1.0)
            return
        elif words == ["get"] and self.command == "HEAD":
            self.send_response(405)
        else:
            self.send_response(200 if words == ["once"] and again else int(last))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as found:
        found.log, found.base = [], f"http://127.0.0.1:{found.server_port}"
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.mark.parametrize(
    ("path", "there", "said"),
    [
        ("/200", True, "200"),
        ("/301/200", True, "200, at http"),
        ("/301/404", False, "404"),
        ("/403", False, "403"),
        ("/404", False, "404"),
        ("/410", False, "410"),
        ("/get/200", True, "200"),
        ("/once/500", True, "200"),
        ("/once/429", True, "200"),
        ("/500", False, "500"),
        ("/silence", False, ""),
    ],
)
def test_each_answer_is_read_rightly(web, path, there, said):
    web.log.clear()
    found, words = check_links.ask(web.base + path, timeout=0.5, pause=0)
    assert found is there and words.startswith(said)
    if path == "/404":
        assert web.log == [("HEAD", "/404"), ("GET", "/404")], "what is gone is not asked for again"
    if path == "/500":
        assert len(web.log) == 2 * check_links.TRIES


def test_a_host_that_turns_programs_away_may_refuse_and_not_lose(web, monkeypatch):
    monkeypatch.setitem(check_links.ALLOWED, "127.0.0.1", "as a test")
    assert check_links.ask(web.base + "/403", pause=0) == (True, "403, allowed: as a test")
    assert not check_links.ask(web.base + "/404", pause=0)[0]
    assert not check_links.ask("http://127.0.0.1:9/", pause=0)[0]


def test_links_are_found_in_pages_notebooks_and_data(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "[a](https://one.org/a_(b)), <https://two.org/x#place>. See https://three.org/y?z=1.\n"
        "http://127.0.0.1:80/no and https://host.example/no\n```\nhttps://code.org/no\n```\n",
        encoding="utf-8",
    )
    assert check_links.addresses(page) == {"https://one.org/a_(b)", "https://two.org/x", "https://three.org/y?z=1"}
    data = tmp_path / "facts.json"
    data.write_text('{"a": [{"url": "https://four.org/"}], "text": "https://five.org"}', encoding="utf-8")
    assert check_links.addresses(data) == {"https://four.org/"}
    assert len(check_links.addresses(ROOT / "course_utils/phi/family.json")) > 20
    assert any(check_links.addresses(path) for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_table_names_the_page_of_a_broken_link_and_the_exit_status_tells(web, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(check_links, "_outside", lambda address: True)
    page = tmp_path / "page.md"
    page.write_text(f"<{web.base}/200> and <{web.base}/404>", encoding="utf-8")
    assert check_links.main([str(page), "--pause", "0"]) == 1
    told = capsys.readouterr().out
    assert f"| {web.base}/404 | **broken**, 404 | page.md |" in told and told.endswith("2 links, 1 broken.\n")
    page.write_text(f"<{web.base}/200>", encoding="utf-8")
    assert check_links.main([str(page)]) == 0


def test_the_loosened_lists_ask_for_the_same_packages_and_take_newer_ones(tmp_path):
    assert newest.main([str(tmp_path)]) == 0
    loose = {name: (tmp_path / name).read_text(encoding="utf-8") for name in newest.LISTS}
    for name, text in loose.items():
        exact = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^([\w.-]+(?:\[\w+\])?)==(.+)$", exact, re.MULTILINE)
        assert re.findall(r"^([\w.-]+(?:\[\w+\])?)>=(.+)$", text, re.MULTILINE) == pins and len(pins) > 5
        assert not re.search("^[^#].*==[0-9]", text, re.MULTILINE)
        others = [line for line in exact.splitlines() if line.startswith("-")]
        assert [line for line in text.splitlines() if line.startswith("-")] == others, "the course, and the other list"


def test_the_list_for_the_audit_is_every_pin_and_nothing_else(tmp_path):
    assert newest.main(["--pinned", str(tmp_path / "all.txt")]) == 0
    lines = (tmp_path / "all.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line and line[0].isalnum() for line in lines)
    assert {line.partition("==")[0] for line in lines} >= set(environment.pins(tests=True))


def test_the_workflow_runs_each_of_them_once_a_week():
    text = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    for words in ("schedule:", "cron:", "pip-audit", "tests/newest.py", "tests/check_links.py", "workflow_dispatch"):
        assert words in text
