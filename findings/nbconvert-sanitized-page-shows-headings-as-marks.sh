#!/usr/bin/env bash
# nbconvert 7.17.2: with `sanitize_html=True`, which JupyterLab offers when a notebook is exported, an ordinary Markdown cell
# of a heading and a paragraph comes out as visible text, `<h1 ...>A heading` and `</h1><p>A paragraph.</p>`: only the few
# tags that bleach allows by default pass, and h1, p and img are not among them. Without the option the page is right.
# Seen: without 1 heading and 1 paragraph, with the option none of either, and `&lt;h1` in the page.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet nbconvert==7.17.2 nbformat==5.11.1
cd "$folder"
env/bin/python - <<'PY'
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

notebook = new_notebook(cells=[new_markdown_cell("# A heading\n\nA paragraph.")])
seen = {}
for sanitize in (False, True):
    page, _ = HTMLExporter(sanitize_html=sanitize).from_notebook_node(notebook)
    seen[sanitize] = page.count("<h1 "), page.count("<p>A paragraph"), page.count("&lt;h1 ")
    print(f"sanitize_html={sanitize}: headings, paragraphs, headings as visible marks: {seen[sanitize]}")
assert seen == {False: (1, 1, 0), True: (0, 0, 1)}, "the behaviour has changed"
PY
