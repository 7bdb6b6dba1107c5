"""The course as a learner meets it: `lab` starts JupyterLab, a real browser opens a notebook and uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from course_utils import ROOT, cache_folder


@dataclass(frozen=True)
class Visit:
    """What to do in a notebook once all its cells have run."""

    notebook: str
    sliders: bool = False
    chat: bool = False
    drawing: bool = False


# That all cells run is nbval's to say, for every notebook; here each kind of widget is used once.
VISITS = [
    Visit("00_start_here", sliders=True, chat=True),
    Visit("07_vision_and_moe", drawing=True),
]

PARTS = ("course_utils", "images", "notebooks", "translations", "pyproject.toml", "requirements.txt", "README.md")
DEBIAN = Path("/usr/bin/chromium")
FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()
SECOND = 1000  # Playwright counts in milliseconds


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium where there is one, else Playwright's own, else a skip that says why."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            path = str(DEBIAN) if DEBIAN.exists() else None
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            pytest.skip(f"no Chromium here (python -m playwright install chromium): {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The `lab` command in a copy of the course: the address of JupyterLab, and the folder of the copy."""
    folder = tmp_path_factory.mktemp("browser") / "kurssi pöydällä"
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        folder.mkdir(exist_ok=True)
        copy(ROOT / name, folder / name)
    with running_lab(folder, surroundings(folder)) as address:
        yield address, folder


def surroundings(folder: Path) -> dict[str, str]:
    own = {
        "COURSE_CACHE": str(cache_folder()),
        "COURSE_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),  # not the settings of whoever runs the tests
        "JUPYTER_DATA_DIR": str(folder / ".jupyter"),
    }
    return os.environ | own


@contextmanager
def running_lab(folder: Path, environment: dict[str, str], *options: str) -> Iterator[str]:
    log = folder / "lab.log"
    command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--json", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=output, text=True
        )
        try:
            line = process.stdout.readline()
            assert line, log.read_text(encoding="utf-8", errors="replace")
            yield json.loads(line)["url"]
        finally:
            process.terminate()
            process.wait(timeout=60)
            process.stdout.close()


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.notebook)
def test_a_learner_uses_the_notebook(visit, lab, browser):
    address, folder = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60 * SECOND)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    file = folder / "notebooks" / f"{visit.notebook}.ipynb"
    cells = nbformat.read(file, as_version=4).cells
    page.goto(address.replace("00_start_here", visit.notebook) + "&reset")  # without the last visit's open notebook
    run_all_cells(page, count=sum(cell.cell_type == "code" for cell in cells))
    check_cells(saved(page, file))
    if visit.sliders:
        move_a_slider(page)
    if visit.chat:
        talk(page)
    if visit.drawing:
        draw(page)
    check_cells(saved(page, file))
    if visit.chat:
        come_back(page, file)
    page.close()
    assert complaints == []


def test_the_course_opens_in_finnish(lab, browser):
    """JupyterLab's own menus, the page, and what its cells say."""
    _, folder = lab
    with running_lab(folder, surroundings(folder), "--lang", "fi") as address:
        assert "/translations/fi/notebooks/00_start_here.ipynb" in address
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60 * SECOND)
        page.goto(address + "&reset")
        file = folder / "translations/fi/notebooks/00_start_here.ipynb"
        cells = nbformat.read(file, as_version=4).cells
        run_all_cells(page, sum(cell.cell_type == "code" for cell in cells), menu="Suorita")
        notebook = saved(page, file)
        check_cells(notebook)
        shown = json.dumps([cell.get("outputs") for cell in notebook.cells], ensure_ascii=False)
        assert [words for words in ("Ennusteesi", "Ei yritetty", "Edistymisesi") if words not in shown] == []
        page.close()


def test_a_page_from_right_to_left_stands_at_the_right(lab, browser):
    _, folder = lab
    with running_lab(folder, surroundings(folder), "--lang", "ar") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address + "&reset")
        prose = page.locator(".jp-MarkdownCell").first
        prose.locator("h1").wait_for()
        for words in ("h1", "p span", "ul"):
            look = "part => [getComputedStyle(part).direction, getComputedStyle(part).textAlign]"
            direction, at = prose.locator(words).first.evaluate(look)
            assert direction == "rtl" and at in ("right", "start"), words
        assert page.locator(".jp-CodeCell .cm-content").first.evaluate(look)[0] == "ltr"
        page.close()


def run_all_cells(page, count: int, menu: str = "Run") -> None:
    """Run ▸ Run All Cells, as the first click on a fresh page; then wait until the kernel has done them all."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # Before the notebook has its kernel, a click on Run asks which kernel to take.
    page.locator(".jp-NotebookPanel:visible .jp-NotebookPanel-toolbar").get_by_text("Python 3").first.wait_for()
    page.locator(".jp-NotebookPanel:visible [data-status='idle']").first.wait_for(state="attached")
    for second in range(300):
        # A dialog lies over the page and would only show as a click that never arrives.
        assert page.locator(".jp-Dialog").all_inner_texts() == []
        if second % 20 == 0 and not any(prompts(page, r"\[[\d*]+\]")):
            # A click while JupyterLab replaces the kernel it has just started is lost: a learner clicks again.
            page.get_by_role("menuitem", name=menu, exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(SECOND)
        if sum(prompts(page, r"\[\d+\]")) == count:
            return
    raise AssertionError(f"not all of the {count} cells have run: {prompts(page, '.*')}")


def prompts(page, pattern: str) -> list[bool]:
    """Whether the prompt beside each code cell, `[ ]`, `[*]` or `[7]`, is like the pattern."""
    texts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").all_text_contents()
    return [re.search(pattern, text) is not None for text in texts]


def saved(page, file: Path):
    """Save the notebook (Ctrl+S) and read what JupyterLab wrote: all cells, also those out of sight."""
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+s")
    page.locator(".lm-TabBar-tab.jp-mod-dirty").first.wait_for(state="detached")
    for _ in range(50):
        text = file.read_text(encoding="utf-8")
        if text.rstrip().endswith("}"):
            return nbformat.reads(text, as_version=4)
        page.wait_for_timeout(SECOND / 5)  # it is being written just now
    raise AssertionError("the notebook was not saved whole")


def check_cells(notebook) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.execution_count is None] == []
    faults = [(cell.id, out) for cell in code for out in cell.outputs if out.output_type == "error"]
    faults += [(c.id, out.text) for c in code for out in c.outputs if out.get("name") == "stderr"]
    assert faults == []


def move_a_slider(page) -> None:
    """To its end with a key: the number beside the slider changes, and what the cell shows below it."""
    cell = page.locator(".jp-CodeCell", has=page.locator(".widget-slider")).first
    handle, readout = cell.locator(".noUi-handle").first, cell.locator(".widget-readout").first
    shown = cell.locator(".jp-OutputArea-output pre")
    handle.scroll_into_view_if_needed()
    number, text = readout.inner_text(), shown.last.inner_text()
    handle.focus()
    page.keyboard.press("End")
    for _ in range(300):
        page.wait_for_timeout(SECOND / 5)
        if readout.inner_text() != number and shown.count() and shown.last.inner_text() not in ("", text):
            return
    raise AssertionError(f"the slider moved nothing: {cell.inner_text()}")


def talk(page) -> None:
    """A greeting in the chat, and an answer from the model."""
    box = page.locator(".course-chat-input input").first
    box.scroll_into_view_if_needed()
    box.fill("hello")
    box.press("Enter")
    log = page.locator(".course-chat-log").first
    log.get_by_text("You: hello").wait_for()
    answered = r"/(smollm2|pico-mini): *\S+/"
    page.wait_for_function(f"() => {answered}.test(document.querySelector('.course-chat-log').innerText)")


def come_back(page, file: Path) -> None:
    """The kernel is gone, the page is opened anew: the widgets are seen as they were, and words are not broken."""
    page.locator(
        ".jp-Notebook .jp-CodeCell .jp-InputPrompt:visible"
    ).first.click()  # a line of text keeps Ctrl+S to itself
    assert "widgets" in saved(page, file).metadata
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    page.locator(".jp-NotebookPanel:visible .jp-NotebookPanel-toolbar").get_by_text("No Kernel").first.wait_for()
    page.reload()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    log = page.locator(".course-chat-log").first
    log.scroll_into_view_if_needed()
    log.get_by_text("You: hello").wait_for()
    assert page.get_by_text("model not found").count() == 0
    text = page.locator(".jp-OutputArea-output pre").first
    assert text.evaluate("pre => getComputedStyle(pre).wordBreak") == "normal"


def draw(page) -> None:
    """A line with the mouse, a question, and an answer from the model."""
    sheet = page.locator(".course-drawing canvas").first
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 90, steps=8)
    page.mouse.up()
    page.locator(".course-drawing-question input").first.fill("How many shapes are there?")
    page.locator(".course-drawing-ask").first.click()
    page.wait_for_function(
        "() => /How many shapes are there\\?[^]*\\d/.test(document.querySelector('.course-drawing-answer').innerText)"
    )
