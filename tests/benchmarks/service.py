"""How fast the service answers beside an empty endpoint, how soon, and under too much of everything.

    python -m tests.benchmarks.service rates       requests a second relative to an endpoint that only reads the body
    python -m tests.benchmarks.service calm        the 99th percentile at half that load
    python -m tests.benchmarks.service ready       seconds to the first right answer, and memory at rest
    python -m tests.benchmarks.service overload    60 s of ten times the load: answers, memory, /healthz meanwhile
    python -m tests.benchmarks.service slow        200 clients that trickle and stall, and the latency of others

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
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from tests.app.pictures import encoded, picture
from tests.conftest import Server, free_port, running

CONNECTIONS, ROUNDS, SECONDS = 8, 5, 4
OVERLOAD_SECONDS = 60
SEVEN = [[[60 + 7 * i, 60] for i in range(21)], [[200 - 4 * i, int(60 + 8.5 * i)] for i in range(21)]]
BODIES = {
    "strokes": ("application/json", json.dumps({"strokes": SEVEN}).encode()),
    "grey PNG": ("image/png", encoded(picture(7))),
    "RGB PNG": ("image/png", encoded(picture(7, "RGB", "black", "white"))),
    "RGBA PNG": ("image/png", encoded(picture(7, "RGBA", (0, 0, 0, 255), (0, 0, 0, 0)))),
}

EMPTY = '''
async def app(scope, receive, send):
    """Reads the body; answers as many bytes as the service does."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"300")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b" " * 300})
'''


def pin(process: int, core: int) -> None:
    """Keep a process and its threads on one core."""
    for task in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core % (os.cpu_count() or 1)})


@contextmanager
def empty() -> Iterator[str]:
    """The empty endpoint, on the server that the service runs on; yields its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "empty.py").write_text(EMPTY)
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


def wrk(url: str, kind: str, connections: int = CONNECTIONS, seconds: float = SECONDS) -> tuple[float, int, int]:
    """Requests a second, how many were answered at all, and how many not with 200."""
    media, body = BODIES[kind]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "body").write_bytes(body)
        script = Path(folder) / "post.lua"
        script.write_text(
            f'local f = io.open("{folder}/body", "rb"); wrk.body = f:read("*all"); f:close()\n'
            f'wrk.method = "POST"; wrk.headers["Content-Type"] = "{media}"\n'
        )
        core, flags = str(1 % (os.cpu_count() or 1)), ["-t1", f"-c{connections}", f"-d{seconds:.0f}s"]
        command = ["taskset", "-c", core, "wrk", *flags]
        said = subprocess.run([*command, "-s", str(script), url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    count = re.search(r"(\d+) requests in", said)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert rate, said
    assert count, said
    assert "Socket errors" not in said, said
    return float(rate[1]), int(count[1]), int(other[1]) if other else 0


def rates() -> dict[str, float]:
    """Print the rate of each kind of body beside that of the empty endpoint; returns the rates of the service."""
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in BODIES}
    with running() as server, empty() as idle:
        pin(server.process.pid, 0)
        for kind in BODIES:
            wrk(f"{server.url}/predict", kind, seconds=1)
        for _ in range(ROUNDS):
            for kind, pairs in taken.items():
                pairs.append((wrk(idle, kind)[0], wrk(f"{server.url}/predict", kind)[0]))
    for kind, pairs in taken.items():
        ratios = [mine / nothing for nothing, mine in pairs]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        rate, nothing = (statistics.median(pair[index] for pair in pairs) for index in (1, 0))
        print(f"{kind:10} {rate:7.0f}/s of {nothing:7.0f}/s: {middle:.3f} ({low:.3f} to {high:.3f}, n = {ROUNDS})")
    return {kind: statistics.median(mine for _, mine in pairs) for kind, pairs in taken.items()}


async def steady(server: Server, kind: str, rate: float, seconds: float) -> list[float]:
    """Send so many a second, whatever becomes of them; returns seconds from when each was due to its answer."""
    media, body = BODIES[kind]
    head = f"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    start, count, taken = time.perf_counter() + 0.1, int(rate * seconds), list[float]()

    async def client(index: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for turn in range(index, count, CONNECTIONS):
            due = start + turn / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer)
            assert length and answer.startswith(b"HTTP/1.1 200"), answer
            await reader.readexactly(int(length[1]))
            taken.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(client(index) for index in range(CONNECTIONS)))
    return taken


def calm() -> None:
    """Print the latency at half the rate that the service reaches."""
    with running() as server:
        pin(server.process.pid, 0)
        os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
        for kind in BODIES:
            rate = wrk(f"{server.url}/predict", kind)[0] / 2
            figures = []
            for _ in range(ROUNDS):
                taken = sorted(asyncio.run(steady(server, kind, rate, SECONDS)))
                figures.append([taken[int(share * len(taken))] * 1000 for share in (0.5, 0.99)])
            median, slow = (statistics.median(each) for each in zip(*figures, strict=True))
            print(f"{kind:10} at {rate:5.0f}/s: median {median:5.2f} ms, 99 % {slow:5.2f} ms (medians of {ROUNDS})")


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


def overload() -> None:
    """Print what becomes of answers, memory and /healthz when ten times too many clients ask without a pause."""
    with running() as server:
        pin(server.process.pid, 0)
        for kind in BODIES:
            wrk(f"{server.url}/predict", kind, seconds=2)
        before, health, done = server.memory(), list[float](), threading.Event()

        def watch() -> None:
            with httpx.Client(base_url=server.url) as client:
                while not done.wait(0.02):
                    start = time.perf_counter()
                    assert client.get("/healthz").status_code == 200
                    health.append(time.perf_counter() - start)

        watcher = threading.Thread(target=watch)
        watcher.start()
        seconds = OVERLOAD_SECONDS / 2
        said = {kind: wrk(f"{server.url}/predict", kind, 10 * CONNECTIONS, seconds) for kind in ("strokes", "RGB PNG")}
        done.set()
        watcher.join()
        for kind, (rate, count, refused) in said.items():
            print(f"{kind}: {count} answers at {rate:.0f}/s, {refused} of them not 200")
        counts = Counter(re.findall(r'route="/predict",status="(\d+)"', httpx.get(f"{server.url}/metrics").text))
        print(f"statuses of all answers: {', '.join(sorted(counts))}")
        median, high = percentile(health, 0.5), percentile(health, 0.99)
        print(f"/healthz: median {median:.1f} ms, 99 % {high:.1f} ms, n = {len(health)}")
        print(f"memory: {before / 1e6:.0f} MB before, {server.memory() / 1e6:.0f} MB after")


def slow() -> None:
    """Print the latency of drawings without and with 200 clients that are slow in every way."""
    with running() as server, ExitStack() as held, httpx.Client(base_url=server.url) as client:

        def asked() -> list[float]:
            taken = []
            for _ in range(500):
                start = time.perf_counter()
                response = client.post("/predict", content=BODIES["strokes"][1], headers=_header("strokes"))
                taken.append(time.perf_counter() - start)
                assert response.json()["digit"] == 7
            return taken

        asked()
        alone = asked()
        head = b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
        clients = [held.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(200)]
        for index, each in enumerate(clients):
            each.sendall(head if index % 2 else head[:20])
        done = threading.Event()

        def trickle() -> None:
            while not done.wait(0.1):
                for each in clients:
                    with suppress(OSError):  # it has been given up
                        each.send(b" ")

        trickler = threading.Thread(target=trickle)
        trickler.start()
        among = asked()
        done.set()
        trickler.join()
        for name, taken in (("alone", alone), ("among 200 slow clients", among)):
            print(f"{name:24} median {percentile(taken, 0.5):.2f} ms, 99 % {percentile(taken, 0.99):.2f} ms, n = 500")


if __name__ == "__main__":
    tasks = {"rates": rates, "calm": calm, "ready": ready, "overload": overload, "slow": slow}
    for name in sys.argv[1:] or tasks:
        tasks[name]()
