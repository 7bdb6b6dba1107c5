#!/usr/bin/env bash
# Tries a pack as a laptop without a network meets it, from nothing to an executed notebook. Takes minutes and 3 GB:
#     sudo unshare -n env -i HOME="$(mktemp -d)" PATH="$PATH" PIP_CONFIG_FILE=/dev/null \
#         bash tests/offline_laptop.sh STICK FOLDER
# STICK is the folder that `python -m course_utils pack STICK` made, FOLDER a new one to copy it to.
set -meuo pipefail
ip link set lo up # in a network of its own, where even loopback is down
cp -r "$1" "$2"
cd "$2"
python3 -c 'import socket; socket.create_connection(("pypi.org", 443), 3)' 2>/dev/null && { echo "There is a network."; exit 1; }

time python3 -m course_utils lab --no-browser --json >lab.json &
while [ ! -s lab.json ] && [ -n "$(jobs -r)" ]; do sleep 1; done
[ -s lab.json ] # JupyterLab answers
python3 -m course_utils doctor
.venv/bin/python -c 'from course_utils import load; model = load(); print(model, model.chat("Who are you?").text); assert model.name == "smollm2"'
time .venv/bin/python -m nbconvert --to notebook --execute --output-dir . notebooks/00_start_here.ipynb
du -sh .venv .cache
kill %1 # with set -m all of its processes
