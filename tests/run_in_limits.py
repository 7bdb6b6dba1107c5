"""Runs each notebook as on a small machine of somebody else's, such as Binder's: one core, 2 GB, JupyterLab included.

`python tests/run_in_limits.py [--notebooks 00 08] [--gigabytes 2] [--json]` on Linux, as root, with control groups of
version 1. A group holds a running JupyterLab server, the program that executes the notebook, and its kernel; the page
cache that they fill counts, too, as it does there. The models are to be there already (`COURSE_CACHE`, or `.cache`).
Seconds are told, and judge nothing; what judges is whether the system had to kill something.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GROUPS = Path("/sys/fs/cgroup")
MB = 10**6
SAMPLE = 0.25  # seconds between two looks at what the processes hold


class Group:
    """A control group with so much memory (bytes) and one core. Raises OSError where one cannot be made."""

    def __init__(self, name: str, memory: int):
        self.memory, self.core = GROUPS / "memory" / name, GROUPS / "cpuset" / name
        for folder in (self.memory, self.core):
            folder.mkdir()
        first = (GROUPS / "cpuset/cpuset.cpus").read_text(encoding="ascii").split(",")[0].split("-")[-1]
        (self.core / "cpuset.cpus").write_text(first.strip(), encoding="ascii")
        (self.core / "cpuset.mems").write_text("0", encoding="ascii")
        (self.memory / "memory.limit_in_bytes").write_text(str(memory), encoding="ascii")
        (self.memory / "memory.swappiness").write_text("0", encoding="ascii")

    def join(self) -> None:
        """Move the process that calls this into the group."""
        for folder in (self.memory, self.core):
            (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def number(self, name: str) -> int:
        return int((self.memory / name).read_text(encoding="ascii"))

    def row(self, file: str, name: str) -> int:
        lines = (self.memory / file).read_text(encoding="ascii").splitlines()
        return int(dict(line.split() for line in lines).get(name, 0))

    def remove(self) -> None:
        for folder in (self.memory, self.core):
            for _ in range(50):
                with contextlib.suppress(OSError):  # busy until the last process is gone
                    folder.rmdir()
                    break
                time.sleep(0.2)


@contextlib.contextmanager
def server(group: Group, settings: dict, log: Path) -> Iterator[None]:
    """A JupyterLab server inside of the group, as a learner's page would need it."""
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={ROOT}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=settings, preexec_fn=group.join)
    try:
        while b"/lab?token=" not in log.read_bytes():
            if process.poll() is not None:
                raise SystemExit(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(SAMPLE)
        yield
    finally:
        process.terminate()
        process.wait()


def measured(path: Path, memory: int) -> dict:
    """What a notebook took inside of the limits: seconds, bytes, how often the system had to kill."""
    group = Group(f"course-{os.getpid()}-{path.name[:2]}", memory)
    most = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = {**os.environ, "COURSE_PROGRESS": str(Path(folder, "my_progress.json"))}
            settings |= {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": folder, "HF_HUB_OFFLINE": "1"}
            with server(group, settings, Path(folder, "server.log")):
                start = time.monotonic()
                command = [sys.executable, "-m", "jupyter", "execute", f"--output={folder}/ran.ipynb", str(path)]
                child = subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, preexec_fn=group.join)
                while child.poll() is None:
                    most = max(most, group.row("memory.stat", "total_rss"))
                    time.sleep(SAMPLE)
                seconds, said = time.monotonic() - start, child.stderr.read().decode(errors="replace")
            return {
                "notebook": path.stem,
                "ok": child.returncode == 0,
                "seconds": round(seconds, 1),
                "peak": group.number("memory.max_usage_in_bytes"),
                "programs": most,
                "at_the_limit": group.number("memory.failcnt"),
                "killed": group.row("memory.oom_control", "oom_kill"),
                "said": "" if child.returncode == 0 else said[-1500:],
            }
    finally:
        group.remove()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", nargs="*", default=[], help="numbers, such as 00 08; all of them without")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    print(
        "| notebook | ran | seconds | programs | with page cache | killed |",
        "|---" * 6 + "|",
        sep="\n",
        file=sys.stderr,
    )
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if options.notebooks and path.name[:2] not in options.notebooks:
            continue
        row = measured(path, int(options.gigabytes * 10**9))
        rows.append(row)
        sizes = f"{row['programs'] / MB:,.0f} MB | {row['peak'] / MB:,.0f} MB"
        line = f"| {row['notebook']} | {'yes' if row['ok'] else 'no'} | {row['seconds']} | {sizes} | {row['killed']} |"
        print(line, row["said"], file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps({"ok": all(row["ok"] for row in rows), "rows": rows}))
    return 0 if all(row["ok"] and not row["killed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
