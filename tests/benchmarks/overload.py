"""What becomes of answers, memory and health under ten times too much, and beside clients that are slow in every way.

    python -m tests.benchmarks.overload much       60 s of ten times as many clients as keep it busy, without a pause
    python -m tests.benchmarks.overload slow       200 clients that trickle and stall, and the latency of others

Every answer is looked at: it says 7 or is a 503 with Retry-After, or it is wrong. The service runs on the first core
and everything else on the second. Ends with status 1 where a bar is missed.
"""

import os
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import httpx

from tests.app.pictures import slow_png
from tests.benchmarks.service import BODIES, CONNECTIONS, checked, percentile, pin, wrk
from tests.conftest import Server, running

TIMES = 10
SECONDS = 60
MAX_HEALTH_MS = 50.0
MAX_GROWTH = 10e6  # bytes
MAX_WAIT_MS = 1_000.0
SLOW_CLIENTS, ASKED = 200, 500
LOADS = {**{kind: BODIES[kind] for kind in ("strokes", "RGB PNG")}, "15 megapixels": ("image/png", slow_png())}


@dataclass
class Witness:
    """Someone who asks for one thing at a time all the while, on a connection of their own."""

    server: Server
    path: str
    body: bytes | None = None
    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __enter__(self) -> "Witness":
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        with httpx.Client(base_url=self.server.url, timeout=30) as client:
            while not self._done.wait(0.02):
                started = time.perf_counter()
                try:
                    if self.body is None:
                        response = client.get(self.path)
                    else:
                        headers = {"Content-Type": "application/json"}
                        response = client.post(self.path, content=self.body, headers=headers)
                except httpx.TransportError as error:
                    self.wrong.append(repr(error))
                    continue
                taken = time.perf_counter() - started
                right = response.status_code == 200 and (self.body is None or response.json()["digit"] == 7)
                if right:
                    self.seconds.append(taken)
                elif response.status_code == 503 and "retry-after" in response.headers:
                    self.refused.append(taken)
                else:
                    self.wrong.append(response.text[:100])

    def said(self, name: str) -> str:
        figures = "none answered"
        if self.seconds:
            figures = f"median {percentile(self.seconds, 0.5):.1f} ms, 99 % {percentile(self.seconds, 0.99):.1f} ms"
        return f"{name:24} {figures}, n = {len(self.seconds)}; {len(self.refused)} refused, {len(self.wrong)} wrong"


def much() -> bool:
    """Print what becomes of answers, /healthz, a drawing now and then, and memory; whether all bars are met."""
    good = True
    with running() as server:
        pin(server.process.pid, 0)
        os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
        for kind in LOADS:
            wrk(f"{server.url}/predict", LOADS[kind], TIMES * CONNECTIONS, 3)
        before = server.memory()
        for kind, load in LOADS.items():
            drawing = BODIES["strokes"][1]
            with Witness(server, "/healthz") as health, Witness(server, "/predict", drawing) as drawn:
                answers = checked(f"{server.url}/predict", load, TIMES * CONNECTIONS, SECONDS / len(LOADS))
            print(f"{kind}: {answers}")
            print("   " + health.said("/healthz"))
            print("   " + drawn.said("strokes now and then"))
            good &= not answers.wrong and answers.right > 0 and not drawn.wrong and not health.wrong
            good &= not health.refused and percentile(health.seconds, 0.99) <= MAX_HEALTH_MS
            good &= kind not in BODIES or answers.longest_ms <= MAX_WAIT_MS
        after = server.memory()
        good &= after - before <= MAX_GROWTH and server.process.poll() is None
        print(f"memory: {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")
    return good


def slow() -> bool:
    """Print the latency of drawings without and with slow clients; whether it is the same but for noise."""
    with running() as server, ExitStack() as held, httpx.Client(base_url=server.url) as client:
        pin(server.process.pid, 0)
        os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
        body, headers = BODIES["strokes"][1], {"Content-Type": "application/json"}

        def asked() -> list[float]:
            taken = []
            for _ in range(ASKED):
                start = time.perf_counter()
                response = client.post("/predict", content=body, headers=headers)
                taken.append(time.perf_counter() - start)
                assert response.json()["digit"] == 7
            return taken

        asked()
        alone = asked()
        head = b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
        address = ("127.0.0.1", server.port)
        clients = [held.enter_context(socket.create_connection(address)) for _ in range(SLOW_CLIENTS)]
        for index, each in enumerate(clients):
            each.sendall(head if index % 2 else head[:20])
        done = threading.Event()

        def trickle() -> None:
            while not done.wait(0.5):
                for index, each in enumerate(clients):
                    if index % 4 < 2:  # half of each kind trickle, the others stall
                        with suppress(OSError):  # it has been given up
                            each.send(b" ")

        trickler = threading.Thread(target=trickle)
        trickler.start()
        try:
            among = asked()
        finally:
            done.set()
            trickler.join()
        for name, taken in (("alone", alone), (f"among {SLOW_CLIENTS} slow clients", among)):
            print(
                f"{name:24} median {percentile(taken, 0.5):.2f} ms, 99 % {percentile(taken, 0.99):.2f} ms, n = {ASKED}"
            )
        return percentile(among, 0.5) <= 1.5 * percentile(alone, 0.5)


if __name__ == "__main__":
    tasks = {"much": much, "slow": slow}
    met = [tasks[name]() for name in sys.argv[1:] or tasks]
    sys.exit(0 if all(met) else 1)
