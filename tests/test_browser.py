"""The course as a learner meets it: `lab` starts JupyterLab, a real browser opens the first notebooks and uses them."""

from __future__ import annotations

import json
import re
import shutil

import nbformat
import pytest
from browser import (
    PATIENCE,
    Visit,
    axe_findings,
    check_cells,
    close_kernel,
    empty_outputs,
    layout_faults,
    press_until,
    run_all_cells,
    running_lab,
    saved,
    surroundings,
    visit_notebook,
    wait_for_kernel,
)

from course_utils import ROOT

pytestmark = pytest.mark.timeout(2400)  # a whole notebook is one test, and the machine may be busy
FIRST = ("00_start_here", "01_slm_vs_llm", "02_phi_family", "03_cloud_apis", "04_transformers", "05_ollama")


@pytest.mark.parametrize("notebook", FIRST)
def test_a_learner_uses_the_notebook(notebook, lab, browser):
    visit_notebook(notebook, lab, browser)


def test_the_looks_are_judged(browser):
    """A page with one fault of each kind."""
    page = browser.new_page()
    parts = (
        '<div class="wide" style="width:700px">wide</div>',
        '<button style="width:40px;overflow:hidden;white-space:nowrap">a long name</button>',
        '<svg width="50" height="20"><text x="30" y="10">cut off</text></svg>',
        '<p style="height:9px;overflow:hidden;line-height:40px">low</p>',
        '<img width="50" height="50"><img width="50" height="50" style="margin-left:-30px">',
        "<p>nothing wrong</p>",
    )
    output = '<div class="jp-OutputArea-output">{}</div>'
    area = f'<div class="jp-OutputArea" style="width:600px">{"".join(map(output.format, parts))}</div>'
    page.set_content(f'<div class="jp-Notebook"><div class="jp-Cell">{area}</div></div>')
    faults = {fault for _, fault, *_ in layout_faults(page, 900)}
    expected = "scrolls sideways,wider than its cell,clipped,cut off by its picture,clipped below,lies over"
    assert faults == set(expected.split(","))
    page.set_content(
        '<div class="jp-OutputArea-output"><input><i id="a"></i></div><div class="jp-OutputArea-output"></div>'
    )
    assert "label: <input>" in axe_findings(page)
    assert len(empty_outputs(page)) == 2
    page.close()


def test_from_the_keyboard_alone_to_an_answered_question(lab, browser):
    address, folder = lab
    name = "notebooks/02_phi_family.ipynb"
    shutil.copy2(ROOT / name, folder / name)  # another visit may have left its answers there
    visit = Visit(browser, address, folder / name)
    page, cells = visit.page, nbformat.read(visit.file, as_version=4).cells
    wait_for_kernel(page)
    press_until(page, "Tab", "document.activeElement.closest('.jp-Notebook') !== null")
    for _ in range(1 + next(place for place, cell in enumerate(cells) if "warm_up.show()" in cell.source)):
        page.keyboard.press("Shift+Enter")
    page.locator(".course-quiz-choice").first.wait_for()
    press_until(page, "Tab", "document.activeElement.matches('.course-quiz-choice')")
    page.keyboard.press("Enter")
    page.locator(".course-quiz-choice:focus", has_text=re.compile("^[✓✗]")).wait_for()
    page.locator(".course-note", has_text=re.compile("Right|Not yet")).wait_for()
    close_kernel(page)
    page.close()


def test_the_course_opens_in_finnish(lab, browser):
    """JupyterLab's own menus, the page, and what its cells say."""
    _, folder = lab
    with running_lab(folder, surroundings(folder), "--lang", "fi") as address:
        assert "/translations/fi/notebooks/00_start_here.ipynb" in address
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
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
