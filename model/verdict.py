"""From logits to what a person is told: how likely each digit is, and whether to believe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from model.ink import Pixels

Verdict = Literal["sure", "unsure", "not_a_digit"]

DIGITS = 10
MAX_ALTERNATIVES = 2
# A digit this much less likely than the likeliest is no longer worth a reader's thought.
ALTERNATIVE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into a verdict; chosen on held-out digits by `train.py`, kept with the weights.

    `temperature`: divides the logits. `sure`: the least probability of a sure answer. `digit`: below it the drawing is
    called no digit.
    """

    temperature: float = 1.0
    sure: float = 0.9
    digit: float = 0.4

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "Calibration":
        """From the card's JSON."""
        return cls(**{name: float(values[name]) for name in ("temperature", "sure", "digit")})


def probabilities(logits: Pixels, temperature: float) -> Pixels:
    """Softmax over the ten digits: (..., 10) float32 logits to (..., 10) that sum to 1."""
    scaled = logits[..., :DIGITS].astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    result: Pixels = (shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32)
    return result


def judge(shares: Pixels, calibration: Calibration) -> tuple[Verdict, tuple[int, ...]]:
    """The verdict on ten probabilities, and the other digits to consider, likeliest first; none when sure."""
    order = np.argsort(-shares, kind="stable")
    best = float(shares[order[0]])
    if best >= calibration.sure:
        return "sure", ()
    worth = [int(digit) for digit in order[1 : MAX_ALTERNATIVES + 1] if shares[digit] >= ALTERNATIVE_SHARE * best]
    return ("unsure" if best >= calibration.digit else "not_a_digit"), tuple(worth or [int(order[1])])
