"""Why: what in a drawing speaks for a digit, and what against it."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from model.ink import Pixels
from model.normalise import SIZE

PATCH = 7  # pixels on a side of what occlusion hides at a time: about a stroke and its surroundings
STEP = 3


def from_map(evidence: Pixels, digit: int) -> Pixels:
    """Evidence for a digit from the map that a network's logits are the mean of.

    `evidence`: (classes, height, width) float32. What speaks for every digit alike decides nothing, so the mean over
    the ten is taken off. Returns (28, 28) float32 in -1..1, enlarged smoothly, its strongest place at 1 or -1.
    """
    return _scaled(evidence[digit] - evidence[:10].mean(axis=0))


def by_occlusion(logits: Callable[[Pixels], Pixels], pixels: Pixels, digit: int) -> Pixels:
    """Evidence for a digit from any network: how much its logit falls when a patch of the picture is blanked.

    `logits`: (n, 1, 28, 28) float32 to (n, classes). `pixels`: (28, 28) float32. Returns (28, 28) float32 in -1..1.
    Source: Zeiler and Fergus, 2014.
    """
    starts = range(0, SIZE - PATCH + 1, STEP)
    hidden = np.repeat(pixels[None, None], len(starts) ** 2, axis=0)
    for index, (top, left) in enumerate((top, left) for top in starts for left in starts):
        hidden[index, 0, top : top + PATCH, left : left + PATCH] = 0
    batch = np.concatenate((pixels[None, None], hidden))
    scores = logits(batch)[:, :10]
    margin = scores[:, digit] - scores.mean(axis=1)
    return _scaled((margin[0] - margin[1:]).reshape(len(starts), len(starts)))


def _scaled(evidence: Pixels) -> Pixels:
    picture = Image.fromarray(evidence.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    enlarged = np.asarray(picture, np.float32)
    strongest = float(np.abs(enlarged).max())
    return enlarged / strongest if strongest > 0 else enlarged
