"""The race: the engines that are installed here, one model, the same tokens. `python -m course_utils bench race`. Each
engine has a process of its own in each precision, and they write in turns, so that whatever disturbs this computer
disturbs them all. The bound is what memory allows: every weight is read once for every token."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

import psutil

from course_utils.base import ROOT, CourseError
from course_utils.models import engines
from course_utils.phi import speed
from course_utils.setup import machine

FORMS = {"pico-mini": ("fp32", "int8", "int4"), "smollm2": ("fp32", "int8", "mixed", "int4"), "410M": ("int8", "int4")}
MODELS = tuple(FORMS)
PROMPT, TOKENS, ROUNDS = 32, 24, 3  # tokens, tokens, and a round more to warm up
LIMIT = 15  # seconds that an answer may take; whoever needs a quarter of that is asked only once
CHILD = "from course_utils.models.race import compete; compete()"


class Entry:
    """An engine with a model in one precision, in a process that ends with `close`, or when this one ends."""

    def __init__(self, engine: str, model: str, precision: str):
        self.row = {"model": model, "engine": engine, "precision": precision}
        self.answers: list[dict] = []
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "ORT_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT)}
        environment["OMP_NUM_THREADS"] = str(engines.threads_for(model))  # MLX and PyTorch read it when they start
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-c", CHILD, engine, model, precision]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, encoding="utf-8", **pipes)

    def hear(self, limit: float) -> dict:
        """The next line of the process. It is ended after `limit` seconds."""
        timer = threading.Timer(limit, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        told = json.loads(line) if line else {"error": f"it had no answer after {limit} s, or was stopped"}
        if "error" in told:
            self.row["error"] = told["error"]
            self.close()
        return told

    def ask(self, ids: list[int], tokens: int) -> None:
        """Have it write, and keep what that took; not if it failed, or took long before."""
        if "error" in self.row or any(answer["seconds"] > LIMIT / 4 for answer in self.answers):
            return
        with suppress(OSError):  # it has ended: `hear` finds that out
            print(json.dumps([ids, tokens]), file=self.process.stdin, flush=True)
        told = self.hear(LIMIT)
        if "error" not in told:
            self.answers.append(told)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()  # waits for its end, and closes the pipes

    def result(self, bandwidth: float) -> dict:
        """The row: medians over the rounds after the first, and what the memory allows."""
        if "error" in self.row:
            return self.row
        counted = self.answers[1:] or self.answers
        rates = [answer["rate"] for answer in counted]
        row = self.row | {"first": statistics.median(answer["first"] for answer in counted), "rounds": len(counted)}
        row |= {"rate": statistics.median(rates), "lowest": min(rates), "highest": max(rates)}
        row |= {"memory": max(answer["memory"] for answer in self.answers), "bound": bandwidth / row["read"]}
        return row | {"share": row["rate"] / row["bound"]}


def compete() -> None:
    """The process of an entry: it opens its engine, and answers a line with a line."""
    tell = partial(print, file=os.fdopen(os.dup(1), "w", encoding="utf-8"), flush=True)
    os.dup2(2, 1)  # what libraries print goes where nobody looks
    try:
        began = time.perf_counter()
        engine = engines.open_engine(*sys.argv[1:])
        load = time.perf_counter() - began
        tell(json.dumps({"load": load, "disk": engine.bytes, "read": engine.read, "threads": engine.threads}))
        for line in sys.stdin:
            began = time.perf_counter()
            first, rate = engine.timed(*json.loads(line))
            memory, seconds = psutil.Process().memory_info().rss, time.perf_counter() - began
            tell(json.dumps({"first": first, "rate": rate, "memory": memory, "seconds": seconds}))
    except KeyboardInterrupt:
        pass
    except Exception as error:
        said = str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {str(error)[:200]}"
        tell(json.dumps({"error": said}))


class Race:
    """A race that can be stopped: `run` gives the rows, and `stop`, from another thread, ends all its processes."""

    def __init__(self, say: Callable[[str], None] = lambda line: None):
        self.say, self.entries, self.stopped = say, [], False

    def run(self, models: Iterable[str], names=None, precisions=None, rounds: int = ROUNDS, tokens: int = TOKENS):
        """A row (a dict) for each engine, model and precision. Raises CourseError for a name that is none."""
        names = list(names or engines.ENGINES)
        absent = [name for name in names if not engines.installed(name)]
        rows = [{"model": "", "engine": name, "precision": "", "error": engines.missing(name)} for name in absent]
        names = [name for name in names if name not in absent]
        for model in models:
            try:
                bandwidth = speed.measure(["fp32"]).read["fp32"]
                self._enter(model, names, precisions or FORMS.get(model, FORMS["pico-mini"]), rows)
                for turn in range(rounds + 1):
                    self.say(f"{model}: round {turn} of {rounds}" if turn else f"{model}: warming up")
                    for entry in self.entries:
                        if not self.stopped:
                            entry.ask(list(range(100, 100 + PROMPT)), tokens)
                bandwidth = max(bandwidth, speed.measure(["fp32"]).read["fp32"])  # what nothing disturbed
                rows += [entry.result(bandwidth) for entry in self.entries if entry.answers or "error" in entry.row]
            except CourseError as error:  # SmolLM2 is not here
                rows.append({"model": model, "engine": "", "precision": "", "error": str(error)})
            finally:
                while self.entries:
                    self.entries.pop().close()
        return rows

    def _enter(self, model: str, names: list[str], precisions: Iterable[str], rows: list[dict]) -> None:
        """Open a process for each engine and precision, one after the other."""
        engines.threads_for(model)  # raises CourseError for a model that is not here
        for name in names:
            for precision in precisions:
                if precision not in engines.PRECISIONS[name] or self.stopped:
                    continue
                try:
                    made = engines.form(name, model, precision)  # here, so that loading is nothing but loading
                    size, free = engines.size_of(made), machine.memory().available
                    if free < 2 * size + 3e8:
                        raise CourseError(f"too little memory is free for it ({free / 1e9:.1f} GB): close programs.")
                    self.say(f"{model}: {name} opens it in {precision}")
                    entry = Entry(name, model, precision)
                except CourseError as error:
                    rows.append({"model": model, "engine": name, "precision": precision, "error": str(error)})
                    continue
                self.entries.append(entry)
                entry.row |= entry.hear(6 * LIMIT)

    def stop(self) -> None:
        """End all processes; `run` comes back with what it has."""
        self.stopped = True
        for entry in list(self.entries):
            entry.process.kill()


def run(models=("pico-mini",), names=None, precisions=None, rounds: int = ROUNDS, tokens: int = TOKENS) -> list[dict]:
    """Race the engines (`names`, or all that are installed) in these precisions, or all that there are; a row each. A
    row has "model", "engine", "precision" and either "error", one line, or: "load" and "first" (seconds to the first
    token), "rate" (tokens a second; the median of "rounds", with "lowest" and "highest"), "memory", "disk" and "read"
    (bytes; the last: of weights that one token needs), "threads", "bound" (tokens a second that memory allows) and
    "share" (of the bound; above 1 where the weights of a small model stay in a cache)."""
    return Race().run([models] if isinstance(models, str) else models, names, precisions, rounds, tokens)


def table(rows: list[dict]) -> str:
    """The rows as text: the quickest of each model first, and what did not run below."""
    ran = sorted((row for row in rows if "error" not in row), key=lambda row: -row["rate"])
    head = f"{'form':6}{'tokens/s (lowest–highest)':>26}{'first s':>8}{'load s':>7}{'memory MB':>10}{'disk MB':>8}"
    lines = [f"{'engine':13}{head}{'bound':>8}{'share':>6}"]
    for model in dict.fromkeys(row["model"] for row in ran):
        lines.append(model)
        for row in (row for row in ran if row["model"] == model):
            digits = 0 if row["rate"] > 100 else 1
            low, rate, high = (f"{row[key]:,.{digits}f}" for key in ("lowest", "rate", "highest"))
            times = f"{f'{rate} ({low}–{high})':>26}{row['first']:8.3f}{row['load']:7.2f}"
            sizes = f"{row['memory'] / 1e6:10,.0f}{row['disk'] / 1e6:8,.0f}{row['bound']:8,.0f}{row['share']:6.0%}"
            lines.append(f"{row['engine']:13}{row['precision']:6}{times}{sizes}")
    failed = {}
    for row in rows:
        if "error" in row:
            failed.setdefault((row["model"], row["engine"], row["error"]), []).append(row["precision"])
    for (model, engine, error), forms in failed.items():
        lines.append(f"{' '.join(filter(None, (model, engine, ', '.join(forms))))}: {error}")
    return "\n".join(lines)
