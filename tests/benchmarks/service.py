"""How fast the service answers beside endpoints that do nothing, and how soon.

    python -m tests.benchmarks.service rates       requests a second relative to endpoints that only read the body
    python -m tests.benchmarks.service calm        the 99th percentile at half that load
    python -m tests.benchmarks.service ready       seconds to the first right answer, and memory at rest

"strokes" is one drawing over and over, "all styles" those of tests/drawings in turn: how long one takes depends on it.

The service runs on the first core and wrk (`apt-get install wrk`) on the second, with 8 connections; rates are medians
of 5 rounds, taken in turns so that a busy machine slows all alike. All of it stays on 127.0.0.1 and ends by itself.
"""

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np

from tests.app.pictures import picture
from tests.conftest import free_port, running
from tests.drawings import load_drawings
from tests.encodings import saved

CONNECTIONS, ROUNDS, SECONDS, RATE_SECONDS = 8, 5, 4, 2

# What the client watches its core's memory by: one byte of each of so many pages, every so often.
PAGES, PAGE, SWEEP_SECONDS = 2_000, 4_096, 0.005
STUMBLE, HELD_UP_SECONDS = 4, 0.15
SEVEN = [[[60 + 7 * i, 60] for i in range(21)], [[200 - 4 * i, int(60 + 8.5 * i)] for i in range(21)]]
BODIES = {
    "strokes": ("application/json", json.dumps({"strokes": SEVEN}).encode()),
    "grey PNG": ("image/png", saved(picture(7))),
    "RGB PNG": ("image/png", saved(picture(7, "RGB", "black", "white"))),
    "RGBA PNG": ("image/png", saved(picture(7, "RGBA", (0, 0, 0, 255), (0, 0, 0, 0)))),
}
STYLES = [("application/json", json.dumps({"strokes": drawing.strokes}).encode()) for drawing in load_drawings()]
LOADS = {**{kind: [body] for kind, body in BODIES.items()}, "all styles": STYLES}

# The HTTP stack with nothing behind it: the server alone, and with the framework that the service is written in.
SERVER = '''
async def app(scope, receive, send):
    """Reads the body; answers as many bytes as the service does."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"300")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b" " * 300})
'''
FRAMEWORK = '''
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/")
async def empty(request: Request) -> Response:
    """Reads the body; answers as many bytes as the service does."""
    await request.body()
    return Response(b" " * 300, media_type="application/json")
'''


def pin(process: int, core: int) -> None:
    """Keep a process and its threads on one core."""
    for task in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core % (os.cpu_count() or 1)})


@contextmanager
def empty(source: str) -> Iterator[str]:
    """An empty endpoint, on the server that the service runs on; yields its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "empty.py").write_text(source)
        flags = ["--port", str(port), "--no-access-log", "--lifespan", "off", "--log-level", "warning"]
        with subprocess.Popen([sys.executable, "-m", "uvicorn", "empty:app", *flags], cwd=folder) as process:
            try:
                until_open(port)
                pin(process.pid, 0)
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.terminate()


def until_open(port: int) -> None:
    """Returns once something listens."""
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.025)
    raise TimeoutError(f"nothing listens on port {port}")


Body = tuple[str, bytes]  # its media type, and itself

POST = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "{media}"
local requests, turn = {{}}, 0
function init()
  for index = 1, {count} do
    local file = io.open("{folder}/body" .. index, "rb")
    requests[index] = wrk.format(nil, nil, nil, file:read("*all"))
    file:close()
  end
end
function request()
  turn = turn % {count} + 1
  return requests[turn]
end
"""
CHECK = """
local threads = {}
function setup(thread) table.insert(threads, thread) end
right, refused, wrong, sample = 0, 0, 0, ""
function response(status, headers, body)
  if status == 200 and string.find(body, '{expected}', 1, true) then right = right + 1
  elseif status == 503 and headers["retry-after"] then refused = refused + 1
  else wrong = wrong + 1; sample = status .. " " .. string.sub(body, 1, 80) end
end
function done(summary, latency, requests)
  local thread = threads[1]
  print("CHECKED", thread:get("right"), thread:get("refused"), thread:get("wrong"), latency.max, thread:get("sample"))
end
"""


@dataclass(frozen=True)
class Answers:
    """What became of all requests of a run."""

    right: int
    refused: int
    wrong: int
    longest_ms: float
    rate: float
    sample: str

    def __str__(self) -> str:
        wrong = f"{self.wrong} wrong, {self.sample}" if self.wrong else "none wrong"
        figures = f"{self.right} right, {self.refused} told to come back, {wrong}"
        return f"{figures}; {self.rate:.0f}/s, the longest took {self.longest_ms:.0f} ms"


def wrk(url: str, load: Body | list[Body], connections: int = CONNECTIONS, seconds: float = SECONDS) -> float:
    """Answers a second, whatever they are: `checked` looks at them."""
    said = _wrk(url, load, connections, seconds)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate, said
    return float(rate[1])


def checked(url: str, load: Body | list[Body], connections: int = CONNECTIONS, seconds: float = SECONDS) -> Answers:
    """The same, with a look at every answer: it says 7, or is a 503 that says when to come back, or is wrong.

    Drawings of other digits have to be sure.
    """
    expected = '"verdict":"sure"' if load is STYLES else '"digit":7'
    said = _wrk(url, load, connections, seconds, CHECK.replace("{expected}", expected))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    counts = re.search(r"^CHECKED\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*(.*)$", said, re.MULTILINE)
    assert rate, said
    assert counts, said
    right, refused, wrong, microseconds = (int(counts[index]) for index in range(1, 5))
    return Answers(right, refused, wrong, microseconds / 1000, float(rate[1]), counts[5])


def _wrk(url: str, load: Body | list[Body], connections: int, seconds: float, more: str = "") -> str:
    bodies = load if isinstance(load, list) else [load]
    with tempfile.TemporaryDirectory() as folder:
        for index, (_, body) in enumerate(bodies, 1):
            (Path(folder) / f"body{index}").write_bytes(body)
        script = Path(folder) / "post.lua"
        script.write_text(POST.format(media=bodies[0][0], folder=folder, count=len(bodies)) + more)
        core, flags = str(1 % (os.cpu_count() or 1)), ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout=30s"]
        command = ["taskset", "-c", core, "wrk", *flags, "-s", str(script), url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Socket errors" not in said, said
    return said


def rates() -> None:
    """Print the rate of each kind of body beside those of the empty endpoints."""
    with running() as server, empty(FRAMEWORK) as framework, empty(SERVER) as alone:
        pin(server.process.pid, 0)
        for kind, load in LOADS.items():
            answers = checked(f"{server.url}/predict", load, seconds=1)
            assert answers.right > 0, answers
            assert not answers.wrong + answers.refused, answers
            urls = (f"{server.url}/predict", framework, alone)
            rounds = [[wrk(url, load, seconds=RATE_SECONDS) for url in urls] for _ in range(ROUNDS)]
            print(f"{kind:10} {statistics.median(mine for mine, *_ in rounds):6.0f}/s", end="")
            for index, name in ((1, "FastAPI"), (2, "bare server")):
                ratios = [taken[0] / taken[index] for taken in rounds]
                rate = statistics.median(taken[index] for taken in rounds)
                spread = f"{min(ratios):.3f} to {max(ratios):.3f}, n = {ROUNDS}"
                print(f", {statistics.median(ratios):.3f} of {name} ({rate:.0f}/s; {spread})", end="")
            print(flush=True)


Served = list[tuple[float, float]]  # when each request was due, on time.perf_counter(), and seconds to its answer


async def steady(url: str, kind: str, rate: float, seconds: float) -> Served:
    """Send so many a second, whatever becomes of them."""
    bodies, target = LOADS[kind], urlsplit(url)
    head = f"POST {target.path} HTTP/1.1\r\nHost: app\r\nContent-Type: {bodies[0][0]}\r\nContent-Length: "
    start, count, served = time.perf_counter() + 0.1, int(rate * seconds), Served()

    async def client(index: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        for turn in range(index, count, CONNECTIONS):
            due = start + turn / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            _, body = bodies[turn % len(bodies)]
            writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer)
            assert length and answer.startswith(b"HTTP/1.1 200"), answer
            await reader.readexactly(int(length[1]))
            served.append((due, time.perf_counter() - due))
        writer.close()

    await asyncio.gather(*(client(index) for index in range(CONNECTIONS)))
    return served


async def latency(url: str, kind: str, rate: float) -> list[float]:
    """The median and the 99th percentile in ms, of all and of the undisturbed; and the share that those are.

    Disturbed are those due within `HELD_UP_SECONDS` of this core's memory being several times slower than it mostly is.
    """
    memory, sweeps = np.ones(PAGES * PAGE, np.uint8)[::PAGE], Served()
    requests = asyncio.create_task(steady(url, kind, rate, SECONDS))
    while not requests.done():
        began = time.perf_counter()
        memory.sum()
        sweeps.append((began, time.perf_counter() - began))
        await asyncio.sleep(SWEEP_SECONDS)
    usual = statistics.median(took for _, took in sweeps)
    slow = [began for began, took in sweeps if took > STUMBLE * usual]
    served = await requests
    undisturbed = [taken for due, taken in served if not any(abs(due - began) < HELD_UP_SECONDS for began in slow)]
    both = [taken for _, taken in served], undisturbed
    return [percentile(taken, part) for taken in both for part in (0.5, 0.99)] + [len(undisturbed) / len(served)]


def calm() -> None:
    """Print the latency at half the rate that the service reaches, and the empty endpoint's at the same rate.

    The second is what this client and the machine add. Where the host's other machines fill the memory's bandwidth,
    all that runs here takes ten times as long for a tenth of a second, and no clock of the kernel's shows it. So the
    client watches its own memory meanwhile, on the other core, and the latencies are given a second time without the
    requests that were due within `HELD_UP_SECONDS` of that.
    """
    with running() as server, empty(FRAMEWORK) as framework:
        pin(server.process.pid, 0)
        os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
        for kind, load in LOADS.items():
            rate = wrk(f"{server.url}/predict", load) / 2
            print(f"{kind} at {rate:.0f}/s")
            urls = {"service": f"{server.url}/predict", "empty endpoint": framework}
            figures = {name: list[list[float]]() for name in urls}
            for _ in range(ROUNDS):
                for name, url in urls.items():
                    figures[name].append(asyncio.run(latency(url, kind, rate)))
            for name, rows in figures.items():
                median, slow, calm_median, calm_slow, share = (
                    statistics.median(each) for each in zip(*rows, strict=True)
                )
                print(
                    f"    {name:14} median {median:5.2f} ms, 99 % {slow:5.2f} ms; in the {share:.0%} of the time when "
                    f"memory was as fast as usual {calm_median:5.2f}, {calm_slow:5.2f} ms (medians of {ROUNDS})",
                    flush=True,
                )


def ready() -> None:
    """Print how long it takes from the start of the process to the first right answer, and what it then holds."""
    seconds, memory = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with running() as server:
            answer = httpx.post(f"{server.url}/predict", content=BODIES["strokes"][1], headers=_header("strokes"))
            seconds.append(time.perf_counter() - start)
            assert answer.json()["digit"] == 7
            memory.append(server.memory() / 1e6)
    print(f"ready within {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, n = {ROUNDS})")
    print(f"memory {statistics.median(memory):.0f} MB ({min(memory):.0f} to {max(memory):.0f}, n = {ROUNDS})")


def _header(kind: str) -> dict[str, str]:
    return {"Content-Type": BODIES[kind][0]}


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


if __name__ == "__main__":
    tasks = {"rates": rates, "calm": calm, "ready": ready}
    for name in sys.argv[1:] or tasks:
        tasks[name]()
