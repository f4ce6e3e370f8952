"""How long an answer takes inside the process, on one thread: the network alone, and a drawing from end to end.

    python -m tests.benchmarks.speed

Medians and 95th percentiles of n answers each, taken in turns so that a busy machine slows all alike.
"""

import io
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from model.reader import WEIGHTS, Network, Reader

N = 2_000
SEVEN = [[[60 + 7 * i, 60] for i in range(21)], [[200 - 4 * i, 60 + 8.5 * i] for i in range(21)]]


def picture(side: int, pen: int) -> bytes:
    """A PNG of a 7."""
    image = Image.new("RGB", (side, side), "white")
    path = [(side * 0.2, side * 0.2), (side * 0.7, side * 0.2), (side * 0.4, side * 0.8)]
    ImageDraw.Draw(image).line(path, "black", pen, joint="curve")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def measure() -> dict[str, dict[str, float]]:
    """Median and 95th percentile in milliseconds, and n, of each task."""
    reader = Reader()
    png, large = picture(280, 24), picture(1050, 40)
    image = np.random.default_rng(0).random((1, 1, 28, 28), np.float32)
    tasks: dict[str, Callable[[], object]] = {}
    for name in reader.names:
        tasks[f"{name}: the network alone"] = partial(Network(WEIGHTS / f"{name}.onnx").logits, image)
        tasks[f"{name}: strokes to answer"] = partial(reader.read_strokes, SEVEN, name)
    tasks["digitnet: 280x280 PNG to answer"] = partial(reader.read_image, png)
    tasks["digitnet: 1050x1050 PNG to answer"] = partial(reader.read_image, large)
    tasks["digitnet: strokes, explained"] = partial(reader.read_strokes, SEVEN, explain=True)
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(-50, N):
        for name, task in tasks.items():
            if "1050" in name and turn % 20:
                continue
            began = time.perf_counter()
            task()
            if turn >= 0:
                times[name].append(time.perf_counter() - began)
    figures = {}
    for name, taken in times.items():
        median, slow = (round(float(value) * 1000, 4) for value in np.quantile(taken, [0.5, 0.95]))
        figures[name] = {"median_ms": median, "p95_ms": slow, "n": len(taken)}
    return figures


def main() -> None:
    """Measure, and print a line for each."""
    for name, figure in measure().items():
        median, slow, n = figure.values()
        print(f"{name:36} median {median:7.3f} ms   95 % {slow:7.3f} ms   n = {n}")


if __name__ == "__main__":
    main()
