"""Nothing leaves the process: no telemetry of the runtime, no look-up of a name, no connection to anyone."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.app.pictures import STROKES, png
from tests.app.shapes import assert_answer
from tests.conftest import ROOT, environment_of, free_port, wait_until_ready

seen_by_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which sees it, is not installed")

OUTWARD = "connect,sendto,sendmsg,sendmmsg"
# What a process says to others on its own machine, by a file, is no business of the network's.
LOCAL = re.compile(r"AF_UNIX|AF_NETLINK")
ADDRESS = re.compile(r"sin6?_addr|inet_pton")


def traced(trace: Path, command: list[str], port: int = 0) -> subprocess.Popen[bytes]:
    """A process, with its threads and children, whose calls that reach outwards are written down."""
    strace = ["strace", "-f", "-qq", "-e", f"trace={OUTWARD}", "-e", "signal=none", "-o", str(trace)]
    environment = environment_of(
        port, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"
    )  # whoever exports would call it
    return subprocess.Popen([*strace, *command], cwd=ROOT, env=environment, start_new_session=True)


def reached_out(trace: Path) -> list[str]:
    """The calls that opened a connection, or sent something without one, to anywhere but this machine's files."""
    calls = [line for line in trace.read_text().splitlines() if re.search(r"\b(connect|send\w+)\(", line)]
    # Answers go out on connections that clients opened, and name no address.
    return [call for call in calls if not LOCAL.search(call) and ("connect(" in call or ADDRESS.search(call))]


@seen_by_strace
def test_the_server_opens_no_connection_while_it_starts_answers_and_stops(tmp_path: Path) -> None:
    port, trace = free_port(), tmp_path / "trace"
    process = traced(trace, [sys.executable, "-m", "app"], port)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            for model in ("digitnet", "blog"):
                assert_answer(client.post(f"/predict?model={model}&explain=true", json={"strokes": STROKES[7]}), model)
            assert_answer(client.post("/predict", content=png(7), headers={"Content-Type": "image/png"}))
            for path in ("/", "/docs", "/metrics", "/models", "/nowhere"):
                client.get(path)
        time.sleep(2)  # telemetry is sent in the background, after a while
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert reached_out(trace) == []


@seen_by_strace
def test_a_connection_that_is_opened_would_be_seen(tmp_path: Path) -> None:
    trace, port = tmp_path / "trace", free_port()
    call = f"import socket; socket.socket().connect_ex(('127.0.0.1', {port}))"
    assert traced(trace, [sys.executable, "-c", call]).wait(30) == 0
    assert any(f"htons({port})" in line for line in reached_out(trace))


def test_the_telemetry_of_the_runtime_is_off_before_it_is_loaded() -> None:
    code = "import sys, os, model; assert 'onnxruntime' not in sys.modules; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert said.stdout == b"1\n"
