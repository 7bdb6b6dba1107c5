"""The table of services: complete, dated, sourced; the scan for keys; the check of addresses against a local server."""

import json
import re
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from course_utils import ROOT, CourseError, show
from course_utils.__main__ import main
from course_utils.models import providers

FALSE_KEY = "nvapi-" + "0123456789" * 3


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for row in providers.providers():
        for name in filter(None, (row.key_env, row.base_url_env)):
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("row", providers.providers(), ids=lambda row: row.id)
def test_each_row_is_whole(row):
    assert row.status in ("open", "retired", "self-hosted") and row.name and row.phi and row.note
    assert date(2026, 7, 1) <= date.fromisoformat(row.checked_on)
    assert row.sources and all(source["title"] and source["url"].startswith("https://") for source in row.sources)
    assert row.base_url.startswith("https://") or row.status == "self-hosted"
    assert row.checked_on in row.trace() and row.sources[0]["url"] in row.trace()


def test_the_services_that_the_course_speaks_of():
    assert {"github-models", "foundry", "nvidia", "nim"} <= {row.id for row in providers.providers()}
    assert providers.provider("github-models").status == "retired"
    assert sum(row.status == "open" for row in providers.providers()) >= 4
    with pytest.raises(CourseError, match="nvidia"):
        providers.provider("nvidea")


def test_a_price_has_a_source_and_a_day():
    for price in providers.prices():
        assert date.fromisoformat(price.read_on) and price.source["url"].startswith("https://")
        assert price.cost(1_000_000, 0) == price.input and price.cost(0, 1_000_000) == price.output


def test_what_is_missing_is_one_line(monkeypatch):
    row = providers.provider("nvidia")
    assert "NVIDIA_API_KEY" in row.missing() and "\n" not in row.missing()
    monkeypatch.setenv("NVIDIA_API_KEY", FALSE_KEY)
    assert row.missing() == "" and row.key() == FALSE_KEY and FALSE_KEY not in repr(row)
    assert "NIM_BASE_URL" in providers.provider("nim").missing()


def test_a_retired_service_asks_nobody_for_a_key():
    row = providers.provider("github-models")
    assert "Retired on 30 July 2026" in row.missing() and "not set" not in row.missing()
    assert row.key_env == "" and row.key() == ""
    assert providers.provider_of("https://models.inference.ai.azure.com") == row, "its older address"


@pytest.mark.parametrize(
    "copied",
    [
        "https://mine.openai.azure.com",
        "https://mine.openai.azure.com/openai/v1/",
        "https://mine.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-10-21",
        "https://mine.services.ai.azure.com/api/projects/one",
    ],
)
def test_the_address_at_foundry_is_yours(monkeypatch, copied):
    row = providers.provider("foundry")
    assert row.address() == ""
    assert all(name in row.missing() for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT"))
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", copied)
    assert row.address() == f"https://{copied.split('/')[2]}/openai/v1/"
    assert providers.provider_of(row.address()) == row
    assert providers.provider_of("https://mine.openai.azure.com.evil.example/") is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/llama", "microsoft/phi-4", "microsoft/phi-4-mini-instruct"], "microsoft/phi-4-mini-instruct"),
        (["Phi-4-multimodal", "gpt-x"], "Phi-4-multimodal"),
        (["dolphin-3", "sophia-1"], None),
        ([], None),
    ],
)
def test_a_phi_is_picked(names, expected):
    assert providers.pick_phi(names) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "192.168.1.5", "10.0.0.1", "::1", "gpu-box", "gpu.local"])
def test_near(host):
    assert providers.is_near(host)


@pytest.mark.parametrize("host", ["openrouter.ai", "8.8.8.8", "localhost.example", "192.168.1.5.example"])
def test_far(host):
    assert not providers.is_near(host)


# -- keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", [FALSE_KEY, "sk-" + "a1" * 20, "hf_" + "Ab1" * 8, "ghp_" + "x1" * 18, "gsk_" + "aB3" * 9]
)
def test_a_key_is_found_and_not_shown(key):
    found = providers.leaks(f"client = OpenAI(api_key='{key}')")
    assert len(found) == 1 and key not in found[0] and str(len(key)) in found[0]


def test_a_long_word_is_no_key():
    assert providers.leaks("the_command_that_weighs_and_times_a_model, a task-with-a-very-long-name") == []
    assert providers.leaks("risk-management-framework-overview, desk-research-methods-101, disk-usage-by-folder") == []


def test_the_value_of_a_variable_is_found(monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "no-known-pattern-77")
    assert providers.leaks("out: no-known-pattern-77") and not providers.leaks("out: nothing")
    assert providers.leaks("a canary here", "canary")


def test_no_key_is_in_a_file_of_the_course():
    kinds = ("*.py", "*.ipynb", "*.md", "*.json", "*.toml", "*.txt")
    skip = {".venv", ".git", ".cache", "node_modules"}
    paths = [path for kind in kinds for path in ROOT.rglob(kind) if not skip & set(path.relative_to(ROOT).parts)]
    assert len(paths) > 50
    found = {str(path): providers.leaks(path.read_text(encoding="utf-8", errors="replace")) for path in paths}
    assert {path: leak for path, leak in found.items() if leak} == {}


# -- doctor --online -------------------------------------------------------------------------------


@pytest.fixture
def service(monkeypatch):
    """A server that answers each address with one status, and keeps what it was sent."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, dict(self.headers)))
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    web = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    for name in ("HTTP_PROXY", "http_proxy"):  # a proxy cannot see this machine, and is not asked for it
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(providers.Provider, "address", lambda row: f"http://127.0.0.1:{web.server_port}/{row.id}")
    yield Handler, heard
    web.shutdown()
    web.server_close()


@pytest.mark.parametrize(
    ("id", "status", "expected"),
    [
        ("nvidia", 200, True),
        ("nvidia", 401, True),
        ("nvidia", 410, False),
        ("nvidia", 503, None),
        ("github-models", 410, True),
        ("github-models", 404, True),
        ("github-models", 200, False),
    ],
)
def test_an_answer_is_compared_with_the_table(service, monkeypatch, id, status, expected):
    handler, heard = service
    handler.status = status
    monkeypatch.setenv("NVIDIA_API_KEY", FALSE_KEY)
    answer = providers.ask(providers.provider(id), timeout=5)
    assert (answer["status"], answer["as_expected"]) == (status, expected) and str(status) in answer["words"]
    [(path, headers)] = heard
    assert path == f"/{id}/models" and FALSE_KEY not in str(headers) and "Authorization" not in headers


def test_doctor_says_what_was_answered(service, capsys):
    service[0].status = 200
    main(["doctor", "--online", "--json"])
    answers = json.loads(capsys.readouterr().out)["online"]
    assert [answer["id"] for answer in answers] == [row.id for row in providers.providers()]
    main(["doctor", "--online"])
    lines = capsys.readouterr().out
    assert re.search(r"GitHub Models: DIFFERS", lines) and re.search(r"OpenRouter: as expected", lines)
    main(["doctor", "--json"])
    assert "online" not in json.loads(capsys.readouterr().out)


def test_without_a_network_the_doctor_is_calm(monkeypatch):
    monkeypatch.setattr(providers.Provider, "address", lambda row: "http://127.0.0.1:9/v1")
    for row in providers.providers():
        answer = providers.ask(row, timeout=2)
        assert answer["as_expected"] is None and answer["words"]


# -- the table -------------------------------------------------------------------------------------


def test_the_table_shows_each_row_with_its_source():
    view = show.services()
    for row in providers.providers():
        assert row.name in view.text() and row.sources[0]["url"] in view.text()
        assert row.checked_on in view.html() and f'href="{row.sources[0]["url"]}"' in view.html()
