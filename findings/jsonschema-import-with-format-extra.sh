#!/usr/bin/env bash
# jsonschema 4.26.0: with its extra `format-nongpl`, which JupyterLab's server asks for, `import jsonschema` alone takes about
# fifteen times the processor time, though no schema is read and no format is checked: the extra brings rfc3987-syntax 1.1.0,
# which builds all its parsers when it is imported, and jsonschema imports it to see whether it is there. Whatever imports
# jsonschema in such an environment pays, nbformat and with it every program that reads a notebook.
# Seen: 0.06 s of processor time without the extra, 0.93 s with it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >measure.py <<'PY'
import time

began = time.process_time()
import jsonschema  # noqa: E402, F401

print(time.process_time() - began)
PY
for kind in "" "[format-nongpl]"; do
    python3 -m venv "env$kind"
    "env$kind/bin/python" -m pip install --quiet "jsonschema$kind==4.26.0" ${kind:+rfc3987-syntax==1.1.0}
    "env$kind/bin/python" measure.py >/dev/null # the first time Python compiles
    for _ in 1 2 3; do "env$kind/bin/python" measure.py; done | sort -n | sed -n 2p >"seconds$kind"
    echo "jsonschema$kind: $(cat "seconds$kind") s of processor time to import"
done
python3 - <<'PY'
from pathlib import Path

without, with_extra = (float(Path(f"seconds{kind}").read_text()) for kind in ("", "[format-nongpl]"))
assert with_extra > 5 * without, "the behaviour has changed"
PY
