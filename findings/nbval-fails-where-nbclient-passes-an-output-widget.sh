#!/usr/bin/env bash
# nbval 0.11.0 and nbclient 0.11.0: an exception inside of `with output:` (an ipywidgets Output) is shown in the widget, and
# the cell ends well. nbclient, which keeps track of such widgets, passes the cell; nbval takes the error for the cell's own
# and fails it. A notebook that is green in one of the two can be red in the other.
# Seen: nbclient passes, nbval has 1 failed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet nbval==0.11.0 nbclient==0.11.0 ipywidgets==8.1.9 ipykernel==7.4.0 pytest==9.2.0
cd "$folder"
env/bin/python - <<'PY'
import subprocess
import sys

import nbformat
from nbclient import NotebookClient

code = "import ipywidgets\noutput = ipywidgets.Output()\nwith output:\n    1 / 0"
nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), "widget.ipynb")
NotebookClient(nbformat.read("widget.ipynb", as_version=4)).execute()
command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "widget.ipynb"]
summary = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[-1]
print(f"nbclient: passed; nbval: {summary}")
assert "1 failed" in summary, "the behaviour has changed"
PY
