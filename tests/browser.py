"""A real browser, the `lab` command, and what a learner does with a notebook in them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from course_utils import ROOT, cache_folder

PARTS = ("course_utils", "images", "notebooks", "translations", "pyproject.toml", "requirements.txt", "README.md")
DEBIAN = Path("/usr/bin/chromium")
FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()
SECOND = 1000  # Playwright counts in milliseconds
PATIENCE = 300 * SECOND  # on a busy machine JupyterLab alone takes a minute to open
LAYOUT = Path(__file__).with_name("browser_layout.js").read_text(encoding="utf-8")
# What axe-core finds in a library's widget, where nothing of ours can mend it: rule and part.
THEIRS = {  # by axe's rule, what of a part is not ours
    "aria-input-field-name": "noUi-handle",  # ipywidgets 8.1.9 writes the slider's name beside it only
    "scrollable-region-focusable": "lm-Widget jp-Rendered",  # JupyterLab's own frame; Chromium's Tab goes there
}
OURS = [[".jp-OutputArea-output"], [".jp-RenderedMarkdown"]]  # the rest of the page is JupyterLab's
WIDTHS = (1280, 900)
WIDGET = "application/vnd.jupyter.widget-view+json"
PROMPT = ".jp-Notebook .jp-CodeCell .jp-InputPrompt"
# How many widgets of each kind a notebook has at least, besides its quizzes, by what uses them. 08 has one chat more
# where SmolLM2 is.
WIDGETS = {
    "00": {"move_the_sliders": 2, "talk": 1},
    "02": {"move_the_sliders": 1, "choose_another": 1, "unfold": 1},
    "03": {"vote": 1},
    "04": {"move_the_sliders": 8, "draw_tokens": 1, "unfold": 1},
    "05": {"talk": 1},
    "07": {"move_the_sliders": 3, "draw": 1, "unfold": 1},
    "08": {"talk": 1},
    "09": {"move_the_sliders": 1, "run_a_race": 1},
    "10": {"talk": 1},
}
TEXT = "html => new DOMParser().parseFromString(html, 'text/html').body.textContent"
HERE = "document.activeElement.outerHTML.slice(0, 300)"
# What Tab has to reach in an output. The number beside a slider can be written on, too.
STOPS = """button:enabled, input:enabled:not([type=file]), select:enabled, .noUi-handle, [contenteditable=true],
summary, audio, a[href]"""


# -- the browser, and JupyterLab


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
    with socket.create_server(("127.0.0.1", 0)) as place:  # two files of tests may start theirs in the same second
        port = place.getsockname()[1]
    command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--json", "--port", str(port), *options]
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


class Visit:
    """A notebook open in JupyterLab: `page`, its `file`, and the browser's `complaints` about it."""

    def __init__(self, browser, address: str, file: Path):
        self.file, self.complaints = file, []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda note: self.complaints.append(note.text) if note.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.complaints.extend(foreign(request.url)))
        self.page.goto(address.replace("00_start_here", file.stem) + "&reset")  # without the last visit's notebook

    def count(self) -> int:
        """How many code cells it has."""
        return sum(cell.cell_type == "code" for cell in nbformat.read(self.file, as_version=4).cells)


def foreign(url: str) -> list[str]:
    """The address, if it is not on this machine."""
    return [] if re.match(r"(data|blob|file):|\w+://127\.0\.0\.1[:/]", url) else [f"a request to {url}"]


# -- running, saving, closing


def wait_for_kernel(page) -> None:
    """Before the notebook has its kernel, a click on Run asks which kernel to take."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-NotebookPanel:visible .jp-NotebookPanel-toolbar").get_by_text("Python 3").first.wait_for()
    page.locator(".jp-NotebookPanel:visible [data-status='idle']").first.wait_for(state="attached")


def run_all_cells(page, count: int, menu: str = "Run") -> None:
    """Run ▸ Run All Cells, as the first click on a fresh page; then wait until the kernel has done them all."""
    wait_for_kernel(page)
    for second in range(1800):
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


def press_until(page, key: str, met: str, at_most: int = 100) -> int:
    """Press a key until a condition in JavaScript is true; how often it took."""
    for times in range(at_most):
        if page.evaluate(met):
            return times
        page.keyboard.press(key)
        page.locator(".jp-NotebookPanel:visible [data-status='idle']").first.wait_for(state="attached")
    raise AssertionError(f"{at_most} times {key}, and not yet {met}; at {page.evaluate(HERE)}")


def prompts(page, pattern: str) -> list[bool]:
    """Whether the prompt beside each code cell, `[ ]`, `[*]` or `[7]`, is like the pattern."""
    return [re.search(pattern, text) is not None for text in page.locator(PROMPT).all_text_contents()]


def saved(page, file: Path):
    """Save the notebook (Ctrl+S) and read what JupyterLab wrote: all cells, also those out of sight."""
    page.locator(f"{PROMPT}:visible").first.click()  # a line of text keeps Ctrl+S to itself
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
    """All cells have run, without an error. What Transformers warns of is a part of some lessons."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.execution_count is None] == []
    faults = [(cell.id, out) for cell in code for out in cell.outputs if out.output_type == "error"]
    faults += [(c.id, out.text) for c in code for out in c.outputs if out.get("name") == "stderr" and not warned(out)]
    assert faults == []


def warned(output) -> bool:
    return output.text.startswith("[transformers]")


def close_kernel(page) -> None:
    """Kernel ▸ Shut Down Kernel, which gives its memory back too."""
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    page.locator(".jp-NotebookPanel:visible .jp-NotebookPanel-toolbar").get_by_text("No Kernel").first.wait_for()


def until(page, met, what: str, seconds: int = 120) -> None:
    """Wait until `met()` is true."""
    for _ in range(seconds * 10):
        if met():
            return
        page.wait_for_timeout(SECOND / 10)
    raise AssertionError(what)


# -- using the widgets


def answer_the_quizzes(page) -> int:
    """Press every choice of every question, in turn with the mouse, Enter and Space; the number of questions."""
    questions = page.locator(".widget-vbox:has(> .course-quiz-choice)")
    for number in range(questions.count()):
        question = questions.nth(number)
        choices = question.locator(":scope > .course-quiz-choice")
        for place in range(choices.count()):
            choice = choices.nth(place)
            if place % 3 == 0:
                choice.click()
            else:
                choice.focus()
                page.keyboard.press(("Enter", "Space")[place % 3 - 1])
            until(page, lambda choice=choice: choice.inner_text()[0] in "✓✗", f"no answer to {choice.inner_text()}")
            note = "Right" if choice.inner_text()[0] == "✓" else "Not yet"
            question.locator(".course-note", has_text=f"{note}.").wait_for()
        assert [words[0] for words in choices.all_inner_texts()].count("✓") == 1
    return questions.count()


def move_the_sliders(page) -> int:
    """Each by a key: the number beside it changes, and after the last one what the cell shows. How many moved."""
    moved = 0
    cells = page.locator(".jp-CodeCell", has=page.locator(".noUi-handle"))
    for number in range(cells.count()):
        cell = cells.nth(number)
        before = content(cell)
        for place in range(cell.locator(".noUi-handle").count()):
            handle, readout = cell.locator(".noUi-handle").nth(place), cell.locator(".widget-readout").nth(place)
            shown = readout.inner_text()
            handle.focus()
            at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
            page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
            until(page, lambda readout=readout, shown=shown: readout.inner_text() != shown, f"stays at {shown}", 20)
            moved += 1
        if not cell.locator(".course-drawing, .widget-select-multiple").count():  # they wait for a click or a button
            until(page, lambda cell=cell, before=before: content(cell) != before, f"moved nothing: {before}")
    return moved


def content(cell) -> str:
    """What the outputs of a cell show besides their controls."""
    return cell.evaluate(
        "cell => [...cell.querySelectorAll('.widget-html-content, .jp-OutputArea-output pre')]"
        ".map(part => part.innerHTML).join()"
    )


def choose_another(page) -> int:
    """The next choice of each drop-down that shows something at once, with the keyboard. How many there are."""
    cells = page.locator(".jp-CodeCell", has=page.locator(".widget-dropdown select"))
    cells = cells.filter(has_not=page.locator(".widget-select-multiple"))
    for number in range(cells.count()):
        cell = cells.nth(number)
        before = content(cell)
        cell.locator("select").first.focus()
        page.keyboard.press("ArrowDown")
        until(page, lambda cell=cell, before=before: content(cell) != before, "the drop-down changed nothing")
    return cells.count()


def unfold(page) -> int:
    """Each fold of a text twin or of sources, with Enter, and together again. How many there are."""
    folds = page.locator(".jp-OutputArea-output summary").all()
    for fold in folds:
        fold.focus()
        for opened in (True, False):
            page.keyboard.press("Enter")
            assert fold.evaluate("fold => fold.parentElement.open") is opened, fold.inner_text()
    return len(folds)


def draw_tokens(page) -> int:
    """The buttons below the sampling explorer: one token more, and none again."""
    buttons = page.get_by_role("button", name="Draw a token")
    for number in range(buttons.count()):
        cell = page.locator(".jp-CodeCell", has=buttons.nth(number))
        told = cell.get_by_text("Drawn so far: ").first
        told.get_by_text("nothing yet").wait_for()
        buttons.nth(number).click()
        until(page, lambda told=told: "nothing yet" not in told.inner_text(), "no token was drawn")
        cell.get_by_role("button", name="Start again").press("Enter")
        until(page, lambda told=told: "nothing yet" in told.inner_text(), "it did not start again")
    return buttons.count()


def talk(page) -> int:
    """A greeting in each chat and an answer from its model, then a new chat."""
    boxes = page.locator(".course-chat-input input")
    for number in range(boxes.count()):
        box = boxes.nth(number)
        cell = box.locator("xpath=ancestor::*[.//*[contains(@class, 'course-chat-log')]][1]")  # one may hold two chats
        log = cell.locator(".course-chat-log")
        box.fill("hello")
        box.press("Enter")
        log.get_by_text("You: hello").wait_for()
        until(page, lambda log=log: re.search(r"You: hello\s+\S+: *\S+", log.inner_text()), "nobody answered")
        cell.get_by_role("button", name="Send").and_(page.locator(":enabled")).wait_for()
        cell.locator(".course-chat-new").press("Enter")
        log.get_by_text("Say hello.").wait_for()
        box.fill("hello")
        cell.get_by_role("button", name="Send").click()
        log.get_by_text("You: hello").wait_for()
        cell.get_by_role("button", name="Stop").and_(page.locator(":disabled")).wait_for()
    return boxes.count()


def vote(page) -> int:
    """A prompt of one's own and a ready one for both models of the playground, and a vote."""
    asks = page.get_by_role("button", name="Ask both")
    for number in range(asks.count()):
        cell = page.locator(".jp-CodeCell", has=asks.nth(number))
        cell.get_by_placeholder("One prompt for both").fill("What is 2 + 2?")
        asks.nth(number).press("Enter")
        left = cell.get_by_role("button", name="left is better")
        left.and_(page.locator(":disabled")).wait_for()  # the notebook may have asked before: that vote is over
        left.and_(page.locator(":enabled")).wait_for()
        assert len(re.findall(r"\d+ tokens", cell.inner_text())) >= 2
        left.click()
        cell.get_by_text(re.compile(r"Votes: .* 1,")).wait_for()
        cell.get_by_role("button", name="Suomi").click()
        left.and_(page.locator(":disabled")).wait_for()
        cell.get_by_role("button", name="no difference").and_(page.locator(":enabled")).press("Space")
        cell.get_by_text(re.compile(r"Votes: .* no difference 1")).wait_for()
    return asks.count()


def draw(page) -> int:
    """A line with the mouse and a shape by a click; undo; a question, and an answer from the model."""
    boards = page.locator(".course-drawing")
    for number in range(boards.count()):
        board = boards.nth(number)
        sheet = board.locator("canvas").first
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        page.mouse.move(box["x"] + 60, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 200, box["y"] + 90, steps=8)
        page.mouse.up()
        board.get_by_text(re.compile("On the sheet: .*line from")).wait_for()
        for tool in ("circle", "blue"):
            board.get_by_role("button", name=tool).press("Enter")
        page.mouse.click(box["x"] + 150, box["y"] + 200)
        board.get_by_text("a blue circle").wait_for()
        board.get_by_role("button", name="Undo").press("Space")
        board.get_by_text("a blue circle").wait_for(state="detached")
        board.locator(".course-drawing-question input").fill("How many shapes are there?")
        board.locator(".course-drawing-ask").click()
        answer = board.locator(".course-drawing-answer")
        until(page, lambda answer=answer: re.search(r"are there\?\s.*\d", answer.inner_text(), re.S), "no answer")
    return boards.count()


def run_a_race(page) -> int:
    """From the keyboard: the first engine and precision of the lists, eight tokens, the button."""
    cells = page.locator(".jp-CodeCell", has=page.locator(".widget-select-multiple"))
    for number in range(cells.count()):
        cell = cells.nth(number)
        for name in ("Engines", "Precisions"):
            cell.get_by_label(name).focus()
            for key in ("Home", "ArrowDown", "ArrowUp"):  # from the first to the second, and back
                page.keyboard.press(key)
            chosen = cell.get_by_label(name).evaluate("list => [...list.selectedOptions].map(one => one.index)")
            assert chosen == [0], name
        cell.locator(".noUi-handle").first.press("Home")
        before = content(cell)
        cell.get_by_role("button", name="Race", exact=True).press("Enter")
        cell.get_by_role("button", name="Stop").and_(page.locator(":enabled")).wait_for()
        cell.get_by_role("button", name="Race", exact=True).and_(page.locator(":enabled")).wait_for()
        until(page, lambda cell=cell, before=before: content(cell) != before, "the race showed nothing")
    return cells.count()


def tab_through(page) -> list:
    """Where Tab alone does not go through all that can be used in a cell's output, in order."""
    lost = []
    cells = page.locator(".jp-CodeCell", has=page.locator(f".jp-OutputArea-output :is({STOPS})"))
    for number in range(cells.count()):
        places = cells.nth(number).locator(f".jp-OutputArea-output :is({STOPS}):visible")
        wanted = places.evaluate_all("parts => { window.stops = parts; return parts.length }")
        places.first.focus()
        for place in range(wanted):
            here = page.evaluate("[window.stops.indexOf(document.activeElement), document.activeElement.outerHTML]")
            if here[0] != place:
                lost.append([cells.nth(number).inner_text()[:200], place, here[0], here[1][:200]])
                break
            page.keyboard.press("Tab")
    return lost


USES = (answer_the_quizzes, move_the_sliders, choose_another, draw_tokens, talk, vote, draw, run_a_race, unfold)


# -- looking


def draw_all(page) -> None:
    """Have the cells out of sight drawn too: JupyterLab leaves them, and then they have neither words nor sizes."""
    page.add_style_tag(content=".jp-Notebook * { content-visibility: visible !important }")


def layout_faults(page, width: int) -> list:
    """What is clipped, lies over something else or is too wide, with a window of so many pixels."""
    page.set_viewport_size({"width": width, "height": 900})
    draw_all(page)
    page.wait_for_timeout(SECOND)  # plots and sliders take their new size
    return page.evaluate(LAYOUT)


def axe_findings(page, include=OURS) -> list[str]:
    """What axe-core finds that keeps somebody from using the page: its serious and critical findings."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, {"include": include}, {"resultTypes": ["violations"]}).response["violations"]
    grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    nodes = [(rule["id"], node["html"]) for rule in grave for node in rule["nodes"]]
    return [f"{rule}: {html[:200]}" for rule, html in nodes if THEIRS.get(rule, "no part") not in html]


# -- without a kernel


def shown_without_kernel(page) -> list[str]:
    """The notebook opened anew after its kernel has gone: what is empty or says that it cannot be shown."""
    page.reload()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # JupyterLab may have a fresh kernel: that of the widgets is gone all the same.
    kernel = page.locator(".jp-NotebookPanel:visible .jp-NotebookPanel-toolbar")
    kernel.get_by_text(re.compile("No Kernel|Python 3")).first.wait_for()
    draw_all(page)
    for _ in range(60):
        page.wait_for_timeout(SECOND / 2)  # widgets are drawn one after the other
        if not (empty := empty_outputs(page)):
            break
    return empty


def exported(page, folder: Path) -> Path:
    """File ▸ Save and Export Notebook As ▸ HTML, with the outputs as they are: the file that the browser saves."""
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator(".lm-Menu-item[data-type=submenu]", has_text="Save and Export Notebook As").hover()
    page.locator(".lm-Menu-item", has_text=re.compile(r"^HTML\s*$")).click()
    page.locator(".jp-Dialog").get_by_text("Sanitize HTML output").wait_for()
    page.locator(".jp-Dialog input[type=checkbox]").uncheck()
    with page.expect_download() as download:
        page.locator(".jp-Dialog .jp-mod-accept").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def empty_outputs(page) -> list[str]:
    """Outputs that show neither words nor a picture, or say that a widget is missing."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".jp-OutputArea-output")].filter(output =>
        /model not found|could not be displayed|Error displaying widget|Loading widget/.test(output.innerText) ||
        (!output.innerText.trim() && !output.querySelector("svg, img, canvas, audio, style:only-child")))
        .map(output => output.outerHTML.slice(0, 300))"""
    )


def check_exported(browser, file: Path, notebook) -> None:
    """The page in a browser without scripts: in the place of each widget is its twin, and nothing was fetched."""
    context = browser.new_context(java_script_enabled=False)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.extend(foreign(request.url)))
    page.goto(file.as_uri())
    source = file.read_text(encoding="utf-8")
    asked += re.findall(r"<script[^>]+src=[^>]*|//(?:unpkg|cdnjs|cdn)\b[^\"']*", source)
    assert asked == []
    assert empty_outputs(page) == []
    words = "".join(page.locator("body").text_content().split())
    data = [out.data for cell in notebook.cells for out in cell.get("outputs", []) if WIDGET in out.get("data", {})]
    assert data
    for one in data:
        twin = page.evaluate(TEXT, one.get("text/html", ""))
        assert "".join(twin.split()) in words
    context.close()


# -- all of it, in one notebook


def questions(number: str) -> int:
    """How many a notebook asks: its quizzes, and from 01 on two to warm up."""
    quizzes = tomllib.loads((ROOT / f"course_utils/exercises/quizzes/{number}.toml").read_text(encoding="utf-8"))
    return sum(map(len, quizzes.values())) + 2 * (number != "00")


def visit_notebook(name: str, lab: tuple[str, Path], browser) -> None:
    """Open it, run it, use each of its widgets, look at it in two sizes, save it, and open it without its kernel.

    The kernel runs the notebook once: this is the long part. All faults of the looks are told together.
    """
    address, folder = lab
    visit = Visit(browser, address, folder / "notebooks" / f"{name}.ipynb")
    page, faults = visit.page, {}
    run_all_cells(page, visit.count())
    check_cells(saved(page, visit.file))
    for width in WIDTHS:
        faults[f"at {width} pixels"] = layout_faults(page, width)
    used = {use.__name__: use(page) for use in USES}
    wanted = {"answer_the_quizzes": questions(name[:2]), **WIDGETS.get(name[:2], {})}
    assert {kind: count for kind, count in wanted.items() if used[kind] < count} == {}, used
    for width in WIDTHS:
        faults[f"at {width} pixels, after use"] = layout_faults(page, width)
    faults["axe"] = axe_findings(page)
    faults["Tab"] = tab_through(page)
    notebook = saved(page, visit.file)
    check_cells(notebook)
    faults["console"] = [*visit.complaints]
    check_exported(browser, exported(page, folder), notebook)
    close_kernel(page)
    faults["without a kernel"] = shown_without_kernel(page)
    page.close()
    assert {what: found for what, found in faults.items() if found} == {}, json.dumps(faults, indent=1)
