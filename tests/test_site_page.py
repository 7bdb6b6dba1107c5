"""The front page of the site, used as a learner would: a real Chromium, pico-mini in it, nothing canned."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from course_utils import ROOT, load
from course_utils.models.chat import SamplingParams
from course_utils.models.torch_model import processors_for
from notebooks.web.models import models
from notebooks.web.vendor import vendor

LIVE = ROOT / "notebooks" / "web" / "live"
EXAMPLES = json.loads((LIVE / "examples.json").read_text(encoding="utf-8"))
WORDS = json.loads((LIVE / "words.json").read_text(encoding="utf-8"))
SETTINGS = [
    (1, 0, 1),
    (0.3, 0, 1),
    (2, 0, 1),
    (1, 5, 1),
    (1, 0, 0.9),
    (0.7, 20, 0.5),
    (2, 3, 0.3),
    (0, 0, 1),
    (1.5, 1, 1),
]
SAMPLE = """async ([logits, temperature, topK, topP]) => {
  const {distribution} = await import(new URL("sampling.mjs", document.baseURI));
  const {after, kept} = distribution(Float32Array.from(logits), {temperature, topK, topP});
  return [[...after], [...kept]];
}"""
DRAWS = """async ([odds, seed, count]) => {
  const {draw, rng} = await import(new URL("sampling.mjs", document.baseURI));
  const random = rng(seed);
  return Array.from({length: count}, () => draw(odds, random));
}"""


CONTROLS = "button:visible:enabled, input:visible, textarea:visible, a[href]:visible, summary:visible"
OUTLINED = """() => document.activeElement === document.body
  || getComputedStyle(document.activeElement).outlineStyle !== "none" """
KEPT = """caches.open("course-live-1").then((cache) => cache.keys())
  .then((all) => all.map((one) => new URL(one.url).pathname))"""


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".wasm": "application/wasm"}

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path, handler: type = Quiet):
    """The address of a plain server of a folder on loopback; like GitHub Pages it sends no header of isolation."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(LIVE, folder, dirs_exist_ok=True)
    vendor(folder)
    models(folder, smollm2=False)
    (folder / "words.fi.json").write_text('{"title": "Kielimalli tällä sivulla"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@dataclass
class Visits:
    """Opens the page as new visitors do, and notes whom it asks and what the console says."""

    browser: object
    address: str
    contexts: list = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __call__(self, path="", script="", ready=True, silent=True, width=1280, **options):
        context = self.browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.contexts.append(context)
        context.on("request", lambda request: self.asked.append(request.url))
        page = context.new_page()
        page.set_default_timeout(60_000)
        if silent:
            page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(self.address + path)
        if ready:
            page.wait_for_selector("#send:enabled")
        return page

    def leave(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def check(self) -> None:
        """Nobody was asked but the page's own origin, and the console was silent."""
        assert self.asked
        assert [url for url in self.asked if not url.startswith((self.address, "data:", f"blob:{self.address}"))] == []
        assert self.complaints == []


@pytest.fixture
def visit(browser, address):
    visits = Visits(browser, address)
    yield visits
    visits.leave()
    visits.check()


@pytest.fixture(scope="module")
def shared(browser, address):
    visits = Visits(browser, address)
    visits.page = visits()
    yield visits
    visits.leave()


@pytest.fixture
def page(shared):
    """The page with pico-mini, its chat empty and its settings as at the beginning."""
    ready = shared.page
    ready.click("#clear")
    if ready.locator("#draw").is_visible():
        for slider, value in (("temperature", 1), ("top_k", 0), ("top_p", 1)):
            move(ready, slider, value)
        ready.uncheck("#in_chat")
        ready.fill("#seed", "2")
    yield ready
    shared.check()


@pytest.fixture(scope="module")
def pico():
    return load("pico-mini", runtime="onnx")


def ask(page, text: str) -> str:
    """Send a message by the keyboard; the answer as it stands in the chat."""
    page.fill("#ask", text)
    page.press("#ask", "Enter")
    page.wait_for_selector("#send:enabled")
    return page.locator("#log li.model .text").last.text_content()


def explore(page, guess: str = "") -> None:
    page.click("#read")
    page.wait_for_selector("#guess:visible")
    page.fill("#guess", guess)
    page.press("#guess", "Enter")
    page.wait_for_selector("#draw:visible")


def bars(page) -> list[tuple[str, float | None, float | None]]:
    """Token, the model's percentage, and the one now; None where it is cut."""
    page.wait_for_selector("#bars[aria-busy=false]")
    rows = page.locator("#bars tr").evaluate_all("rows => rows.map(row => [...row.children].map(c => c.textContent))")
    number = lambda text: float(text.strip("<%")) if "%" in text else None  # noqa: E731
    return [(name, number(model), number(now)) for name, model, now, _ in rows]


def move(page, slider: str, value: float) -> None:
    page.locator(f"#{slider}").fill(str(value))
    page.wait_for_selector("#bars[aria-busy=false]")


def test_sampling_is_that_of_transformers(page, pico):
    """On random logits and on real ones: the same probabilities within 1e-6, and the same tokens cut."""
    random = 4 * torch.randn(1, 2048, generator=torch.Generator().manual_seed(5))
    network = load("pico-mini", runtime="transformers")
    ids = network.tokenizer("<|user|>\nhello<|end|>\n<|assistant|>\n", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        real = network.model(ids).logits[:, -1].float()
    for logits in (random, real):
        for temperature, top_k, top_p in SETTINGS:
            params = SamplingParams.read({"temperature": temperature, "top_k": top_k, "top_p": top_p})
            scores = processors_for(params)(ids, logits.clone())
            expected = scores.softmax(-1)[0] if temperature else torch.eye(2048)[logits[0].argmax()]
            after, kept = page.evaluate(SAMPLE, [logits[0].tolist(), temperature, top_k, top_p])
            assert (torch.tensor(after) - expected).abs().max() < 1e-6, (temperature, top_k, top_p)
            allowed = scores[0].isfinite() if temperature else expected > 0
            assert torch.equal(torch.tensor(kept).bool(), allowed), (temperature, top_k, top_p)


def test_draws_follow_the_odds_and_the_seed(page):
    odds, count = [0.5, 0.0, 0.3, 0.15, 0.05], 20_000
    drawn = page.evaluate(DRAWS, [odds, 7, count])
    for token, share in enumerate(odds):
        assert abs(drawn.count(token) / count - share) <= 4 * (share * (1 - share) / count) ** 0.5
    assert drawn == page.evaluate(DRAWS, [odds, 7, count]) != page.evaluate(DRAWS, [odds, 8, count])


def test_a_setting_out_of_range_is_refused(page):
    for settings in ([-1, 0, 1], [1, -1, 1], [1, 0, 0], [1, 0, 1.1]):
        with pytest.raises(Exception, match="RangeError"):
            page.evaluate(SAMPLE, [[1.0, 2.0], *settings])


def test_the_answers_are_those_of_python(page, pico):
    for place, wanted in (("inside", ("12", "Punainen kettu", "garden")), ("outside", ("outside my small world",) * 3)):
        for number, (question, words) in enumerate(zip(EXAMPLES[place], wanted, strict=True)):
            page.click("#clear")
            page.locator(f"#{place} button").nth(number).click()
            page.wait_for_selector("#send:enabled")
            answer = page.locator("#log li.model .text").last.text_content()
            assert words in answer
            assert answer == pico.chat(question, temperature=0, max_new_tokens=200).text
            assert page.locator("#log li.you .text").last.text_content() == question
    tokens = page.locator("#log li.model .token").count()
    assert page.locator("#log li.model .quiet").text_content().startswith(f"{tokens} tokens, ")


def test_the_chat_remembers_and_starts_anew(page, pico):
    first, then = "Tell me a story about a red fox in the forest.", "What is 7 + 5?"
    turns = [{"role": "user", "content": first}, {"role": "assistant", "content": ask(page, first)}]
    turns.append({"role": "user", "content": then})
    assert ask(page, then) == pico.chat(turns, temperature=0, max_new_tokens=200).text
    page.click("#clear")
    assert page.locator("#log li").count() == 0
    assert ask(page, then) == pico.chat(then, temperature=0, max_new_tokens=200).text


def test_an_answer_is_announced_once(page):
    page.evaluate("""() => {
      window.heard = [];
      const WATCHED = {childList: true, subtree: true, characterData: true};
      for (const live of document.querySelectorAll("[role=status], [role=alert], [aria-live], [role=log]"))
        new MutationObserver(() => heard.push(live.textContent)).observe(live, WATCHED);
    }""")
    answer = ask(page, "What is 7 + 5?")
    heard = page.evaluate("heard")
    assert [text for text in heard if "12" in text] == [f"pico-mini says: {answer}"]
    assert len(heard) == 2, heard  # that it writes, and what it wrote


def test_stop_ends_the_answer(page, pico):
    """Stopped by the page itself at the tenth token, so that no clock decides."""
    whole = pico.chat(EXAMPLES["prompt"], temperature=0, max_new_tokens=200).text
    escape = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))"
    for stop in ("document.getElementById('stop').click()", escape):
        page.click("#clear")
        page.evaluate(f"""() => new MutationObserver((_, watch) => {{
          if (document.querySelectorAll("#log li.model .token").length < 10) return;
          watch.disconnect();
          {stop};
        }}).observe(document.getElementById("log"), {{childList: true, subtree: true}})""")
        answer = ask(page, EXAMPLES["prompt"])
        assert whole.startswith(answer)
        assert 0 < len(answer) < len(whole)
        assert WORDS["stopped"] in page.locator("#log").text_content()
        assert "12" in ask(page, "What is 7 + 5?")  # and it goes on


def test_a_new_chat_forgets_the_answer_that_was_being_written(page, pico):
    page.evaluate("""() => new MutationObserver((_, watch) => {
      if (document.querySelectorAll("#log li.model .token").length < 10) return;
      watch.disconnect();
      document.getElementById("clear").click();
    }).observe(document.getElementById("log"), {childList: true, subtree: true})""")
    page.fill("#ask", EXAMPLES["prompt"])
    page.press("#ask", "Enter")
    page.wait_for_selector("#log:empty", state="attached")
    page.wait_for_selector("#send:enabled")
    question = "Where did the fox go?"
    assert ask(page, question) == pico.chat(question, temperature=0, max_new_tokens=200).text
    assert page.locator("#log li").count() == 2


def test_bars_are_the_probabilities_and_follow_the_settings(page):
    explore(page)
    plain = bars(page)
    assert len(plain) == 12
    assert [model for _, model, _ in plain] == [now for *_, now in plain]
    assert sorted((model for _, model, _ in plain), reverse=True) == [model for _, model, _ in plain]
    move(page, "top_k", 12)
    assert sum(now for *_, now in bars(page)) == pytest.approx(100, abs=1)  # rounded to a tenth
    assert page.locator("#left").text_content().startswith("12 of 2,048 tokens")
    widths = page.locator("#bars .now").evaluate_all("bars => bars.map(bar => parseFloat(bar.style.width))")
    assert sum(widths) == pytest.approx(100)
    move(page, "top_k", 0)
    shares = {}
    for temperature in (0.5, 2):
        move(page, "temperature", temperature)
        shares[temperature] = bars(page)[0][2]
    assert shares[0.5] > plain[0][2] + 5 > plain[0][2] > shares[2]
    move(page, "top_k", 3)
    assert [now for *_, now in bars(page)].count(None) == 9


def test_a_greedy_draw_is_the_highest_bar(page, pico):
    explore(page)
    move(page, "temperature", 0)
    for _ in range(12):
        (top, _, share), *_ = bars(page)
        assert share == 100
        tokens = page.locator("#drawn .token").count()
        page.press("#draw", "Enter")
        page.locator("#drawn .token").nth(tokens).wait_for()
        assert page.locator("#drawn .token").last.text_content() == top
    page.evaluate("() => { for (let press = 0; press < 3; press++) document.getElementById('draw').click(); }")
    page.locator("#drawn .token").nth(14).wait_for()  # none of three quick presses is lost, each reads the one before
    drawn = "".join(page.locator("#drawn .token").all_text_contents())
    answer = pico.chat(EXAMPLES["prompt"], temperature=0, max_new_tokens=15).text
    assert drawn.replace("·", " ").replace("↵", "\n") == answer


def test_the_seed_repeats_a_draw(page):
    said = []
    explore(page)
    for seed in (2, 2, 3):
        page.fill("#seed", str(seed))
        page.click("#restart")
        page.locator("#drawn").filter(has_text=WORDS["nothing"]).wait_for()
        for number in range(6):
            page.click("#draw")
            page.locator("#drawn .token").nth(number).wait_for()
        said.append(page.locator("#drawn").text_content())
    assert said[0] == said[1] != said[2]


def test_the_settings_serve_the_chat_if_asked(page):
    explore(page)
    greedy = ask(page, EXAMPLES["prompt"])
    move(page, "temperature", 2)
    page.click("#clear")
    assert ask(page, EXAMPLES["prompt"]) == greedy
    page.check("#in_chat")
    page.click("#clear")
    assert ask(page, EXAMPLES["prompt"]) != greedy


def test_a_guess_is_compared(page):
    explore(page)
    (top, share, _), *_ = bars(page)
    assert page.locator("#compared").text_content() == f"The likeliest token is “{top}”: {share}%."
    for guess, words in ((top, f"begins with “{top}”, and that is the likeliest token"), ("zebra", "of 2,048")):
        explore(page, guess)
        assert words in page.locator("#compared").text_content()


def test_what_is_typed_is_shown_as_tokens(page, pico):
    text = "The red fox sleeps.\nHyvää <|end|>"
    page.fill("#ask", text)
    ids = " ".join(map(str, pico.tokenizer.encode(text)))
    page.locator("#typed-ids", has_text=re.compile(f"^{ids}$")).wait_for(state="attached")
    assert page.locator("#typed .special").text_content() == "<|end|>"
    assert page.locator("#typed").text_content().startswith("The·red·fox")
    assert page.locator("#typed-count").text_content() == f"{len(ids.split())} tokens for {len(text)} characters"


def test_text_is_never_taken_for_html(page):
    text = '<img src="x" onerror="document.title=1"><b>bold</b>'
    ask(page, text)
    page.fill("#ask", text)
    assert page.locator("#log b, #log img, #typed b").count() == 0
    assert page.title() == WORDS["title"]


def test_the_keyboard_is_enough(page):
    """Every control is reached by Tab; a question, a guess, a slider and a draw need no mouse."""
    explore(page)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = page.locator(
        "button:visible:enabled, input:visible, textarea:visible, a[href]:visible, summary:visible"
    ).count()
    seen = set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML")
    assert len(seen) >= wanted
    page.focus("#inside button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#send:enabled")
    assert "12" in page.locator("#log li.model .text").text_content()
    page.focus("#temperature")
    page.keyboard.press("Home")
    assert page.locator("#temperature-now").text_content() == "0"
    page.focus("#draw")
    page.keyboard.press("Space")
    page.locator("#drawn .token").wait_for()


def test_it_works_without_a_network_once_it_was_loaded(browser, site):
    """The server is gone, so that nothing can come but what was kept; and what was kept brings threads."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    with served(site) as address:
        page.goto(address)
        page.wait_for_selector("#send:enabled")
        needed = {"/", "/page.mjs", "/engine.mjs", "/worker.mjs", "/words.json", "/models.json"}
        needed |= {"/vendor/ort-wasm-simd-threaded.wasm"}
        needed |= {f"/{file.relative_to(site).as_posix()}" for file in site.glob("models/**/*") if file.is_file()}
        for _ in range(100):
            if needed <= set(page.evaluate(KEPT)):
                break
            page.wait_for_timeout(100)
        assert needed - set(page.evaluate(KEPT)) == set()
        # What a graphics card needs is larger, and comes with the first model that runs there.
        assert not [name for name in page.evaluate(KEPT) if re.search("asyncify|webgpu", name)]
        assert not page.evaluate("crossOriginIsolated")
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("#send:enabled")
    assert page.evaluate("crossOriginIsolated")
    assert ask(page, "What is 7 + 5?") == "7 + 5 = 12."
    page.goto(f"{address}?lang=fi")
    page.wait_for_selector("#send:enabled")
    context.close()


def test_new_weights_replace_those_that_were_kept(browser, tmp_path, site):
    """A new build of the site: models.json names another hash, so the file that was kept is fetched again."""
    copy = shutil.copytree(site, tmp_path / "site")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    with served(copy) as address:
        page.goto(address)
        page.wait_for_selector("#send:enabled")
        page.reload()
        page.wait_for_selector("#send:enabled")
        known = json.loads((copy / "models.json").read_text(encoding="utf-8"))
        file = known["pico-mini"]["files"]["tokenizer"]
        words = (copy / file["path"]).read_bytes() + b"\n"
        (copy / file["path"]).write_bytes(words)
        file |= {"bytes": len(words), "sha256": hashlib.sha256(words).hexdigest()}
        (copy / "models.json").write_text(json.dumps(known), encoding="utf-8")
        page.reload()
        page.wait_for_selector("#send:enabled")
        assert page.locator("#fault").text_content() == ""
        assert ask(page, "What is 7 + 5?") == "7 + 5 = 12."
    context.close()


NO_SIMD = "WebAssembly.validate = () => false"
NO_WASM = "delete window.WebAssembly"


@pytest.mark.parametrize(("script", "words"), [(NO_SIMD, "fault_no_simd"), (NO_WASM, "fault_no_wasm")])
def test_a_browser_that_cannot_says_so(script, words, visit):
    page = visit(script=script, ready=False)
    page.locator("#fault").filter(has_text=WORDS[words]).wait_for()
    assert page.locator("#send").is_disabled()


def fault_with(visit, handler, pattern: str = "**/models/**"):
    """A visit on which some files come otherwise; the page and the line that it shows."""
    page = visit(ready=False, silent=False, path="words.json", service_workers="block")
    page.context.route(pattern, handler)
    page.goto(page.url.replace("words.json", ""))
    page.wait_for_selector("#again:visible")
    return page, page.locator("#fault").text_content()


def about(words: str) -> str:
    return WORDS[words].format(model="pico-mini")


def test_faults_of_the_files_have_a_line_each(visit):
    page, line = fault_with(visit, lambda route: route.abort())
    assert line == about("fault_no_network")
    page.context.unroute("**/models/**")
    page.click("#again")
    page.wait_for_selector("#send:enabled")  # back on the net, without a reload
    assert page.locator("#fault").text_content() == ""

    _, line = fault_with(visit, lambda route: route.fulfill(status=404))
    assert line == about("fault_missing")

    def spoilt(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body()[:-1] + b"\0")

    _, line = fault_with(visit, spoilt)
    assert line == about("fault_damaged")


def test_a_machine_without_memory_is_told(visit):
    """models.json asks for more bytes than any machine has."""

    def huge(route):
        known = route.fetch().json()
        for file in known["pico-mini"]["files"].values():
            file["bytes"] = 2**52
        route.fulfill(json=known)

    _, line = fault_with(visit, huge, "**/models.json")
    assert line == about("fault_no_memory")


def test_a_site_without_the_model_says_so(visit):
    _, line = fault_with(visit, lambda route: route.fulfill(json={}), "**/models.json")
    assert line == about("fault_no_model")


def test_another_language(visit):
    page = visit("?lang=fi")
    assert page.title() == page.locator("h1").text_content() == "Kielimalli tällä sivulla"
    assert page.evaluate("document.documentElement.lang") == "fi"
    assert page.locator("#course").get_attribute("href") == "fi/index.html"
    assert page.locator("#send").text_content() == WORDS["send"]  # what is not translated stays English
    page = visit("?lang=xx", silent=False)
    assert page.locator("#notice").text_content() == WORDS["no_language"]
    assert page.title() == WORDS["title"]


def grave(page) -> list[tuple[str, str]]:
    """What axe-core finds serious, with all folds open, light and dark; and text wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach(fold => (fold.open = true))")
    seen = page.evaluate("getComputedStyle(document.body).backgroundColor")
    faults = []
    for _ in ("as it comes", "the other"):
        for rule in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                faults += [(rule["id"], node["html"][:200]) for node in rule["nodes"]]
        page.click("#dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == seen
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append(("wide", page.url))
    return faults


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_both_pages_are_accessible(scheme, width, visit):
    page = visit(width=width, color_scheme=scheme)
    light = page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    assert (page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") == light
    explore(page, "Once")
    ask(page, "What is 7 + 5?")
    page.fill("#ask", "The red fox <|end|>")
    page.locator("#typed .special").wait_for()
    assert grave(page) == []
    page.click("a[data-here='concepts.html']")
    page.click("#show")
    page.locator("#rows .token").last.wait_for()
    assert grave(page) == []


def test_the_ideas_are_computed(visit, pico):
    """Tokens, mask and rounding of the second page, against Python's."""
    page = visit("concepts.html", ready=False)
    assert page.locator("#rows .token").count() == 0  # a guess comes first
    page.click("#show")
    for place, row in enumerate(EXAMPLES["languages"]):
        tokens = len(pico.tokenizer.encode(row["text"]))
        page.locator("#rows p:not(.tokens)").nth(place).filter(has_text=f"{tokens} tokens").wait_for()
    page.locator("#mask td").first.wait_for()
    page.locator("#window").fill("3")
    rows = page.locator("#mask tr").evaluate_all("rows => rows.map(row => row.textContent.match(/[■·]/g).join(''))")
    places = len(rows)
    expected = torch.ones(places, places).tril().triu(-2).bool().tolist()
    assert [row[-places:] for row in rows] == ["".join("·■"[seen] for seen in row) for row in expected]
    open_, all_ = sum(map(sum, expected)), places * (places + 1) // 2
    assert page.locator("#open").text_content().startswith(f"{open_} of {all_} places")

    page.click("#outlier")
    for bits in (8, 4):
        page.locator("#bits").fill(str(bits))
        weights = torch.tensor([*EXAMPLES["weights"], 8], dtype=torch.float64)
        scale = 8 / (2 ** (bits - 1) - 1)
        back = (weights / scale).round() * scale
        shown = page.locator("#numbers td:nth-child(3)").all_text_contents()
        assert torch.allclose(torch.tensor([*map(float, shown)], dtype=torch.float64), back, atol=6e-4)
        assert f"mean error is {float((weights - back).abs().mean()):.3f}" in page.locator("#rounded").text_content()
    page.fill("#weights", "none")
    assert page.locator("#rounded").text_content() == WORDS["c_no_weights"]
    page.fill("#weights", "0 0")
    assert page.locator("#numbers td:nth-child(3)").all_text_contents() == ["0", "0"]


def test_every_word_is_there_and_used():
    sources = "".join(file.read_text(encoding="utf-8") for file in [*LIVE.glob("*.mjs"), *LIVE.glob("*.html")])
    said = set(re.findall(r'data-(?:word|label|hint|title)="(\w+)"|\bsay\("(\w+)"', sources))
    said = {name for names in said for name in names if name}
    assert said - set(WORDS) == set()
    unused = {key for key in WORDS if key not in said and f'"{key}"' not in sources}
    assert {key for key in unused if not key.startswith(("fault_", "device_"))} == set()


def test_links_lead_to_pages_of_the_site():
    """The course's pages are named after its notebooks; ours stand beside each other."""
    for file in LIVE.glob("*.html"):
        page = file.read_text(encoding="utf-8")
        ours = re.findall(r'data-here="([^"]+)"', page)
        course = [Path(name) for name in re.findall(r'data-page="([^"]+)"', page)]
        assert [name for name in ours if not (LIVE / name).is_file()] == []
        lost = [name for name in course if not (ROOT / name).with_suffix(".ipynb").is_file()]
        assert [str(name) for name in lost if str(name) != "index.html"] == []


def test_the_page_may_run_no_strange_script():
    for file in LIVE.glob("*.html"):
        page = file.read_text(encoding="utf-8")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
        assert "default-src 'none'" in policy
        assert not re.search(r"unsafe-inline|'unsafe-eval'|https?:", policy)
        assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|(?:src|href)=\"(?:https?:)?//", page)
    scripts = "".join(file.read_text(encoding="utf-8") for file in LIVE.glob("*.*js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", scripts)
