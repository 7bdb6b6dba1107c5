"""The model in the page on a graphics card: Chromium's own imitation of one computes what Python computes.

It is slow, so pico-mini takes the place of SmolLM2, in the same form: 8 bits, and a graph for WebGPU.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from browser import DEBIAN, FLAGS, SECOND
from test_site_page import KEPT, LIVE, WORDS, ask, grave, served

from course_utils import load
from course_utils.models.chat import read_messages
from course_utils.pico.export import onnx_folder
from notebooks.web import models
from notebooks.web.vendor import FILES, vendor

IMITATED = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
ADAPTER = "navigator.gpu ? navigator.gpu.requestAdapter().then((adapter) => adapter?.info.isFallbackAdapter) : null"
QUESTION = "What is 7 + 5?"
OPEN = """async (device) => {
  const {open} = await import(new URL("engine.mjs", document.baseURI));
  window.model = await open("smollm2", {device});
  return model.runs;
}"""
WRITE = """async ([ids, count]) => {
  const written = [];
  for await (const {id} of model.write(ids, {maxNewTokens: count})) written.push(id);
  return written;
}"""
NEXT = "async (ids) => [...(await model.next(ids)).logits]"
LOSE = """async () => {
  const {env} = await import(new URL("vendor/ort.webgpu.mjs", location));
  (await env.webgpu.device).destroy();
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    shutil.copytree(LIVE, folder, dirs_exist_ok=True)
    vendor(folder)
    known = models.models(folder)
    known["smollm2"] = models._put(onnx_folder("pico-mini", "fp32", progress=False), folder, "smollm2", "int8")
    (folder / "models.json").write_text(json.dumps(known), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(site):
    """The page in a Chromium that imitates a graphics card, and what it asked for."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright, served(site) as address:
        try:
            path = str(DEBIAN) if DEBIAN.exists() else None
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS + IMITATED)
        except Error as error:
            pytest.skip(f"no Chromium here (python -m playwright install chromium): {str(error).splitlines()[0]}")
        page = chromium.new_page()
        page.set_default_timeout(120 * SECOND)
        page.asked = []
        page.context.on("request", lambda request: page.asked.append(request.url.removeprefix(address)))
        page.goto(address)
        page.home = address
        if page.evaluate(ADAPTER) is None:
            pytest.skip("this Chromium gives no WebGPU adapter, not even an imitated one")
        yield page
        chromium.close()


def visit(page, query: str = "") -> None:
    page.asked.clear()
    page.goto(page.home + query)
    page.wait_for_selector("#send:enabled")


def state(page, words: str) -> str:
    page.locator("#state", has_text=WORDS[words]).wait_for()
    return page.locator("#state").text_content()


@pytest.fixture(scope="module")
def python(site):
    """The logits after some tokens, by ONNX Runtime in Python from the graph for the card."""
    known = json.loads((site / "models.json").read_text(encoding="utf-8"))["smollm2"]
    session = onnxruntime.InferenceSession(site / known["files"]["webgpu"]["path"])
    empty = np.zeros([1, known["heads"], 0, known["headSize"]], np.float32)

    def logits(ids: list[int]) -> np.ndarray:
        feeds = {"input_ids": [ids], "past": np.array([len(ids) - 1], np.int32), "total": np.array(len(ids), np.int32)}
        feeds |= {given.name: empty for given in session.get_inputs() if given.name not in feeds}
        return session.run(["logits"], feeds)[0].reshape(-1)

    return logits


def test_the_card_computes_what_python_computes(page, site, python):
    """Greedy tokens while the KV cache grows on the card, and logits where it is cut, and begun anew."""
    visit(page)
    assert page.evaluate(OPEN, "webgpu")["device"] == "webgpu"
    prompt = load("pico-mini", runtime="onnx").encode(read_messages(QUESTION))
    end, expected = json.loads((site / "models.json").read_text())["smollm2"]["end"], []
    while (token := int(python(prompt + expected).argmax())) not in end:
        expected.append(token)
    assert page.evaluate(WRITE, [prompt, 48]) == expected
    for ids in (prompt[:5] + [70, 80], [9, *prompt]):
        np.testing.assert_allclose(page.evaluate(NEXT, ids), python(ids), atol=2e-3)
    assert page.evaluate("model.close()") is None


def test_a_learner_chooses_where_it_computes_and_a_card_may_go(page):
    """From the keyboard. When the card is lost in the middle, the processor takes over, and the question is kept."""
    visit(page, "?device=webgpu")
    assert WORDS["device_wasm"] in page.locator("#state").text_content()  # pico-mini
    page.focus("#device")
    page.keyboard.press("ArrowDown")  # to the processor; pico-mini goes on
    assert page.locator("#send").is_enabled()
    page.click("#pick-smollm2")
    page.locator("#state", has_text="SmolLM2 is ready").wait_for()
    assert WORDS["device_wasm"] in page.locator("#state").text_content()
    assert not [name for name in page.asked if re.search(r"vendor/.*(webgpu|asyncify)", name)]
    page.focus("#device")
    page.keyboard.press("ArrowUp")
    assert "SmolLM2" in state(page, "device_webgpu")
    assert grave(page) == []
    assert ask(page, QUESTION) == "7 + 5 = 12."
    needed = {f"/vendor/{name}" for name in FILES["onnxruntime-web"].values()} | {"/models/smollm2/webgpu.onnx"}
    for _ in range(100):
        if needed <= set(page.evaluate(KEPT)):
            break
        page.wait_for_timeout(100)
    assert needed - set(page.evaluate(KEPT)) == set()  # it works offline, too

    page.workers[-1].evaluate(LOSE)
    page.fill("#ask", QUESTION)
    page.press("#ask", "Enter")
    told = state(page, "device_wasm")
    assert re.match(re.escape(WORDS["card_failed"]).replace(r"\{detail\}", ".+"), told)
    assert page.locator("#fault").text_content() == "" and page.input_value("#device") == "wasm"
    assert page.input_value("#ask") == QUESTION
    assert ask(page, QUESTION) == "7 + 5 = 12."


def test_a_card_that_does_not_begin_is_told(page):
    """What WebGPU needs does not come."""
    context = page.context.browser.new_context(service_workers="block")
    context.route("**/*.asyncify.wasm", lambda route: route.abort())
    other = context.new_page()
    other.set_default_timeout(120 * SECOND)
    other.goto(f"{page.home}?device=webgpu")
    other.wait_for_selector("#send:enabled")
    other.click("#pick-smollm2")
    assert state(other, "device_wasm").startswith("The graphics card stopped (")
    assert ask(other, QUESTION) == "7 + 5 = 12."
    context.close()


def test_an_imitated_card_is_not_offered(page):
    visit(page)
    page.click("#pick-smollm2")
    assert "SmolLM2" in state(page, "device_wasm")
    assert page.locator("#where").is_hidden()
    assert not [name for name in page.asked if re.search(r"vendor/.*(webgpu|asyncify)", name)]
