"""The drawings beside this file."""

import json
from dataclasses import dataclass
from pathlib import Path

PAD = 280
SCRIBBLE = [[[0.0, 0.0], [9.0, 8.0], [2.0, 9.0], [8.0, 1.0], [0.0, 4.0], [9.0, 4.0]]]  # looked at by three pens


@dataclass(frozen=True)
class Drawing:
    """A digit as somebody draws it: strokes of (x, y) on a pad of `PAD` by `PAD`, y downwards."""

    digit: int
    style: str
    strokes: list[list[tuple[float, float]]]

    def __str__(self) -> str:
        return f"{self.digit}-{self.style}".replace(" ", "-")


def load_drawings() -> list[Drawing]:
    """All of them, by digit and style."""
    return [_load(path) for path in sorted(Path(__file__).parent.glob("*.json"))]


def load_drawing(name: str) -> Drawing:
    """The one in the file of this name, like "7-barred"."""
    return _load(Path(__file__).parent / f"{name}.json")


def _load(path: Path) -> Drawing:
    raw = json.loads(path.read_text())
    strokes = [[(float(x), float(y)) for x, y in stroke] for stroke in raw["strokes"]]
    return Drawing(raw["digit"], raw["style"], strokes)
