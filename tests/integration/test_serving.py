"""The command line as its own processes: a gate that is made, serves, and stops."""

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import contracts
import pytest
from homes import Home, moved_into

from forgefed_gate.cli.connections import Connection
from forgefed_gate.cli.logs import JsonLines
from forgefed_gate.services.quota import READINGS_PER_MINUTE

PATIENCE = 20


def gate(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run the program once."""
    command = [sys.executable, "-m", "forgefed_gate", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return moved_into(tmp_path / "data")


@pytest.fixture
def config(home: Home) -> str:
    """Move the gate to a port of its own."""
    settings, port = Path(home.config), free_port()
    lines = settings.read_text("utf-8").replace("http://127.0.0.1:1", f"http://127.0.0.1:{port}")
    settings.write_text(lines.replace("port = 1\n", f"port = {port}\n"), "utf-8")
    return home.config


@contextmanager
def serving(config: str) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Let a gate serve, and give what it said when it was ready."""
    command = [sys.executable, "-m", "forgefed_gate", "serve", "--config", config, "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.status, dict(answer.headers), answer.read()


def test_a_gate_serves_and_the_command_line_works_beside_it(config):
    """Nobody should have to stop the server to look after it."""
    with serving(config) as (process, said):
        contracts.held(said, "serve")
        base_url = said["base_url"]
        made = gate("--config", config, "project", "add", "bellows", "--name", "Bellows")
        examined = gate("doctor", "--config", config, "--json")
        account = f"acct:bellows@{base_url.removeprefix('http://')}"
        status, headers, body = get(f"{base_url}/.well-known/webfinger?resource={account}")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)

    assert made.returncode == 0, made.stderr
    assert status == 200
    assert "server" not in {name.lower() for name in headers}
    assert json.loads(body)["subject"] == account
    assert {each["id"]: each["health"] for each in json.loads(examined.stdout)["checks"]}[
        "discovery"
    ] == "ok"
    assert (process.returncode, out) == (0, "")
    assert [json.loads(line)["level"] for line in err.splitlines()] == []


def test_a_gate_that_serves_does_not_listen_for_ever(config):
    """The limits on connections are worth something only where strangers connect."""
    with serving(config) as (_, said), socket.socket() as caller:
        caller.settimeout(PATIENCE)
        caller.connect(("127.0.0.1", urlsplit(said["base_url"]).port))
        caller.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (Connection.longest_head // 5))
        answer = caller.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(("trusted", "last"), [("", 429), ('"127.0.0.1"', 404)])
def test_only_a_proxy_that_we_trust_says_who_calls(config, trusted, last):
    """Whoever else writes the header is counted by where they are, whatever they say."""
    text = Path(config).read_text("utf-8")
    line = f"trusted_proxies = [{trusted}]"
    Path(config).write_text(text.replace('trusted_proxies = ["127.0.0.1"]', line), "utf-8")
    with serving(config) as (_, said):
        host = urlsplit(said["base_url"]).netloc
        caller = http.client.HTTPConnection(host, timeout=PATIENCE)
        answers = []
        for number in range(READINGS_PER_MINUTE + 1):
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            caller.request("GET", "/threads/none", headers=headers)
            answer = caller.getresponse()
            answers.append(answer.status)
            answer.read()
        caller.close()

    assert answers[:-1] == [404] * READINGS_PER_MINUTE
    assert answers[-1] == last


def test_what_the_command_line_queues_a_running_server_delivers(home, config):
    """The queue is in the database, so it does not matter who put something there."""
    with socket.create_server(("127.0.0.1", 0)) as village:
        village.settimeout(PATIENCE)
        port = village.getsockname()[1]
        with serving(config):
            home.change(f"UPDATE people SET inbox = 'http://127.0.0.1:{port}/inbox'")
            said = gate("threads", "say", home.thread, "Hello", "--config", config)
            caller, _ = village.accept()
            caller.close()

    assert said.returncode == 0, said.stderr


def test_a_port_that_is_taken_is_told_in_words(config):
    """The usual first mistake should not look like a crash."""
    with serving(config):
        second = gate("serve", "--config", config)

    assert second.returncode == 1
    assert "cannot listen" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_program_makes_backs_up_and_restores_a_gate(tmp_path):
    """The three verbs that a self-hoster must be able to trust, as they type them."""
    made, kept, anew = tmp_path / "made", tmp_path / "kept.tar", tmp_path / "anew"
    config = ["--config", str(made / "gate.toml")]

    steps = [
        gate("init", str(made), "--base-url", "https://gate.example"),
        gate(*config, "project", "add", "anvil", "--name", "Anvil"),
        gate(*config, "backup", str(kept)),
        gate("--config", str(anew / "gate.toml"), "restore", str(kept)),
    ]
    (made / "gate.key").rename(anew / "gate.key")
    listed = gate("--config", str(anew / "gate.toml"), "project", "list", "--json")

    assert [step.returncode for step in steps] == [0, 0, 0, 0], [step.stderr for step in steps]
    assert [each["id"] for each in json.loads(listed.stdout)["projects"]] == ["anvil"]


def test_a_log_line_holds_no_words_of_people():
    """An exception may quote what somebody wrote; a log is read by others."""
    try:
        raise ValueError("bob wrote this")  # noqa: TRY301 - it is what is logged
    except ValueError:
        about = sys.exc_info()
    theirs = ("asyncio", logging.ERROR, "x.py", 1, "Lost\nfuture: bob wrote this", (), about)
    ours = ("forgefed_gate.services", logging.ERROR, "x.py", 1, "job failed", (), None)

    lines = [JsonLines().format(logging.LogRecord(*each)) for each in (theirs, ours)]

    assert not any("bob" in line or "\n" in line for line in lines)
    assert json.loads(lines[0])["error"] == "ValueError"
    assert json.loads(lines[1])["message"] == "job failed"
