"""Build the container, draw on it, measure it, stop it: `make container-test`.

    python tests/benchmarks/container.py            what it adds to its base, seconds to ready, user, health, stop
    CONTAINER=path python ...                       with a stand-in for Docker that knows build, start, health and size

Without CONTAINER it takes ../shared/container/container where there is one, and `docker` where there is not. Ends with
status 1 where a bar is missed: at most 260 MB over its base, healthy, not root, answers a seven with 7, and ends within
3 s of SIGTERM having answered what it had accepted.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TAG = "digits"
NAME = "digits-test"
MAX_MEGABYTES = 260
MAX_STOP_SECONDS = 3.0
START_SECONDS = 60
SEVEN = json.dumps({"strokes": [[[60, 50], [140, 50], [220, 50], [180, 130], [140, 210], [120, 250]]]}).encode()


class StandIn:
    """A script that builds and starts a Dockerfile where there is no Docker; containers share this host's network."""

    def __init__(self, tool: Path) -> None:
        self.tool = str(tool)

    def build(self) -> None:
        subprocess.run([self.tool, "build", TAG, "."], cwd=ROOT, check=True, stdout=sys.stderr)

    def size(self, tag: str) -> str:
        return said(self.tool, "size", tag)

    def command(self, port: int) -> list[str]:
        return [self.tool, "start", TAG, f"PORT={port}", "HOST=127.0.0.1"]

    def health(self, port: int) -> str:
        """Runs in a container of its own, so the port has to be the one that the image has."""
        done = subprocess.run([self.tool, "health", TAG], check=False, stdout=sys.stderr)
        return "healthy" if done.returncode == 0 else "unhealthy"

    def user(self, port: int) -> int:
        """Whoever owns the listening socket."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{port:04X}") and fields[3] == "0A":
                return int(fields[7])
        raise LookupError(f"nothing listens on port {port}")

    def terminate(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()


class Docker:
    """The usual engine, with the limits of compose.yaml."""

    def build(self) -> None:
        subprocess.run(["docker", "build", "--tag", TAG, "."], cwd=ROOT, check=True, stdout=sys.stderr)

    def size(self, tag: str) -> str:
        return said("docker", "image", "inspect", "--format", "{{.Size}}", tag)

    def command(self, port: int) -> list[str]:
        limits = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=512m"]
        return ["docker", "run", "--rm", f"--name={NAME}", f"--publish=127.0.0.1:{port}:8000", *limits, TAG]

    def health(self, port: int) -> str:
        for _ in range(START_SECONDS):
            state = said("docker", "inspect", "--format", "{{.State.Health.Status}}", NAME)
            if state != "starting":
                return state
            time.sleep(1)
        return "starting"

    def user(self, port: int) -> int:
        return int(said("docker", "exec", NAME, "python", "-c", "import os; print(os.getuid())"))

    def terminate(self, process: "subprocess.Popen[bytes]") -> None:
        said("docker", "kill", "--signal=TERM", NAME)


def said(*command: str) -> str:
    """What a command prints; raises where it fails."""
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def engine() -> StandIn | Docker:
    """What this machine has."""
    tool = Path(os.environ.get("CONTAINER") or ROOT.parent / "shared" / "container" / "container")
    return StandIn(tool) if tool.exists() else Docker()


def megabytes(size: str) -> float:
    """'478 MB' or a number of bytes."""
    number, unit = size.split() if " " in size else (size, "B")
    return float(number) * {"B": 1e-6, "KB": 1e-3, "MB": 1.0, "GB": 1e3}[unit.upper()]


def base_image() -> str:
    """The image that the Dockerfile starts from."""
    match = re.search(r"^ARG PYTHON_IMAGE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert match
    return f"docker.io/library/{match[1]}"


def wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> float:
    """Seconds until /readyz answered 200."""
    start = time.monotonic()
    while time.monotonic() - start < START_SECONDS and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2)
            return time.monotonic() - start
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"not ready within {START_SECONDS} s")


def ask(port: int) -> int:
    """The digit that a seven is read as."""
    url, headers = f"http://127.0.0.1:{port}/predict", {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, SEVEN, headers), timeout=10) as response:
        return int(json.load(response)["digit"])


def stop(port: int, process: "subprocess.Popen[bytes]", running: StandIn | Docker) -> tuple[float, bool]:
    """SIGTERM between the head and the body of a request; returns seconds to the end, and whether it was answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = (
            f"POST /predict HTTP/1.1\r\nHost: digits\r\nContent-Type: application/json\r\nContent-Length: {len(SEVEN)}"
        )
        connection.sendall(f"{head}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert b"100 Continue" in connection.recv(1000), "the request was not accepted"
        start = time.monotonic()
        running.terminate(process)
        time.sleep(0.5)
        connection.sendall(SEVEN)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    process.wait(30)
    return time.monotonic() - start, answer.startswith(b"HTTP/1.1 200") and b'"digit":7' in answer


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    port = 8000  # the image's own: a health check inside it asks there
    container = engine()
    container.build()
    over_base = megabytes(container.size(TAG)) - megabytes(container.size(base_image()))
    process = subprocess.Popen(container.command(port), cwd=ROOT, stdout=sys.stderr)
    try:
        ready = wait_until_ready(port, process)
        health, user, digit = container.health(port), container.user(port), ask(port)
        seconds, answered = stop(port, process, container)
    finally:
        if process.poll() is None:
            container.terminate(process)
            process.wait(30)
    figures = {
        "megabytes over the base": (round(over_base), over_base <= MAX_MEGABYTES),
        "seconds to ready": (round(ready, 1), True),
        "health": (health, health == "healthy"),
        "user": (user, user != 0),
        "a seven is read as": (digit, digit == 7),
        "accepted before SIGTERM and answered": (answered, answered),
        "seconds from SIGTERM to the end": (round(seconds, 1), seconds <= MAX_STOP_SECONDS),
    }
    for name, (value, good) in figures.items():
        print(f"{name:40} {value}{'' if good else '   MISSED'}")
    return 0 if all(good for _, good in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
