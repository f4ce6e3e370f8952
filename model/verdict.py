"""From logits to what a person is told: how likely each digit is, and whether to believe it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.ink import Pixels

Verdict = Literal["sure", "unsure", "not_a_digit"]

DIGITS = 10
MAX_ALTERNATIVES = 2
# A digit this much less likely than the likeliest is no longer worth a reader's thought.
ALTERNATIVE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into a verdict; chosen by `train.py` on one look at held-out drawings, kept with the weights.

    `temperature`: divides the logits. `sure`: the least probability of a sure answer. `not_a_digit`: from this
    probability of being no digit on, the drawing is called none.
    """

    temperature: float = 1.0
    sure: float = 0.9
    not_a_digit: float = 0.5

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "Calibration":
        """From the card's JSON."""
        return cls(**{name: float(values[name]) for name in asdict(cls())})


def probabilities(logits: NDArray[np.float32], temperature: float) -> tuple[Pixels, Pixels]:
    """How likely each digit is, and how likely none: (..., 10 or 11) logits to (..., 10) that sum to 1, and (...).

    The eleventh logit, where a network has one, is for what is no digit. Its probability is spread evenly over the ten:
    a scribble that resembles an 8 more than anything else is still no likely 8.
    """
    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    none = shares[..., DIGITS:].sum(axis=-1)
    return (shares[..., :DIGITS] + none[..., None] / DIGITS).astype(np.float32), none.astype(np.float32)


def of_one(logits: Sequence[float], temperature: float) -> tuple[list[float], float]:
    """`probabilities` of a single drawing, in Python's own floats: numpy takes longer to begin than this to end."""
    most = max(logits)
    shares = [math.exp((logit - most) / temperature) for logit in logits]
    total = sum(shares)
    none = sum(shares[DIGITS:]) / total
    return [share / total + none / DIGITS for share in shares[:DIGITS]], none


def judge(shares: Sequence[float], none: float, calibration: Calibration) -> tuple[Verdict, tuple[int, ...]]:
    """The verdict on ten probabilities and that of no digit, and the other digits to consider, likeliest first."""
    if none >= calibration.not_a_digit:
        return "not_a_digit", ()
    best = max(shares)
    if best >= calibration.sure:
        return "sure", ()
    order = sorted(range(DIGITS), key=lambda digit: -shares[digit])
    worth = [digit for digit in order[1 : MAX_ALTERNATIVES + 1] if shares[digit] >= ALTERNATIVE_SHARE * best]
    return "unsure", tuple(worth or order[1:2])
