"""Reading a text aloud with the voice of the operating system, where there is one."""

from __future__ import annotations

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
WINDOWS = (
    "Add-Type -AssemblyName System.Speech; $v = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
    "$v.SetOutputToWaveFile($env:COURSE_VOICE); $v.Speak([Console]::In.ReadToEnd()); $v.Dispose()"
)
HOW = {
    "Linux": "install espeak-ng (`sudo apt install espeak-ng`), and run the cell again",
    "Darwin": "the program `say` of macOS was not found",
    "Windows": "Windows PowerShell was not found",
}


class Voice(View):
    """A text read aloud by the voice of this computer, where it has one; always with the text itself.

    `sound` is a WAV file's content, or None.
    """

    def __init__(self, text: str):
        if not isinstance(text, str) or not text.strip():
            raise CourseError("There is nothing to read aloud. Give a text.")
        self.words = text
        self.sound = spoken(text)

    def text(self) -> str:
        if self.sound is None:
            return f"{self.words}\n(No voice here: {HOW.get(platform.system(), 'no program for it is known')}.)"
        return f"{self.words}\n(Read aloud: {len(self.sound):,} bytes of sound.)"

    def html(self) -> str:
        if self.sound is None:
            return f"<p>{escape(self.text())}</p>"
        data = base64.b64encode(self.sound).decode("ascii")
        player = f'<audio controls src="data:audio/wav;base64,{data}"></audio>'
        return f"<figure style='margin:0.4em 0'>{player}<figcaption>{escape(self.words)}</figcaption></figure>"


def spoken(text: str, seconds: float = 20) -> bytes | None:
    """The text as the content of a WAV file, or None where no voice is installed or it fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "voice.wav"
        command = _command(file)
        if command is None:
            return None
        try:
            there = os.environ | {"COURSE_VOICE": str(file)}  # on PowerShell's command line, spaces would part it
            subprocess.run(
                command, input=text, encoding="utf-8", capture_output=True, timeout=seconds, check=True, env=there
            )
            return file.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None


def _command(file: Path) -> list[str] | None:
    """The program that speaks its standard input into `file`, or None."""
    system = platform.system()
    if system == "Darwin" and shutil.which("say"):
        return ["say", "-o", str(file), "--data-format=LEI16@22050", "-f", "-"]
    if system == "Windows" and shutil.which("powershell"):
        return ["powershell", "-NoProfile", "-Command", WINDOWS]
    name = shutil.which("espeak-ng") or shutil.which("espeak")
    return [name, "--stdin", "-w", str(file)] if name else None
