"""What a class gets from one computer: thirty students with SmolLM2, each with some questions one after the other.

`python tests/measure_room.py [STUDENTS [QUESTIONS]]`. Server and students share this computer's cores, so a class with
computers of its own gets a little more. The figures stand in notebooks/shared_model.md.
"""

import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import psutil

from course_utils import ROOT
from course_utils.server.room import Room
from course_utils.setup import machine
from tests.crowd import OURS, PROMPTS, TOKENS


def student(url: str, token: str, prompts: list[str]) -> list[dict]:
    """Ask one question after the other, as a stream."""
    client, found = openai.OpenAI(base_url=url, api_key=token, timeout=600, max_retries=20), []
    for prompt in prompts:
        began, first = time.perf_counter(), None
        asked = {"model": "smollm2", "messages": [{"role": "user", "content": prompt}], "max_tokens": TOKENS}
        for event in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
            if event.choices and event.choices[0].delta.content and first is None:
                first = time.perf_counter() - began
            tokens = event.usage.completion_tokens if event.usage else 0
        found.append({"tokens": tokens, "first": first, "seconds": time.perf_counter() - began})
    return found


def main(students: int = 30, questions: int = 3) -> None:
    secret = secrets.token_urlsafe()
    command = [sys.executable, "-c", OURS, "--room", f"{students},2,100000", "--host", "127.0.0.1", "--json"]
    process = subprocess.Popen(command, env=os.environ | {"COURSE_KEY": secret}, stdout=subprocess.PIPE, text=True)
    try:
        url = json.loads(process.stdout.readline())["openai_url"]
        tokens = list(Room(secret, students).students)
        student(url, tokens[0], ["hello"])  # the model is in memory
        before, began = psutil.Process(process.pid).memory_info().rss, time.perf_counter()
        asked = [[PROMPTS[(place + turn) % len(PROMPTS)] for turn in range(questions)] for place in range(students)]
        with ThreadPoolExecutor(students) as pool:
            found = list(pool.map(student, [url] * students, tokens[1:], asked))
        seconds, after = time.perf_counter() - began, psutil.Process(process.pid).memory_info().rss
    finally:
        process.terminate()
        process.wait()
        (ROOT / "room_tokens.txt").unlink(missing_ok=True)
    answers = [answer for each in found for answer in each]
    speeds = [sum(answer["tokens"] for answer in each) / sum(answer["seconds"] for answer in each) for each in found]
    firsts = [answer["first"] for answer in answers]
    figures = {"students": students, "answers": len(answers), "seconds": seconds, "cores": machine.cores()}
    figures |= {"tokens/s in all": sum(answer["tokens"] for answer in answers) / seconds}
    figures |= {"tokens/s each, slowest": min(speeds), "median": statistics.median(speeds), "fastest": max(speeds)}
    figures |= {"first token, median s": statistics.median(firsts), "first token, worst s": max(firsts)}
    figures |= {"memory before, MB": before / 1e6, "memory after, MB": after / 1e6, "load": os.getloadavg()[0]}
    print("\n".join(f"{name}: {value:.1f}" for name, value in figures.items()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
