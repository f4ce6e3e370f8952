"""A real server, asked by HTTP what no client would ask, and watched: answers, seconds, memory, what it logs."""

import asyncio
import http.client
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.problems import MEDIA_TYPE, PROBLEMS
from tests.app.pictures import FORM, STROKES, data_uri, form_of
from tests.benchmarks.fuzz import mutate, seeds
from tests.benchmarks.fuzz.clock import Clock
from tests.benchmarks.fuzz.hardly_http import http_of
from tests.conftest import ROOT, Server, environment_of, free_port, wait_until_ready

MAX_SECONDS = 2.0
TRIES = 3  # of what took longer: whoever else uses the machine makes anything slow once
# Each WARM requests its memory is looked at. What it needs for the largest of what comes by chance takes a while to
# come by; what leaks goes on growing. So the end is compared with the first half of a run, not its beginning alone.
WARM = 2_000
MAX_GROWTH = 10_000_000  # bytes that the server may hold more at the end than at any such look in the first half
MAX_PEAK = 200_000_000  # bytes above the first look, for two images at once
SHARE = 50  # connections at once
ROUNDS = 4  # of schemathesis
KINDS = {code: kind for kind, (code, _) in PROBLEMS.items()}


@dataclass
class Watch:
    """A server, and what was seen of it."""

    server: Server
    log: Path
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: float = 0.0
    looks: list[int] = field(default_factory=list)  # bytes

    def saw(self, outcome: str) -> None:
        """Count an answer."""
        self.outcomes[outcome] += 1
        if self.outcomes.total() % WARM == 0:
            self.look()

    def look(self) -> None:
        """Note how much memory the server holds."""
        self.looks.append(self.calm())
        if len(self.looks) == 1:
            self.server.reset_peak()

    def found(self, what: str) -> None:
        """Note what should not be, once."""
        if what not in self.findings:
            self.findings.append(what)
            print(f"  found: {what}", flush=True)

    def calm(self) -> int:
        """The server's memory when it has read a few plain drawings after whatever came before."""
        for _ in range(20):
            self.alive()
        return self.server.memory()

    def alive(self) -> None:
        """Ask for a drawing; what takes long is asked again."""
        body = json.dumps({"strokes": STROKES[7]}).encode()
        seconds, status, _ = fastest(self.server, body, "application/json")
        if status != 200 or seconds > MAX_SECONDS:
            self.found(f"a plain drawing is answered {status} after {seconds:.2f} s")

    def end(self) -> None:
        """Compare its memory, and look into its log."""
        if self.server.process.poll() is not None:
            self.found(f"the server ended with status {self.server.process.returncode}")
            return
        if self.looks:
            peak = self.server.memory("VmHWM") - self.looks[0]
            self.looks.append(self.calm())
            grown = self.looks[-1] - max(self.looks[: len(self.looks) // 2])
            some = [f"{look / 1e6:.0f}" for look in self.looks[:: 1 + len(self.looks) // 20]]
            print(f"  memory, MB: {' '.join(some)}; {grown / 1e6:+.1f} at the end, {peak / 1e6:+.0f} at most")
            if grown > MAX_GROWTH:
                self.found(f"memory grew by {grown / 1e6:.1f} MB")
            if peak > MAX_PEAK:
                self.found(f"memory was {peak / 1e6:.1f} MB more")
        metrics = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        metrics.request("GET", "/metrics")
        for line in re.findall(r'.*_total\{.*status="500".*', metrics.getresponse().read().decode()):
            self.found(f"counted: {line}")
        logged = [line for line in self.log.read_text().splitlines() if not line.startswith("digits: http")]
        if logged:
            self.found(f"{len(logged)} lines were logged, the last: {logged[-1][:200]}")


@contextmanager
def watched(folder: Path, **environment: str) -> Iterator[Watch]:
    """A server of its own, which ends whatever happens."""
    port, log = free_port(), folder / "server.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "app"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment_of(port, **environment), stderr=output)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        watch = Watch(Server(f"http://127.0.0.1:{port}", port, process), log)
        yield watch
        watch.end()
    finally:
        process.kill()
        process.wait()


def post(server: Server, body: bytes, content_type: str, query: str = "") -> tuple[float, int, str]:
    """Seconds, status, and what the answer is: "answered", or the type of a problem."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    started = time.perf_counter()
    connection.request("POST", f"/predict{query}", body, {"Content-Type": content_type})
    response = connection.getresponse()
    content = response.read()
    seconds = time.perf_counter() - started
    connection.close()
    answer = json.loads(content)
    if response.status == 200:
        assert abs(sum(answer["probabilities"]) - 1) < 1e-4, answer
        return seconds, 200, "answered"
    assert response.headers["Content-Type"] == MEDIA_TYPE, response.headers
    assert PROBLEMS[answer["type"]] == (response.status, answer["title"]), answer
    return seconds, response.status, answer["type"]


def fastest(server: Server, body: bytes, content_type: str, query: str = "") -> tuple[float, int, str]:
    """`post`, repeated where it took too long."""
    answer = post(server, body, content_type, query)
    for _ in range(TRIES):
        if answer[0] <= MAX_SECONDS:
            break
        answer = min(answer, post(server, body, content_type, query))
    return answer


QUERIES = ("", "", "", "?explain=true", "?model=blog", "?model=blog&explain=1&digit=3", "?explain=%ff", "?digit=10")


def bodies(seconds: float, seed: int, folder: Path) -> Watch:
    """POST /predict with mutated images, as they are, in forms and in JSON; mutated JSON; mutated forms."""
    random = Random(seed)
    images, jsons, forms = seeds.images(), seeds.jsons(), seeds.forms()
    with watched(folder) as watch:
        clock = Clock(seconds)
        while clock.running():
            body, usual = _body(random, images, jsons, forms)
            query = random.choice(QUERIES)
            try:
                took, status, outcome = fastest(watch.server, body, seeds.content_type(random, usual), query)
            except (OSError, http.client.HTTPException, ValueError, KeyError, AssertionError) as error:
                took, status, outcome = 0.0, 0, f"{type(error).__name__}: {str(error)[:80]}"
            watch.slowest = max(watch.slowest, took)
            watch.saw(outcome)
            if took > MAX_SECONDS or status in (0, 500):
                path = folder / f"body-{len(watch.findings)}"
                path.write_bytes(body)
                watch.found(f"{status} {outcome} after {took:.2f} s: {usual}, {path}")
                if watch.server.process.poll() is not None:
                    break
    return watch


def _body(random: Random, images: list[bytes], jsons: list[bytes], forms: list[bytes]) -> tuple[bytes, str]:
    kind = random.random()
    if kind < 0.25:
        return mutate.mutate_json(random.choice(jsons), random, jsons), "application/json"
    if kind < 0.4:
        return mutate.mutate(random.choice(forms), random, forms), FORM
    image = mutate.mutate(random.choice(images), random, images)
    if kind < 0.5:
        return form_of(image), FORM
    if kind < 0.6:
        return json.dumps({"image": data_uri(image)}).encode(), "application/json"
    return image, random.choice(("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"))


def sockets(seconds: float, seed: int, folder: Path) -> Watch:
    """Bytes that are hardly HTTP, in pieces, many connections at once; each has to be ended in time."""
    # The server waits a second for anything, so that a connection it forgets shows soon.
    limits = {"DIGITS_HEAD_SECONDS": "1", "DIGITS_BODY_SECONDS": "1", "DIGITS_IDLE_SECONDS": "1"}
    with watched(folder, **limits) as watch:
        asyncio.run(_sockets(watch, seconds, seed))
    return watch


async def _sockets(watch: Watch, seconds: float, seed: int) -> None:
    clock = Clock(seconds)

    async def one(random: Random) -> None:
        while clock.running() and watch.server.process.poll() is None:
            sent = http_of(random)
            outcome = await _said(watch, sent, random)
            for _ in range(TRIES):
                if outcome != "left open":
                    break
                outcome = await _said(watch, sent, random)  # the machine may have been stopped meanwhile
            watch.outcomes[outcome] += 1
            if outcome in ("left open", "500"):
                watch.found(f"{outcome}: {sent[:300]!r}")

    async def probe() -> None:
        while clock.running() and watch.server.process.poll() is None:
            await asyncio.to_thread(watch.alive)
            if watch.outcomes.total() > WARM * (len(watch.looks) + 1):
                await asyncio.to_thread(watch.look)
            await asyncio.sleep(0.5)

    await asyncio.gather(probe(), *(one(Random(f"{seed}-{index}")) for index in range(SHARE)))


OPEN_SECONDS = 12  # the head, the body and the idleness may each take a second, and so may each of eight in a row


async def _said(watch: Watch, sent: bytes, random: Random) -> str:
    """The statuses of all answers on a new connection, or that it was left open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", watch.server.port)
    answer = b""
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            pieces = random.choice((1, 1, 2, 5))
            size = max(1, len(sent) // pieces)
            for start in range(0, len(sent), size):
                writer.write(sent[start : start + size])
                await writer.drain()
                if pieces > 1:
                    await asyncio.sleep(random.random() / 50)
            if random.random() < 0.1:
                writer.write_eof()
            if random.random() < 0.1:
                return "left by the client"
            while piece := await reader.read(65_536):
                answer += piece
    except TimeoutError:
        return "left open"
    except OSError:  # it was closed before all had been sent
        pass
    finally:
        writer.transport.abort()
    statuses = re.findall(rb"(?:^|\n|\})HTTP/1\.1 (\d{3}) ", answer)
    return "500" if b"500" in statuses else b" ".join(sorted(set(statuses))).decode() or "closed"


def schema(seconds: float, seed: int, folder: Path) -> Watch:
    """What schemathesis makes of /openapi.json: requests that it allows and that it does not."""
    # The schema cannot say which bytes are an image, so "valid" ones may be refused.
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"--max-time={seconds / ROUNDS:.0f}"]
    command += ["--checks=all", "--exclude-checks=positive_data_acceptance", "--continue-on-failure"]
    with watched(folder) as watch:
        watch.look()
        for turn in range(ROUNDS):  # with a look in between: the first requests of a kind need memory for good
            arguments = [*command, f"--seed={seed + turn}", f"{watch.server.url}/openapi.json"]
            said = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
            watch.look()
            count = re.search(r"(\d+) generated", said.stdout)
            watch.outcomes["generated"] += int(count[1]) if count else 0
            if said.returncode:
                kept = folder / f"schemathesis-{turn}.txt"
                kept.write_text(said.stdout + said.stderr)
                watch.found(f"schemathesis found something: {kept}")
    return watch
