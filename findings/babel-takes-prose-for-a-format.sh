#!/usr/bin/env bash
# Babel 2.19.0, seen on 28 November 2026: a text is flagged `python-format` when a letter of C's formats follows a percent
# sign, one blank between them allowed, and `python-brace-format` when anything stands in braces. "50 % of all" and
# "100% sure" are such texts. The flag is no harmless note: Babel's own check then refuses the right translation
# "RULER, % oikein" of "RULER, % right" (formats 'r' and 'o' are not compatible), and so do editors that heed the flag.
# It comes back whenever a catalogue is read, so it has to be taken away each time before writing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.19.0
"$folder/venv/bin/python" - <<'PYTHON'
from io import BytesIO

from babel.messages.catalog import Catalog, TranslationError
from babel.messages.pofile import read_po, write_po

texts = ["RULER, % right", "50 % of all", "100% sure", "a set {a, b}", "50 % (all)", "no sign"]
catalogue = Catalog(locale="fi")
flags = {text: sorted(catalogue.add(text).flags) for text in texts}
print(flags)
assert [bool(found) for found in flags.values()] == [True, True, True, True, False, False]

catalogue = Catalog(locale="fi")
message = catalogue.add("RULER, % right", "RULER, % oikein")
faults = [fault for _, found in catalogue.check() for fault in found]
print(faults)
assert len(faults) == 1 and isinstance(faults[0], TranslationError)

message.flags.discard("python-format")
written = BytesIO()
write_po(written, catalogue)
assert b"python-format" not in written.getvalue()
again = read_po(BytesIO(written.getvalue()))["RULER, % right"]
print(sorted(again.flags), "after it was written without, and read")
assert "python-format" in again.flags
PYTHON
