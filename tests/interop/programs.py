"""Programs beside the tests: started, spoken to, waited for, and ended whatever happens."""

import json
import select
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"
PATIENCE = 60.0
"""Seconds that anything here may take; it takes far less."""
GLANCE = 0.05
TAIL = 8000
"""How many characters of a log are shown with a failure."""


@contextmanager
def running(command: Sequence[str], *, log: Path) -> Generator[dict[str, Any]]:
    """Let a program run, and give the JSON document that it said when it was ready."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            yield json.loads(_first_line(process, log))
        finally:
            _end(process)


def _first_line(process: subprocess.Popen[bytes], log: Path) -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else b""
    assert line, f"{process.args} did not start. It said:\n{tail(log)}"
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def tail(log: Path) -> str:
    """Read the end of a log."""
    return log.read_text("utf-8", errors="replace")[-TAIL:]


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server((ADDRESS, 0)) as taken:
        return taken.getsockname()[1]


def until(look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """Look again and again until what is seen is as wanted, for as long as our patience lasts."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"It did not come true. Seen last:\n{seen}"
        time.sleep(GLANCE)
    return seen


def ask(url: str, words: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Post *words* to a URL, or get it, and give the status and the JSON that came back."""
    body = None if words is None else json.dumps(words).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)
