"""Memory and time of students on a JupyterHub, who run the core of notebook 00 at once, each in her own kernel.

`python tests/measure_hub.py 2 4 8`. The figures stand in notebooks/many_students.md.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from course_utils import cache_folder
from tests import classroom, hub
from tests.test_jupyterhub import core


def main(counts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as kept:
        python = (
            Path(os.environ["COURSE_CLASSROOM"])
            if "COURSE_CLASSROOM" in os.environ
            else classroom.made(Path(kept, "classroom"))
        )
        for count in counts:
            folder = Path(kept, str(count))
            folder.mkdir()
            names = [f"student{number}" for number in range(1, count + 1)]
            began = time.perf_counter()
            with hub.running(python, folder, cache_folder(), names) as address:
                found = hub.lesson(address, folder, core("00_start_here"), count)
            seconds, memory, resident = (
                [one[name] / unit for one in found]
                for name, unit in (("seconds", 1), ("memory", 1e6), ("resident", 1e6))
            )
            print(
                f"{count} students: start of a server {statistics.median(one['server'] for one in found):.0f} s, "
                f"core {min(seconds):.0f} to {max(seconds):.0f} s, memory of each, PSS {min(memory):.0f} to "
                f"{max(memory):.0f} MB, RSS {max(resident):.0f} MB; PSS {sum(memory):.0f} MB in all, "
                f"{sum(len(one['errors']) for one in found)} errors, "
                f"models {sorted({one['model'] for one in found})}, load {os.getloadavg()[0]:.1f}, "
                f"{time.perf_counter() - began:.0f} s with the hub's own start",
                flush=True,
            )


if __name__ == "__main__":
    main(list(map(int, sys.argv[1:])) or [2])
