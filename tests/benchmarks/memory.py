"""Whether memory grows: 200,000 requests of all kinds, right and wrong, and what the process holds on the way.

    python -m tests.benchmarks.memory            200,000 requests: minutes
    python -m tests.benchmarks.memory 20000      as many as you like

No two drawings are alike, pictures are of many sizes, one in a thousand is a photograph. Every answer has to have the
status that it should, and every picture of a seven has to be read as one. Ends with status 1 where more than 10 MB
have been added since the first 2,000.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from tests.app.pictures import STROKES, data_uri, picture, png
from tests.conftest import Server, running
from tests.encodings import saved

REQUESTS, FIRST, REPORTS = 200_000, 2_000, 10
CLIENTS = 8
MAX_GROWTH = 10e6  # bytes
JSON = "application/json"
Kind = tuple[str, str, bytes, int, bool]  # a path, a media type, a body, the status due, and whether it is a seven


def drawing(chance: random.Random) -> bytes:
    """A seven, somewhere, of some size, by an unsteady hand."""
    scale, x, y = chance.uniform(0.3, 9), chance.uniform(-500, 500), chance.uniform(-500, 500)
    strokes = [
        [
            [a * scale + x + chance.uniform(-3, 3) * scale, b * scale + y + chance.uniform(-3, 3) * scale]
            for a, b in each
        ]
        for each in STROKES[7]
    ]
    return json.dumps({"strokes": strokes}).encode()


def photograph() -> bytes:
    """Twelve megapixels of paper under a lamp, with a seven on it."""
    light = np.linspace(200, 120, 3_000)[:, None] + np.linspace(0, 40, 4_000)
    grain = np.random.default_rng(0).normal(0, 3, light.shape)
    paper = Image.fromarray((light + grain).clip(0, 255).astype(np.uint8)).convert("RGB")
    ink = picture(7, ink=255, paper=0, side=1_500)
    paper.paste((40, 40, 60), (1_200, 700), ink)
    return saved(paper, "JPEG")


def kinds(chance: random.Random) -> list[tuple[int, Callable[[], Kind]]]:
    """How often each kind comes, relative to the others, and a function that makes one."""
    pictures = [saved(picture(7, side=chance.randint(60, 900))) for _ in range(40)]
    jpegs = [saved(picture(7, "RGB", "navy", "white", chance.randint(100, 900)), "JPEG") for _ in range(40)]
    photo, form = (
        photograph(),
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="7"\r\n\r\n%s\r\n--x--\r\n',
    )
    uri = json.dumps({"image": data_uri(png(7))}).encode()
    paths = ("/", "/models", "/metrics", "/static/main.js", "/nothing", "/%d")

    def page() -> Kind:
        path = chance.choice(paths).replace("%d", str(chance.random()))
        return path, "", b"", 200 if path in paths[:4] else 404, False

    return [
        (300, lambda: ("/predict", JSON, drawing(chance), 200, True)),
        (200, lambda: ("/predict", "image/png", chance.choice(pictures), 200, True)),
        (100, lambda: ("/predict", "image/jpeg", chance.choice(jpegs), 200, True)),
        (60, lambda: ("/predict", "multipart/form-data; boundary=x", form % chance.choice(pictures), 200, True)),
        (40, lambda: ("/predict", JSON, uri, 200, True)),
        (50, lambda: ("/predict?explain=true", JSON, drawing(chance), 200, True)),
        (40, lambda: ("/predict?model=blog", "image/png", chance.choice(pictures), 200, False)),
        (10, lambda: ("/predict?model=blog&explain=1", JSON, drawing(chance), 200, False)),
        (30, lambda: ("/predict", JSON, b'{"strokes": []}', 422, False)),
        (30, lambda: ("/predict", JSON, b"[" * chance.randint(1, 3_000), 422, False)),
        (30, lambda: ("/predict", "image/png", chance.choice(pictures)[:-30], 422, False)),
        (30, lambda: ("/predict", "text/plain", b"seven", 415, False)),
        (30, lambda: (f"/predict?model={chance.randint(0, 10**9)}", JSON, drawing(chance), 404, False)),
        (49, page),
        (1, lambda: ("/predict", "image/jpeg", photo, 200, True)),
    ]


def endless() -> Iterator[Kind]:
    """The same requests in every run."""
    chance = random.Random(7)
    mixed = kinds(chance)
    weights, makers = zip(*mixed, strict=True)
    while True:
        yield chance.choices(makers, weights)[0]()


async def ask(server: Server, requests: Iterator[Kind], count: int) -> Counter[int]:
    """Send so many of them over a few connections; returns how often each status came."""
    left, seen = iter(range(count)), Counter[int]()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in left:
            path, media, body, due, seven = next(requests)
            head = f"{'POST' if media else 'GET'} {path} HTTP/1.1\r\nHost: app\r\n"
            head += f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n" if media else ""
            status = 503  # on a machine that has other things to do some are told to come back
            while status == 503:
                writer.write(head.encode() + b"\r\n" + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", answer)
                assert length, answer
                content = await reader.readexactly(int(length[1]))
                status = int(answer[9:12])
                seen[status] += status == 503
            assert status == due, (path, media, body[:80], answer, content[:200])
            assert not seven or b'"digit":7' in content, (path, media, body[:200], content)
            seen[status] += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return seen


def main(count: int = REQUESTS) -> int:
    """Print memory after the first 2,000 requests and on the way to the last; 1 where it grows."""
    seen, requests, started = Counter[int](), endless(), time.monotonic()
    with running() as server:
        rest = server.memory()
        seen += asyncio.run(ask(server, requests, FIRST))
        first = server.memory()
        print(f"at rest {rest / 1e6:.1f} MB, after {FIRST:,} requests {first / 1e6:.1f} MB", flush=True)
        for _ in range(REPORTS):
            seen += asyncio.run(ask(server, requests, (count - FIRST) // REPORTS))
            now = server.memory()
            taken = time.monotonic() - started
            print(f"after {seen.total():,} requests and {taken:.0f} s {now / 1e6:.1f} MB", flush=True)
    print(f"growth {(now - first) / 1e6:+.1f} MB; statuses {dict(sorted(seen.items()))}")
    return int(now - first > MAX_GROWTH)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
