"""The engine of the model in the page, in a real Chromium: pico-mini writes there what it writes in Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from test_parity import PROMPTS, needs_smollm2
from test_site_page import LIVE, Quiet, served

from course_utils import CourseError, load
from course_utils.models.chat import read_messages
from course_utils.setup import smollm2 as package
from course_utils.site import vendor
from course_utils.site.models import models

PAGE = '<!doctype html><title>engine</title><script type="module">window.engine = await import("./engine.mjs")</script>'
OPEN = """async (name) => {
  window.come = [];
  window.model = await engine.open(name, {onProgress: (bytes, of) => come.push([bytes, of])});
  return {runs: model.runs, bytes: model.bytes, come: come.at(-1)};
}"""
CODE = "(name) => engine.open(name).then(() => 'opened', (error) => `${error.name} ${error.code}`)"
WRITE = """async ([prompts, count]) => {
  const found = [];
  for (const content of prompts) {
    const prompt = await model.chatTokens([{role: "user", content}]), answer = [];
    for await (const token of model.write(prompt.map(({id}) => id), {maxNewTokens: count})) answer.push(token);
    const numbers = (tokens) => tokens.map(({id}) => id), text = answer.map(({text}) => text).join("");
    found.push({prompt: numbers(prompt), ids: numbers(answer), text});
  }
  return found;
}"""
NEXT = "async (ids) => [...(await model.next(ids)).logits]"


class Isolated(Quiet):
    """As the page's own service worker has it: threads are allowed."""

    def end_headers(self):
        for name, value in (("Opener", "same-origin"), ("Embedder", "require-corp")):
            self.send_header(f"Cross-Origin-{name}-Policy", value)
        super().end_headers()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    shutil.copytree(LIVE, folder, dirs_exist_ok=True)
    vendor.vendor(folder)
    models(folder, smollm2=package.wanted() and package.ready())
    (folder / "engine.html").write_text(PAGE, encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, site):
    """Opens the page of a folder; nobody may be asked but its own origin."""
    asked, contexts, servers = [], [], []

    def open_page(name: str = "", folder: Path = site):
        servers.append(served(folder))
        address = servers[-1].__enter__()
        contexts.append(browser.new_context())
        contexts[-1].on("request", lambda request: asked.append(request.url.startswith((address, f"blob:{address}"))))
        page = contexts[-1].new_page()
        page.goto(address + "engine.html")
        page.wait_for_function("window.engine")
        return (page, page.evaluate(OPEN, name)) if name else page

    yield open_page
    for context in contexts:
        context.close()
    for server in servers:
        server.__exit__(None, None, None)
    assert asked and all(asked)


def test_pico_writes_the_same_tokens_as_python(opened):
    page, facts = opened("pico-mini")
    assert facts["runs"] == {"engine": "onnxruntime-web", "device": "wasm", "threads": 1, "precision": "float32"}
    assert facts["come"] == [facts["bytes"], facts["bytes"]] and facts["bytes"] < 5_000_000
    model = load("pico-mini", runtime="onnx", precision="fp32")
    for prompt, found in zip(PROMPTS, page.evaluate(WRITE, [PROMPTS, 48]), strict=True):
        chunks = list(model.stream(prompt, max_new_tokens=48, temperature=0))
        assert found["prompt"] == model.encode(read_messages(prompt)), prompt
        assert found["ids"] == [chunk.token_id for chunk in chunks], prompt
        assert found["text"] == "".join(chunk.text for chunk in chunks), prompt


@pytest.mark.parametrize("name", ["pico-mini", pytest.param("smollm2", marks=needs_smollm2)])
def test_the_cache_changes_no_logits(name, opened):
    page, _ = opened(name)
    (written,) = page.evaluate(WRITE, [["Hello! Who are you?"], 8])
    ids = [*written["prompt"], *written["ids"]]
    used = page.evaluate(NEXT, ids)  # what was written is in the cache
    page.evaluate(NEXT, ids[:5])
    cut = page.evaluate(NEXT, ids)  # of the cache, five tokens were kept
    page.evaluate(NEXT, [7, *ids])
    fresh = page.evaluate(NEXT, ids)  # nothing of it begins as this does
    for found in (used, cut):
        if name == "pico-mini":
            np.testing.assert_allclose(found, fresh, atol=2e-3)
        # In 8 bits the last decimal of one float can decide how another is rounded, and that goes on through 30 layers.
        assert np.std(np.subtract(found, fresh)) < 0.2 * np.std(fresh)


@needs_smollm2
def test_smollm2_answers_with_nearly_the_logits_of_single_precision(opened):
    page, facts = opened("smollm2")
    assert facts["runs"]["precision"] == "int8"
    model = load("smollm2", precision="fp32")
    for found in page.evaluate(WRITE, [["What is the capital of France?", "Hello!"], 16]):
        assert found["text"].strip() and 0 < len(found["ids"]) <= 16
    prompts = ["What is the capital of France?", "Hello!", "Name three colours."]
    for prompt in prompts:
        ids = model.encode(read_messages(prompt))
        ours, theirs = np.array(page.evaluate(NEXT, ids)), logits(model, ids)
        assert np.std(ours - theirs) < 0.2 * np.std(theirs)
        assert ours.argmax() in np.argsort(-theirs)[:3]


def logits(model, ids: list[int]) -> np.ndarray:
    """The logits after these tokens, by ONNX Runtime GenAI."""
    import onnxruntime_genai as og

    params = og.GeneratorParams(model.model)
    params.set_search_options(max_length=len(ids) + 1)
    generator = og.Generator(model.model, params)
    generator.append_tokens(ids)
    return np.array(generator.get_logits()).reshape(-1)[-model.vocab_size :]


def test_a_stop_is_heard(opened):
    page, _ = opened("pico-mini")
    written = """async () => {
      const prompt = await model.chatTokens([{role: "user", content: "Tell me a story about a red fox."}]);
      const ids = prompt.map(({id}) => id);
      const stop = new AbortController(), texts = [];
      for await (const {text} of model.write(ids, {signal: stop.signal})) {
        texts.push(text);
        if (texts.length === 3) stop.abort();
      }
      return [texts.length, (await model.next(ids)).logits.length];
    }"""
    assert page.evaluate(written) == [3, 2048]


def test_threads_where_the_page_is_isolated(browser, site):
    with served(site, Isolated) as address:
        page = browser.new_page()
        page.goto(address + "engine.html")
        page.wait_for_function("window.engine")
        page.evaluate("async () => { window.model = await engine.open('pico-mini', {threads: 2}); }")
        assert page.evaluate("[crossOriginIsolated, model.runs.threads]") == [True, 2]
        (found,) = page.evaluate(WRITE, [PROMPTS[5:6], 48])
        page.close()
    chunks = load("pico-mini", runtime="onnx", precision="fp32").stream(PROMPTS[5], max_new_tokens=48, temperature=0)
    assert found["ids"] == [chunk.token_id for chunk in chunks]


def test_what_is_wrong_has_a_code(opened, site, tmp_path):
    folder = shutil.copytree(site, tmp_path / "site", ignore=shutil.ignore_patterns("smollm2"))
    weights = folder / "models" / "pico-mini" / "model.onnx.data"
    page = opened(folder=folder)
    assert page.evaluate(CODE, "no such model") == "LiveError no-model"
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.write_bytes(content)
    assert page.evaluate(CODE, "pico-mini") == "LiveError damaged"
    weights.write_bytes(content[:1000])
    assert page.evaluate(CODE, "pico-mini") == "LiveError damaged"
    weights.unlink()
    assert page.evaluate(CODE, "pico-mini") == "LiveError missing"
    page.context.set_offline(True)
    assert page.evaluate(CODE, "pico-mini") == "LiveError no-network"
    page.context.set_offline(False)
    shutil.copy(site / "models" / "pico-mini" / weights.name, weights)
    assert page.evaluate(CODE, "pico-mini") == "opened"


def test_a_package_with_another_hash_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "package.tgz").write_bytes(b"something else")
    with served(tmp_path) as address:
        known = {"version": "1.0.0", "resolved": f"{address}package.tgz", "integrity": "sha512-AAAA"}
        with pytest.raises(CourseError, match="came damaged"):
            vendor._package("a-package", known)
        with pytest.raises(CourseError, match="is not here"):
            vendor._package("a-package", known | {"resolved": f"{address}no.tgz"})
    assert not list(tmp_path.rglob("cache/**/*.tgz"))
