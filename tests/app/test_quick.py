"""Small drawings that wait together: each gets its own answer, and what cannot be read fails alone."""

import asyncio
from collections.abc import Callable

import pytest
from PIL import Image
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app import quick
from app.asked import Asked
from app.drawing import Picture, Strokes
from app.gate import Rounds
from app.inline import Trust
from app.quick import INK_SECONDS, Awaited, Small, read_together
from model import pen
from model.decode import decode
from model.errors import BadStrokes, Blank, NotAnImage
from model.image import find_ink
from model.ink import Ink, Pixels
from model.reader import DEFAULT, Reader, Reading
from tests.app.pictures import png
from tests.benchmarks.variants import Canvas
from tests.drawings import SCRIBBLE
from tests.encodings import saved

SEVEN, ONE = [[[60, 60], [200, 60], [120, 230]]], [[[140, 40], [140, 240]]]


async def nothing() -> Message:
    """What a client says that waits for its answer."""
    await asyncio.Event().wait()
    raise AssertionError


def reading_rounds() -> Rounds[Small]:
    reader = Reader()
    reader.read_image(png(7))  # the first takes many times as long as the next
    return Rounds(lambda drawings: read_together(lambda: reader, Trust(), drawings), 100)


def test_a_drawing_is_not_read_for_a_client_that_has_gone() -> None:
    async def scenario() -> list[object]:
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        rounds, waiting = reading_rounds(), [Awaited(Strokes(SEVEN), Asked(), receive) for _ in range(3)]
        rounds.add(waiting[0])
        await waiting[0].reading
        gone.set()
        for each in waiting[1:]:
            rounds.add(each)
        return list(await asyncio.gather(*(each.reading for each in waiting), return_exceptions=True))

    assert [type(each) for each in asyncio.run(scenario())] == [Reading, *[ClientDisconnect] * 2]


def test_each_of_a_round_gets_its_own_answer_and_what_cannot_be_read_fails_alone() -> None:
    class Broken(Awaited):
        """Whoever asked cannot take the answer."""

        def answer(self, reading: Reading) -> None:
            raise ValueError(reading.digit)

    class Lost(Awaited):
        """Nobody can tell whether anyone still waits."""

        def wanted(self) -> bool:
            raise ValueError("?")

    reader = Reader()
    cases: list[tuple[type[Awaited], Strokes | Picture, str, Reading | type[Exception]]] = [
        (Awaited, Picture(png(1)), DEFAULT, reader.read_image(png(1))),
        (Awaited, Strokes(SEVEN), DEFAULT, reader.read_strokes(SEVEN)),
        (Awaited, Strokes([["a"]]), DEFAULT, BadStrokes),
        (Awaited, Picture(png(7)), DEFAULT, reader.read_image(png(7))),
        (Awaited, Picture(saved(Image.new("L", (280, 280)))), DEFAULT, Blank),
        (Broken, Strokes(SEVEN), DEFAULT, ValueError),
        (Awaited, Strokes(ONE), "blog", reader.read_strokes(ONE, "blog")),
        (Lost, Strokes(SEVEN), DEFAULT, ValueError),
        (Awaited, Strokes([]), DEFAULT, Blank),
        (Awaited, Picture(b"no picture"), DEFAULT, NotAnImage),
        (Awaited, Strokes(ONE), DEFAULT, reader.read_strokes(ONE)),
    ]

    async def scenario() -> list[object]:
        rounds = reading_rounds()
        waiting = [kind(drawing, Asked(model), nothing) for kind, drawing, model, _ in cases]
        for each in waiting:
            rounds.add(each)
        return list(await asyncio.gather(*(each.reading for each in waiting), return_exceptions=True))

    for became, (*_, expected) in zip(asyncio.run(scenario()), cases, strict=True):
        if isinstance(expected, Reading):
            assert isinstance(became, Reading)
            assert (became.digit, became.model) == (expected.digit, expected.model)
            assert became.probabilities == pytest.approx(expected.probabilities, abs=1e-5)
        else:
            assert type(became) is expected


def test_what_spoils_the_look_at_all_of_a_round_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_pens(ink: Ink) -> Pixels:
        if ink.strokes is None:
            return pen.by_pens(ink)
        raise ValueError("none of ours does")

    monkeypatch.setattr("model.reader.by_pens", by_pens)

    async def scenario() -> list[object]:
        rounds = reading_rounds()
        drawings: list[Strokes | Picture] = [
            Strokes(SEVEN),
            Strokes(SCRIBBLE),
            Picture(Canvas().encoded(SCRIBBLE)),
            Strokes(ONE),
        ]
        waiting = [Awaited(drawing, Asked(), nothing) for drawing in drawings]
        for each in waiting:
            rounds.add(each)
        return list(await asyncio.gather(*(each.reading for each in waiting), return_exceptions=True))

    seven, spoilt, other, one = asyncio.run(scenario())
    assert isinstance(spoilt, ValueError)
    for reading, verdict in ((seven, "sure"), (other, "not_a_digit"), (one, "sure")):
        assert isinstance(reading, Reading)
        assert reading.verdict == verdict


@pytest.mark.parametrize(("usual", "order"), [(0.0, "dddiii"), (2 * INK_SECONDS, "dididi")], ids=["quick", "slow"])
def test_pictures_are_decoded_together_unless_their_ink_takes_long(
    monkeypatch: pytest.MonkeyPatch, usual: float, order: str
) -> None:
    steps, trust, reader = list[str](), Trust(), Reader()

    def noted(step: str, work: Callable[..., object]) -> Callable[..., object]:
        def noting(*given: object) -> object:
            steps.append(step)
            trust.usual = usual
            return work(*given)

        return noting

    monkeypatch.setattr(quick, "decode", noted("d", decode))
    monkeypatch.setattr(quick, "find_ink", noted("i", find_ink))

    async def scenario() -> list[Reading]:
        waiting = [Awaited(Picture(png(digit)), Asked(), nothing) for digit in (7, 1, 7)]
        read_together(lambda: reader, trust, iter(waiting))
        return [await each.reading for each in waiting]

    assert [reading.digit for reading in asyncio.run(scenario())] == [7, 1, 7]
    assert "".join(steps) == order
