"""The same network behind LitServe and behind the usual FastAPI + torch + UploadFile endpoint, beside this service.

    python -m tests.benchmarks.compare

Each runs on the first core and wrk (`apt-get install wrk`) on the second, with 8 connections that send the same form
with a PNG of 280x280, and the same strokes as JSON; medians of 5 rounds taken in turns. Every answer has to say 7.
LitServe and what it needs go into an environment of their own, made once in the folder for temporary files; torch is
this project's. Ends with status 1 where this service is not 3 times as fast.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.app.pictures import png
from tests.benchmarks.service import ROUNDS, SEVEN, Body, checked
from tests.conftest import ROOT, environment_of, free_port

LITSERVE = "litserve==0.2.19"
TIMES = 3.0
SECONDS = 1
START_SECONDS = 120  # importing torch twice over takes a while on one core
BODIES: dict[str, Body] = {
    "form": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="7.png"\r\nContent-Type: image/png\r\n\r\n'
        + png(7)
        + b"\r\n--x--\r\n",
    ),
    "strokes": ("application/json", json.dumps({"strokes": SEVEN}).encode()),
}


def litserve() -> str:
    """The Python of an environment that has LitServe, made where there is none."""
    folder = Path(tempfile.gettempdir()) / f"digits-{LITSERVE.replace('==', '-')}"
    python = folder / "bin" / "python"
    done = folder / "done"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", LITSERVE], check=True, stdout=sys.stderr)
        done.touch()
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    purelib = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    # Behind its own packages: torch, Pillow and safetensors are found there, and nothing that it has itself.
    (Path(purelib) / "project.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return str(python)


@contextmanager
def served(command: list[str], port: int, path: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start a server on the first core; yields the URL for each kind of body once each is answered with 7."""
    environment = {**environment_of(port), "PYTHONPATH": str(ROOT)}
    urls = {kind: f"http://127.0.0.1:{port}{path[kind]}" for kind in BODIES}
    with subprocess.Popen(
        ["taskset", "-c", "0", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    ) as process:
        try:
            until = time.monotonic() + START_SECONDS
            for kind, (media, body) in BODIES.items():
                while not _says_seven(urls[kind], media, body):
                    assert process.poll() is None, f"{command} has ended"
                    assert time.monotonic() < until, f"{command} does not read a seven as one"
                    time.sleep(0.2)
            print(f"{command[-2:]} is ready", file=sys.stderr, flush=True)
            yield urls
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # LitServe's workers outlive it otherwise


def _says_seven(url: str, media: str, body: bytes) -> bool:
    try:
        response = httpx.post(url, content=body, headers={"Content-Type": media}, timeout=10)
    except httpx.TransportError:
        return False
    return response.status_code == 200 and bool(response.json()["digit"] == 7)


def main() -> int:
    """Print the rate of each and how many times as fast this service is; 1 where that is not enough."""
    one = {"form": "/predict", "strokes": "/predict"}
    two = {"form": "/predict", "strokes": "/strokes"}
    ports = [free_port() for _ in range(3)]
    usual = [sys.executable, "-m", "uvicorn", "tests.benchmarks.others.behind_fastapi:app", "--port", str(ports[1])]
    lit = [litserve(), str(ROOT / "tests" / "benchmarks" / "others" / "behind_litserve.py"), str(ports[2])]
    rates: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        servers = {
            "this service": stack.enter_context(served([sys.executable, "-m", "app"], ports[0], one)),
            "FastAPI + torch": stack.enter_context(served(usual, ports[1], two)),
            "LitServe": stack.enter_context(served(lit, ports[2], one)),
        }
        os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
        for turn in range(-1, ROUNDS):
            for name, urls in servers.items():
                for kind, body in BODIES.items():
                    answers = checked(urls[kind], body, seconds=1 if turn < 0 else SECONDS)
                    assert not answers.wrong, (name, answers)
                    assert not answers.refused, (name, answers)
                    if turn >= 0:
                        rates.setdefault((name, kind), []).append(answers.rate)
    good = True
    for (name, kind), taken in rates.items():
        ratios = [mine / other for mine, other in zip(rates["this service", kind], taken, strict=True)]
        ratio, spread = statistics.median(ratios), f"{min(ratios):.1f} to {max(ratios):.1f}"
        print(f"{name:16} {kind:8} {statistics.median(taken):6.0f}/s; ours {ratio:5.1f} times ({spread}, n = {ROUNDS})")
        good &= name == "this service" or ratio >= TIMES
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
