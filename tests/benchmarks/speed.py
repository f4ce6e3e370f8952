"""How long an answer takes inside the process, on one thread: the network alone, and a drawing from end to end.

    python -m tests.benchmarks.speed

Means, medians and 95th percentiles of n answers each, taken in turns so that a busy machine slows all alike. The
drawings are those of tests/drawings, one after the other: how long one takes depends on it. What is in doubt is a
scribble.
"""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from model.reader import DEFAULT, WEIGHTS, Network, Reader, see_strokes
from tests.benchmarks.variants import Canvas
from tests.drawings import SCRIBBLE, load_drawings

N = 2_000


def picture(side: int, pen: int) -> bytes:
    """A PNG of a 7."""
    image = Image.new("RGB", (side, side), "white")
    path = [(side * 0.2, side * 0.2), (side * 0.7, side * 0.2), (side * 0.4, side * 0.8)]
    ImageDraw.Draw(image).line(path, "black", pen, joint="curve")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def measure() -> dict[str, dict[str, float]]:
    """Mean, median and 95th percentile in milliseconds, and n, of each task."""
    reader = Reader()
    drawings = [drawing.strokes for drawing in load_drawings()]
    seen = [see_strokes(strokes).pixels[None, None] for strokes in drawings]
    pngs, larges = [picture(280, 24)], [picture(1050, 40)]
    doubted = [Canvas(mode="L").encoded(SCRIBBLE)]
    tasks: dict[str, tuple[Callable[[Any], object], list[Any]]] = {}
    for name in reader.names:
        network = Network(WEIGHTS / f"{name}.onnx")
        tasks[f"{name}: the network alone"] = network.logits, seen
        if name == DEFAULT:
            tasks[f"{name}: the network without its first stage"] = network.logits_of_whole, seen
        tasks[f"{name}: strokes to answer"] = partial(reader.read_strokes, model=name), drawings
    tasks["digitnet: 280x280 PNG to answer"] = reader.read_image, pngs
    tasks["digitnet: strokes in doubt to answer"] = reader.read_strokes, [SCRIBBLE]
    tasks["digitnet: 280x280 PNG in doubt to answer"] = reader.read_image, doubted
    tasks["digitnet: 1050x1050 PNG to answer"] = reader.read_image, larges
    tasks["digitnet: strokes, explained"] = partial(reader.read_strokes, explain=True), drawings
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(-len(drawings), N):
        for name, (task, given) in tasks.items():
            if "1050" in name and turn % 20:
                continue
            began = time.perf_counter()
            task(given[turn % len(given)])
            if turn >= 0:
                times[name].append(time.perf_counter() - began)
    figures = {}
    for name, taken in times.items():
        values = (np.mean(taken), *np.quantile(taken, [0.5, 0.95]))
        mean, median, slow = (round(float(value) * 1000, 4) for value in values)
        figures[name] = {"mean_ms": mean, "median_ms": median, "p95_ms": slow, "n": len(taken)}
    return figures


def main() -> None:
    """Measure, and print a line for each."""
    for name, figure in measure().items():
        mean, median, slow, n = figure.values()
        print(f"{name:44} mean {mean:7.3f} ms   median {median:7.3f} ms   95 % {slow:7.3f} ms   n = {n}")


if __name__ == "__main__":
    main()
