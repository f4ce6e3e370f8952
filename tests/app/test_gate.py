"""Rounds of the event loop, and threads that are waited for."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.gate import ROUND_SECONDS, TOGETHER, WHOLE_ROUND_SECONDS, Gate, Rounds
from app.problems import Problem


class Clock:
    """The time that the gate goes by: it stands still but for what it is told, however busy this machine is."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.gate.monotonic", clock)
    return clock


class Drawing:
    """What waits for a round: notes in which one it was read, or why it was not."""

    def __init__(self, seconds: float = 0, gone: bool = False, gives_way: bool = False) -> None:
        self.seconds, self.gone, self.gives_way = seconds, gone, gives_way
        self.became: object = None

    def wanted(self) -> bool:
        return not self.gone

    def fail(self, error: Exception) -> None:
        self.became = error


def rounds_of(clock: Clock, queue: int, seconds: float = 0.5, after: float = 0) -> Rounds[Drawing]:
    """Rounds that note their number in each drawing, having taken as long as it says, and `after` all for each."""
    numbers = count()

    def work(drawings: Iterator[Drawing]) -> None:
        number, in_all = next(numbers), 0.0
        for drawing in drawings:
            clock.pass_by(drawing.seconds)
            drawing.became = number
            in_all += after
        clock.pass_by(in_all)

    return Rounds(work, queue, seconds)


async def until_all_became(drawings: list[Drawing]) -> None:
    """Lets the loop go round until nobody waits any more."""
    async with asyncio.timeout(5):
        while any(drawing.became is None and not drawing.gone for drawing in drawings):  # noqa: ASYNC110  rounds are meant
            await asyncio.sleep(0)


def test_those_who_come_together_are_read_together_and_the_loop_goes_round_in_between(clock: Clock) -> None:
    async def scenario() -> tuple[list[object], object]:
        rounds, drawings = rounds_of(clock, 100), [Drawing() for _ in range(2 * TOGETHER + 1)]
        for drawing in drawings:
            rounds.add(drawing)
        assert all(drawing.became is None for drawing in drawings)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        between = drawings[-1].became
        await until_all_became(drawings)
        later = Drawing()
        rounds.add(later)
        await until_all_became([later])
        return [drawing.became for drawing in (*drawings, later)], between

    became, between = asyncio.run(scenario())
    assert became == [*[0] * TOGETHER, *[1] * TOGETHER, 2, 3]
    assert between is None, "whatever else waits for the loop is held up by all of them"


def test_those_who_take_long_are_not_read_together(clock: Clock) -> None:
    async def scenario() -> list[object]:
        rounds, drawings = rounds_of(clock, 100), [Drawing(2 * ROUND_SECONDS) for _ in range(3)]
        for drawing in drawings:
            rounds.add(drawing)
        await until_all_became(drawings)
        return [drawing.became for drawing in drawings]

    assert asyncio.run(scenario()) == [0, 1, 2]


def test_no_more_are_read_together_than_take_as_long_as_a_round_may(clock: Clock) -> None:
    async def scenario() -> list[int]:
        rounds, drawings = rounds_of(clock, 1_000, after=WHOLE_ROUND_SECONDS / 3), [Drawing() for _ in range(150)]
        for drawing in drawings:
            rounds.add(drawing)
        await until_all_became(drawings)
        return list(Counter(drawing.became for drawing in drawings).values())

    sizes = asyncio.run(scenario())
    assert sizes[0] == TOGETHER, "nobody knew"
    assert sizes[-10:-1] == [3] * 9


def test_whoever_finds_the_queue_full_is_told_at_once(clock: Clock) -> None:
    async def scenario() -> list[str]:
        rounds, told = rounds_of(clock, 2), list[str]()
        for _ in range(5):
            try:
                rounds.add(Drawing())
                told.append("taken")
            except Problem as problem:
                told.append(problem.kind)
        return told

    assert asyncio.run(scenario()) == ["taken", "taken", "taken", "busy", "busy"]


def test_those_who_give_way_leave_half_of_the_queue_to_others(clock: Clock) -> None:
    async def scenario() -> list[int]:
        rounds, taken = rounds_of(clock, 10), [0, 0]
        for index, gives_way in enumerate((True, False)):
            for _ in range(20):
                try:
                    rounds.add(Drawing(gives_way=gives_way))
                    taken[index] += 1
                except Problem:
                    pass
        return taken

    assert asyncio.run(scenario()) == [6, 5]


def test_whoever_goes_away_while_waiting_is_passed_over(clock: Clock) -> None:
    async def scenario() -> list[object]:
        rounds, drawings = rounds_of(clock, 10), [Drawing(gone=index in (0, 2)) for index in range(4)]
        for drawing in drawings:
            rounds.add(drawing)
        await until_all_became(drawings)
        return [drawing.became for drawing in drawings]

    assert asyncio.run(scenario()) == [None, 0, None, 0]


def test_nobody_waits_for_longer_than_was_said(clock: Clock) -> None:
    async def scenario() -> list[object]:
        rounds, drawings = rounds_of(clock, 10, 0.05), [Drawing(0.03) for _ in range(10)]
        for drawing in drawings:
            rounds.add(drawing)
        await until_all_became(drawings)
        return [drawing.became for drawing in drawings]

    became = asyncio.run(scenario())
    assert became[:2] == [0, 1]
    assert [type(each) for each in became[2:]] == [Problem] * 8


def test_where_all_stood_still_nobody_is_one_too_many(clock: Clock) -> None:
    async def scenario() -> list[object]:
        rounds, drawings = rounds_of(clock, 10, 0.05), [Drawing() for _ in range(3)]
        for drawing in drawings:
            rounds.add(drawing)
        clock.pass_by(10)
        await until_all_became(drawings)
        return [drawing.became for drawing in drawings]

    assert asyncio.run(scenario()) == [0, 0, 0]


def test_whoever_would_wait_too_long_is_told_at_once(clock: Clock) -> None:
    async def scenario() -> tuple[int, float]:
        rounds, before = rounds_of(clock, 1_000, 0.05), [Drawing(0.01) for _ in range(100)]
        for drawing in before:
            rounds.add(drawing)
        await until_all_became(before)
        started, told, drawings = clock(), 0, list[Drawing]()
        for _ in range(100):
            drawings.append(Drawing(0.01))
            try:
                rounds.add(drawings[-1])
            except Problem:
                drawings.pop()
                told += 1
        await until_all_became(drawings)
        return told, clock() - started

    told, seconds = asyncio.run(scenario())
    assert told > 80, f"{told} were told at once that the others take too long"
    assert seconds < 0.1


def test_a_pace_that_was_misjudged_is_learnt_anew_from_those_that_come_alone(clock: Clock) -> None:
    async def scenario() -> int:
        rounds, told = rounds_of(clock, 1_000, 0.05), 0
        for seconds, times in ((0.01, 20), (0, 100)):
            for _ in range(times):
                drawing = Drawing(seconds)
                rounds.add(drawing)
                await until_all_became([drawing])
        for _ in range(60):
            try:
                rounds.add(Drawing())
            except Problem:
                told += 1
        return told

    assert asyncio.run(scenario()) == 0


def test_an_image_waits_for_a_thread_as_long_as_was_said_and_no_longer() -> None:
    async def scenario() -> None:
        counted = list[float]()
        gate, release = Gate(1, 10, counted.append, seconds=0.05), threading.Event()
        try:
            first = asyncio.create_task(gate.run(release.wait))
            await asyncio.sleep(0.01)
            started = time.monotonic()
            with pytest.raises(Problem, match="images"):
                await gate.run(release.wait)
            assert 0.04 < time.monotonic() - started < 5
            release.set()
            assert await first
            assert await gate.run(lambda: 7) == 7, "the thread is free again"
        finally:
            release.set()
            gate.close()
        assert counted == [1, 0]

    asyncio.run(scenario())


def test_images_that_would_wait_too_long_are_refused_at_once(clock: Clock) -> None:
    async def scenario() -> tuple[int, list[str]]:
        gate, release = Gate(1, 1_000, seconds=60), threading.Event()

        def work() -> None:
            assert release.wait(60)
            clock.pass_by(5)

        async def image() -> str:
            try:
                await gate.run(work)
            except Problem as problem:
                return problem.kind
            return "read"

        try:
            release.set()
            for _ in range(20):
                await image()  # it learns what one takes
            release.clear()
            images = [asyncio.create_task(image()) for _ in range(50)]
            await asyncio.sleep(0.005)
            refused = sum(each.done() for each in images)
            release.set()
            return refused, list(await asyncio.gather(*images))
        finally:
            release.set()
            gate.close()

    refused, became = asyncio.run(scenario())
    assert 35 < refused < 40, f"{refused} were told at once"
    assert became == [*["read"] * (50 - refused), *["busy"] * refused]


def test_nobody_reads_an_image_for_a_client_that_has_gone() -> None:
    async def scenario() -> None:
        gate, release = Gate(1, 10), threading.Event()

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        try:
            first = asyncio.create_task(gate.run(release.wait))
            await asyncio.sleep(0.01)
            second = asyncio.create_task(gate.run(lambda: pytest.fail("read for nobody"), receive))
            await asyncio.sleep(0.01)
            release.set()
            assert await first
            with pytest.raises(ClientDisconnect):
                await second
        finally:
            gate.close()

    asyncio.run(scenario())
