"""How well digits are read that people drew, once they are drawn worse: narrow, turned, shaky, gone over again.

    python -m tests.benchmarks.hands                     a third of pendigits-train, in each way
    python -m tests.benchmarks.hands runs/digitnet/digitnet.onnx model/weights/digitnet.onnx -n 7494

Each drawing of pendigits-train, the development set, is changed as a hasty hand, a mouse or a small screen changes it,
and read as strokes. It is changed further than most people go: what matters is which network holds out better, and
where. Nothing is trained on these drawings. Takes a second for each way and thousand drawings.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from model.curves import Points, Strokes, along, corners
from model.reader import WEIGHTS, Network, Seen, see_strokes
from tests.benchmarks.reading import Answers, on_digits
from tests.data import drawn

COUNT = 2498
BOX = 100.0  # the longer side of a drawing, in units
STEP = 2.5  # units between the points of a line before it is changed

Random = np.random.Generator


def _matrix(xx: float, xy: float, yx: float, yy: float) -> Callable[[Strokes, Random], Strokes]:
    """x' = xx * x + xy * y, y' = yx * x + yy * y, y downwards."""
    change = np.array([[xx, yx], [xy, yy]])
    return lambda strokes, _: [stroke @ change for stroke in strokes]


def _turned(degrees: float) -> Callable[[Strokes, Random], Strokes]:
    """To the right where that is above 0."""
    cosine, sine = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    return _matrix(cosine, -sine, sine, cosine)


def _waves(count: int, height: float, points: int, rng: Random) -> Points:
    """Smooth noise for so many points of a line, a new bend about every so many `points`: (count, 2)."""
    knots = max(2, count // points + 2)
    at = np.linspace(0, knots - 1, count)
    noise = rng.normal(0, height, (2, knots))
    return np.stack([np.interp(at, np.arange(knots), axis) for axis in noise], axis=1)


def _shaky(strokes: Strokes, rng: Random, height: float) -> Strokes:
    return [stroke + _waves(len(stroke), height, 3, rng) for stroke in strokes]


def _twice(strokes: Strokes, rng: Random, away: float) -> Strokes:
    again = [stroke + _waves(len(stroke), away, 6, rng) + rng.normal(0, 0.6 * away, 2) for stroke in strokes]
    return [*strokes, *again]


def _sketched(strokes: Strokes, rng: Random, away: float) -> Strokes:
    """In pieces of 20 to 40 units that overlap a little, each a bit aside."""
    pieces = []
    for stroke in strokes:
        start = 0
        while start < len(stroke):
            end = start + int(rng.integers(8, 16))
            pieces.append(stroke[max(0, start - 3) : end] + rng.normal(0, away, 2))
            start = end
    return pieces


def _dashed(strokes: Strokes, _: Random) -> Strokes:
    return [stroke[start : start + 5] for stroke in strokes for start in range(0, len(stroke), 9)]


def _straight(strokes: Strokes, _: Random, away: float) -> Strokes:
    return [np.array(corners(stroke, away)) for stroke in strokes]


def _apart(strokes: Strokes, rng: Random) -> Strokes:
    """Every stroke lands beside its place."""
    return [stroke + rng.normal(0, 0.08 * BOX, 2) for stroke in strokes]


AS_DRAWN = "as drawn"
WAYS: dict[str, Callable[[Strokes, Random], Strokes]] = {
    AS_DRAWN: lambda strokes, _: strokes,
    "0.6 times as wide": _matrix(0.6, 0, 0, 1),
    "1.7 times as wide": _matrix(1.7, 0, 0, 1),
    "turned right by 10 degrees": _turned(10),
    "turned left by 10 degrees": _turned(-10),
    "turned right by 20 degrees": _turned(20),
    "turned left by 20 degrees": _turned(-20),
    "slanted to the right": _matrix(1, -0.4, 0, 1),
    "slanted to the left": _matrix(1, 0.4, 0, 1),
    "shaky": partial(_shaky, height=2.0),
    "very shaky": partial(_shaky, height=3.5),
    "gone over again": partial(_twice, away=2.5),
    "gone over again, far beside": partial(_twice, away=5.0),
    "sketched in short strokes": partial(_sketched, away=2.0),
    "dashed": _dashed,
    "straight from turn to turn": partial(_straight, away=8.0),
    "strokes beside their places": _apart,
}


def changed(way: str, strokes: Any, seed: int) -> Strokes:
    """Strokes as recorded, changed in one of `WAYS`: each (n, 2), n at least 1, about `BOX` large."""
    points = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
    low = points.min(axis=0)
    unit = BOX / (float((points.max(axis=0) - low).max()) or 1.0)
    lines = [_evenly((np.asarray(stroke, float) - low) * unit) for stroke in strokes]
    return [line for line in WAYS[way](lines, np.random.default_rng(seed)) if len(line)]


def _evenly(line: Points) -> Points:
    """The same line with a point every `STEP`."""
    at = along(line)
    every = np.linspace(0, at[-1], max(1, round(at[-1] / STEP)) + 1)
    return np.stack([np.interp(every, at, line[:, axis]) for axis in (0, 1)], axis=1)


def _seen(way: str, drawing: tuple[int, Any]) -> Seen:
    seed, strokes = drawing
    return see_strokes([stroke.tolist() for stroke in changed(way, strokes, seed)])


def measure(networks: Sequence[Network], count: int = COUNT) -> list[dict[str, Any]]:
    """Of each network, what it makes of `count` drawings in each of `WAYS`, and the mean accuracy of the worse ones."""
    everything = drawn("pendigits-train")
    some = everything[:: max(1, len(everything) // count)][:count]
    labels = np.array([int(drawing["label"]) for drawing in some])
    figures: list[dict[str, Any]] = [{"n": len(some), "ways": {}} for _ in networks]
    with ProcessPoolExecutor() as pool:
        for way in WAYS:
            seen = list(pool.map(partial(_seen, way), enumerate(d["strokes"] for d in some), chunksize=50))
            for network, figure in zip(networks, figures, strict=True):
                answers = on_digits(Answers.to_drawings(network, seen), labels)
                figure["ways"][way] = {key: answers[key] for key in ("accuracy", "sure", "wrong_of_sure")}
    for figure in figures:
        worse = [shares["accuracy"] for way, shares in figure["ways"].items() if way != AS_DRAWN]
        figure["mean"] = round(float(np.mean(worse)), 5)
    return figures


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", type=Path, help="ONNX files (default: the shipped one)")
    parser.add_argument("-n", type=int, default=COUNT, help=f"how many drawings (default {COUNT:,})")
    args = parser.parse_args()
    asked = [Network(path) for path in args.networks or [WEIGHTS / "digitnet.onnx"]]
    figures = measure(asked, args.n)
    print(f"{figures[0]['n']:,} drawings; right, answered sure, and wrong of these:")
    print(" " * 30, "   ".join(f"{network.version:24}" for network in asked))
    for way in WAYS:
        shares = [figure["ways"][way] for figure in figures]
        print(
            f"  {way:28}", "   ".join("{accuracy:7.2%} {sure:7.1%} {wrong_of_sure:7.2%} ".format(**s) for s in shares)
        )
    print(f"  {'mean, but as drawn':28}", "   ".join(f"{figure['mean']:7.2%}{' ' * 17}" for figure in figures))


if __name__ == "__main__":
    main()
