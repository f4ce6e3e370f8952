"""A real server in a process of its own, for every test that talks HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """A running service: `url` is its root, without a slash at the end."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> int:
        """Ask it to end, and wait; returns its exit status, -15 after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def memory(self, field: str = "VmRSS") -> int:
        """Its memory now (VmRSS) or at its highest since `reset_peak` (VmHWM), in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
        assert match, status
        return int(match[1]) * 1024

    def seconds(self) -> float:
        """How long processors have worked for it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def reset_peak(self) -> None:
        """Make VmHWM start again from what it is now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment_of(port: int, **environment: str) -> dict[str, str]:
    """This process's environment, to serve on that port with these variables."""
    return {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), **environment}


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """Start the service with these environment variables, wait until it is ready, and end it whatever happens."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env=environment_of(port, **environment),
    )
    server = Server(f"http://127.0.0.1:{port}", port, process)
    try:
        wait_until_ready(server.url, process)
        yield server
        if process.poll() is None:
            server.stop()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[Any]) -> None:
    """Returns once /readyz says so; fails where the process ends before that."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with status {process.returncode}"
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"the server was not ready within {START_SECONDS} s")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    with running() as started:
        yield started
