"""The web site: every page is whole, every link leads somewhere, and no other host is asked for anything.

Notebook 00 is executed, the others are built as they are; the command executes all. The front page, on which a model
runs, has tests of its own.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from course_utils import ROOT, CourseError
from course_utils.setup import environment
from notebooks.web import command, pages

pytest.importorskip("myst_nb", reason="needs what tests/requirements.txt names")
pytestmark = pytest.mark.timeout(1800)
CELLS = nbformat.read(ROOT / "notebooks/00_start_here.ipynb", as_version=4).cells
DEBIAN = Path("/usr/bin/chromium")
AXE = {"resultTypes": ["violations"], "preload": False}  # it would ask for styles at places where none are
SIZES = ((1280, 900), (360, 740))


class Page(HTMLParser):
    """What a page has: its anchors, its links, what it loads, and what it is called."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors, self.links, self.loads, self.pictures = set(), [], [], []
        self.language, self.words, self._open = "", {"title": "", "h1": ""}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors |= {attrs[key] for key in ("id", "name") if attrs.get(key)}
        if tag == "html":
            self.language = attrs.get("lang", "")
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        elif tag == "link" and attrs.get("rel") not in ("next", "prev", "search", "canonical"):
            self.loads.append(attrs["href"])
        elif tag in ("link", "form"):
            self.links.append(attrs.get("href") or attrs.get("action"))
        elif attrs.get("src"):
            self.loads.append(attrs["src"])
        if tag == "img":
            self.pictures.append(attrs)
        self._open = [tag] if tag in self.words else self._open

    def handle_endtag(self, tag):
        self._open = [] if tag in self._open else self._open

    def handle_data(self, data):
        for tag in self._open:
            self.words[tag] += data


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "_site"
    command.build(folder, ["en", "fi"], run="en/00", smollm2=False)
    return folder


def read(site: Path) -> dict[str, Page]:
    """The pages that Sphinx made, by their path in the site."""
    files = [
        file for language in ("en", "fi") for file in (site / language).rglob("*.html") if "_static" not in file.parts
    ]
    return {file.relative_to(site).as_posix(): Page(file.read_text(encoding="utf-8")) for file in files}


@pytest.fixture(scope="module")
def made(site) -> dict[str, Page]:
    return read(site)


def faults(site: Path, made: dict[str, Page]) -> list[str]:
    """Links, anchors, pictures, scripts and styles that are not there, and such as come from another host."""
    found = []
    for name, page in made.items():
        for target in page.links + page.loads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if parts.scheme != "data" and (target in page.loads or parts.scheme != "https"):
                    found.append(f"{name} asks another host: {target}")
                continue
            there = ((site / name).parent / unquote(parts.path)).resolve() if parts.path else site / name
            there = there / "index.html" if there.is_dir() else there
            inside = there.relative_to(site.resolve()).as_posix() if parts.path else name
            if not there.exists():
                found.append(f"{name}: {target} is not there")
            elif parts.fragment and inside in made and unquote(parts.fragment) not in made[inside].anchors:
                found.append(f"{name}: {target} has no such anchor")
    return found


def test_every_notebook_is_a_page_in_both_languages(made):
    names = [file.stem for file in sorted((ROOT / "notebooks").glob("*.ipynb"))] + ["glossary"]
    wanted = {f"{language}/notebooks/{name}.html" for language in ("en", "fi") for name in names}
    assert wanted | {f"{language}/{name}.html" for language in ("en", "fi") for name in ("index", "search")} <= set(
        made
    )


def test_every_link_anchor_and_picture_is_there_and_no_other_host_is_asked(site, made):
    assert faults(site, made) == []


def test_styles_and_scripts_name_no_other_host(site):
    for file in [*site.glob("??/_static/**/*.css"), *site.glob("??/_static/**/*.js")]:
        text = file.read_text(encoding="utf-8")
        called = r"""(?:url\(|@import|fetch\(|import\()\s*["'`]?\s*(?:https?:)?//[^\s"')]+"""
        assert re.findall(called, text) == [], file


def test_a_fault_is_found(site, made):
    text = (site / "en/notebooks/glossary.html").read_text(encoding="utf-8")
    planted = """<a href="nowhere.html"></a><a href="#nothing"></a><a href="../index.html#nothing"></a><img src="x.png">
    <script src="https://cdn.example/x.js"></script><link rel="stylesheet" href="//fonts.example/x.css">
    <a href="http://insecure.example">x</a>"""
    assert len(faults(site, made | {"en/notebooks/glossary.html": Page(text + planted)})) == 7


def test_every_page_has_title_language_and_heading(made):
    for name, page in made.items():
        assert page.language == name[:2] and page.words["title"].strip(), name
        assert page.words["h1"].strip() or name.endswith("search.html"), name


def test_every_picture_has_a_text_in_its_place(made):
    for name, page in made.items():
        for picture in page.pictures:
            assert len(picture.get("alt", "").split()) >= 3, f"{name}: {picture}"


def test_no_emphasis_is_left_as_a_star(site, made):
    for name in made:
        text = (site / name).read_text(encoding="utf-8")
        text = re.sub(r"<(pre|code|script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert re.findall(r".{0,60}(?:\w\*[\s:.,;!?)<]|[\s(>]\*\w).{0,30}", text) == [], name


def test_a_page_leads_to_itself_in_the_other_language_and_to_the_model(made):
    assert {"../../fi/notebooks/04_transformers.html", "../../index.html"} <= set(
        made["en/notebooks/04_transformers.html"].links
    )
    assert {"../en/index.html", "../index.html?lang=fi"} <= set(map(posixpath.normpath, made["fi/index.html"].links))


def test_github_anchors_are_kept(made):
    assert {"the-map", "what-you-will-be-able-to-do"} <= made["en/index.html"].anchors
    assert {"go-further-ask-the-real-phi", "1-the-first-answer"} <= made["en/notebooks/00_start_here.html"].anchors


@pytest.mark.parametrize("language, word", [("en", "quantization"), ("fi", "kehote")])
def test_the_search_knows_the_words_of_the_pages(site, language, word):
    index = (site / language / "searchindex.js").read_text(encoding="utf-8")
    content = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    assert len(content["docnames"]) == len(command.places(language))
    assert any(term.startswith(word[:6]) for term in content["terms"])


def test_the_executed_notebook_shows_outputs_and_no_widget(site):
    text = (site / "en/notebooks/00_start_here.html").read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget" not in text and "FloatSlider(" not in text.split("cell_output", 1)[1]
    assert text.count("Not attempted.") >= 4 and "These outputs were made" in text
    assert "temperature" in re.search(r"<p>temperature.*?</pre>", text, re.DOTALL)[0]  # interact's twin
    assert "Where was the answer about the fox computed?" in text  # the quiz
    assert "have not been run" in (site / "en/notebooks/01_slm_vs_llm.html").read_text(encoding="utf-8")
    assert str(ROOT) not in text and "/tmp/" not in text


def test_each_widget_has_a_twin():
    state = {
        "a": {"state": {"_model_name": "VBoxModel", "children": ["IPY_MODEL_b", "IPY_MODEL_c", "IPY_MODEL_d"]}},
        "b": {"state": {"_model_name": "FloatSliderModel", "description": "a<b", "value": 0.5}},
        "c": {"state": {"_model_name": "HTMLModel", "description": "", "value": "<b>bold</b>"}},
        "d": {
            "state": {"_model_name": "OutputModel", "outputs": [{"text": "x & y"}, {"data": {"text/html": "<i>z</i>"}}]}
        },
    }
    words = "<p>a&lt;b 0.5</p><b>bold</b><pre>x &amp; y</pre><i>z</i>"
    assert pages.twin("a", state) == words
    plain = [("VBox(children=())", "a", words), ("A chat. It says hello.", "a", None)]
    plain += [("0 of 200 steps", "c", "<b>bold</b>")]  # a bar as it was at the end
    for text, model, expected in plain:
        data = {"text/plain": text, pages.WIDGET: {"model_id": model}}
        output = nbformat.v4.new_output("display_data", data)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])])
        notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
        shown = json.loads(pages.page(notebook, str, True, str))["cells"][0]["outputs"][0]["data"]
        assert pages.WIDGET not in shown and "".join(shown.get("text/html", [])) == (expected or "")


def links(text: str, monkeypatch, address: str = "") -> str:
    monkeypatch.setattr(pages, "repository", lambda: address)
    return pages.linked(
        text, ROOT / "translations/fi/notebooks/glossary.md", command.places("en") | command.places("fi"), set()
    )


def test_links_are_those_of_a_site(monkeypatch):
    assert links("[a](00_start_here.ipynb#x)", monkeypatch) == '<a href="00_start_here.html#x">a</a>'
    assert links("[`a`](../README.md)", monkeypatch) == '<a href="../index.html">`a`</a>'
    assert links("[a](../../../README.md#start)", monkeypatch) == '<a href="../../en/index.html#start">a</a>'
    assert links("[a](#x) [b](https://b.example)", monkeypatch) == "[a](#x) [b](https://b.example)"
    assert links("![a b](../images/x.svg)", monkeypatch) == "![a b](../translations/fi/images/x.svg)"
    assert links("```\n[a](b)\n```\n", monkeypatch) == "```\n[a](b)\n```\n"
    badge = f"[![to a service](https://x.example/y.svg)](https://x.example/{pages.NOBODY}/z)"
    assert links("[a](../../../LICENSE) " + badge, monkeypatch) == "a ![to a service](https://x.example/y.svg)"
    mine = "https://github.com/me/mine"
    assert links("[a](../../../LICENSE)", monkeypatch, mine) == f"[a]({mine}/blob/HEAD/LICENSE)"
    assert links("[a](../../../tests)", monkeypatch, mine) == f"[a]({mine}/tree/HEAD/tests)"
    assert links(badge, monkeypatch, mine).endswith("(https://x.example/me/mine/z)")


def test_a_cell_that_fails_is_an_error_that_names_the_notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setenv("FAKE_KEY", "secret")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for source in ("import os; os.environ['FAKE_KEY']", "1 / 0"):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        nbformat.write(notebook, folder / "99.ipynb")
        with pytest.raises(
            CourseError, match=r"99.ipynb stopped at an error.*(KeyError: 'FAKE_KEY'|ZeroDivisionError: \S)"
        ):
            pages.executed(folder / "99.ipynb", tmp_path, "en")
        assert not list((tmp_path / "cache").rglob("*.ipynb"))


def test_other_folders_are_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="holds other things"):
        command.build(tmp_path, ["en"])
    with pytest.raises(CourseError, match="no translation “xx”"):
        command.build(tmp_path / "new", ["xx"])
    assert (tmp_path / "letter.txt").exists()


def test_a_warning_of_sphinx_is_told(tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "en/index.md").write_text("# Page\n\n[x](nowhere.md)\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"(?s)Sphinx complains.*nowhere\.md"):
        command.sphinx(tmp_path / "en", tmp_path / "out", "en", ["en"])


def test_the_workflow_installs_what_the_build_needs():
    pins = environment.pins(tests=True)
    assert {"sphinx", "myst-nb", "sphinx-book-theme", "nbclient"} <= set(pins)
    workflow = (ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8")
    assert (
        "python -m course_utils site" in workflow and "upload-pages-artifact" in workflow and "deploy-pages" in workflow
    )


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with command.server(site) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def test_the_server_gives_webassembly_its_threads(address):
    with urllib.request.urlopen(address + "en/index.html") as answer:
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            path = str(DEBIAN) if DEBIAN.exists() else None
            chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        except Error as error:
            pytest.skip(f"no Chromium here (python -m playwright install chromium): {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width, height", SIZES)
def test_pages_fit_are_accessible_and_silent(browser, address, scheme, width, height):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for name in ("en/notebooks/00_start_here.html", "fi/notebooks/glossary.html"):
        page.goto(address + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        printed = "[...document.querySelectorAll('.cell_output pre')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        assert page.evaluate(printed + ".map(e => e.innerText.slice(0, 80))") == [], name  # it wraps
        serious = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in Axe().run(page, options=AXE).response["violations"]
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    context.close()


def test_no_page_scrolls_sideways_on_a_phone(browser, address, made):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    wide = []
    for name in made:
        page.goto(address + name)
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(name)
    page.close()
    assert wide == []


def test_the_search_finds_a_word(browser, address):
    page, errors = browser.new_page(viewport={"width": 360, "height": 740}), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address + "fi/search.html?q=pico-mini")
    page.get_by_text(re.compile(r"^Haku valmis: haettu löytyi \d+ sivulta\.$")).wait_for()  # Sphinx has no Finnish
    assert page.locator("#search-results li").count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(address + "fi/search.html?q=xyzzy")
    page.get_by_text("Miltään sivulta ei löytynyt haettua").wait_for()
    assert errors == []
    page.close()


@pytest.fixture(autouse=True, scope="module")
def nothing_in_the_working_tree():
    """A build leaves no file in the course's folder."""
    before = set(ROOT.glob("*")) | set((ROOT / "notebooks").glob("*"))
    yield
    assert set(ROOT.glob("*")) | set((ROOT / "notebooks").glob("*")) == before
    shutil.rmtree(ROOT / "_site", ignore_errors=True)
