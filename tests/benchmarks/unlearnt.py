"""What is no digit, of a kind that nothing is learnt from: doodles of other things than those of `model/doodles.json`.

All other kinds that are measured were learnt from, in other drawings, but for UNIPEN's letters.
"""

from pathlib import Path

import numpy as np

from model import styles
from model.ink import Pixels
from model.normalise import normalise
from model.strokes import rasterise

DATA = Path(__file__).with_name("doodles.json")  # drawn by hand for this program, as the styles are
KIND = "doodles of other things"


def doodles(count: int, seed: int) -> Pixels:
    """Things and signs that no one takes for a digit, in turns, with the usual pen: (count, 28, 28) float32 in 0..1."""
    rng, templates = np.random.default_rng((seed, 4)), styles.read(DATA)
    drawn = [styles.draw(templates[index % len(templates)], rng) for index in range(count)]
    return np.stack([normalise(rasterise(strokes).pixels).pixels for strokes in drawn])
