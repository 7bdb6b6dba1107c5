"""Reading a text aloud with the voice of the operating system, where there is one."""

import base64
import os
import platform
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path

from course_utils.base import CourseError

from .view import View

# The text goes in through the standard input and never onto a command line: no sign in it can be taken for an order.
WINDOWS = Path(__file__).with_suffix(".ps1").read_text(encoding="utf-8").strip()


class Voice(View):
    """A text read aloud by the voice of this computer, where it has one (`sound`, a WAV file's content, or None)."""

    def __init__(self, text: str):
        if not isinstance(text, str) or not text.strip():
            raise CourseError("There is nothing to read aloud. Give a text.")
        self.words, self.sound = text, spoken(text)

    def text(self) -> str:
        if self.sound is None:
            return f"{self.words}\n(No voice here. On Linux, install espeak-ng: `sudo apt install espeak-ng`.)"
        return f"{self.words}\n(Read aloud: {len(self.sound):,} bytes of sound.)"

    def html(self) -> str:
        if self.sound is None:
            return f"<p>{escape(self.text())}</p>"
        data = base64.b64encode(self.sound).decode("ascii")
        player = f'<audio controls src="data:audio/wav;base64,{data}"></audio>'
        return f"<figure style='margin:0.4em 0'>{player}<figcaption>{escape(self.words)}</figcaption></figure>"


def spoken(text: str) -> bytes | None:
    """The text as the content of a WAV file, or None where no voice is installed or it fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "voice.wav"
        commands = {
            "Darwin": ["say", "-o", str(file), "--data-format=LEI16@22050", "-f", "-"],
            "Windows": ["powershell", "-NoProfile", "-Command", WINDOWS],
        }
        linux = [shutil.which("espeak-ng") or "espeak", "--stdin", "-w", str(file)]
        there = os.environ | {"COURSE_VOICE": str(file)}  # on PowerShell's command line, spaces would part it
        how = {"input": text, "encoding": "utf-8", "capture_output": True, "timeout": 20, "check": True, "env": there}
        try:
            subprocess.run(commands.get(platform.system(), linux), **how)
            return file.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
