"""Turns on the event loop, and threads that are waited for."""

import asyncio
import contextlib
import threading
import time

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.gate import Gate, Turns
from app.problems import Problem


def test_one_goes_on_in_each_round_of_the_loop_in_the_order_of_coming() -> None:
    async def scenario() -> list[str]:
        turns, order = Turns(10), list[str]()

        async def drawing(name: str) -> None:
            await turns.take()
            order.append(name)

        async def health() -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append("health")

        await asyncio.gather(*(drawing(str(index)) for index in range(8)), health())
        await turns.take()  # at once, now that nobody waits
        return order

    order = asyncio.run(scenario())
    assert [each for each in order if each != "health"] == [str(index) for index in range(8)]
    assert order.index("health") <= 3


def test_whoever_finds_the_queue_full_is_told_at_once() -> None:
    async def scenario() -> list[str]:
        turns = Turns(2)

        async def drawing() -> str:
            try:
                await turns.take()
            except Problem as problem:
                return problem.kind
            return "read"

        return list(await asyncio.gather(*(drawing() for _ in range(5))))

    assert asyncio.run(scenario()) == ["read", "read", "read", "busy", "busy"]


@pytest.mark.parametrize("gone", [1, 2])
def test_whoever_goes_away_while_waiting_holds_up_nobody(gone: int) -> None:
    async def scenario() -> None:
        turns = Turns(10)
        await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[gone].cancel()
        done = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
        assert [isinstance(each, asyncio.CancelledError) for each in done] == [index == gone for index in range(3)]
        await asyncio.wait_for(turns.take(), 1)

    asyncio.run(scenario())


def test_nobody_waits_for_a_turn_for_longer_than_was_said() -> None:
    async def scenario() -> list[str]:
        turns = Turns(10, seconds=0.05)

        async def drawing() -> str:
            try:
                await turns.take()
            except Problem as problem:
                return problem.kind
            time.sleep(0.03)  # noqa: ASYNC251  whoever has a turn does hold up the loop
            return "read"

        return list(await asyncio.gather(*(drawing() for _ in range(10))))

    answers = asyncio.run(scenario())
    assert answers[0] == "read"
    assert answers[3:] == ["busy"] * 7


def test_whoever_would_wait_too_long_is_told_at_once() -> None:
    async def scenario() -> float:
        turns = Turns(1_000, seconds=0.05)

        async def drawing() -> None:
            with contextlib.suppress(Problem):
                await turns.take()
                time.sleep(0.01)  # noqa: ASYNC251

        await asyncio.gather(*(drawing() for _ in range(100)))
        drawings = [asyncio.create_task(drawing()) for _ in range(100)]
        started = time.monotonic()
        await asyncio.sleep(0)
        done = sum(each.done() for each in drawings)
        assert done > 50, f"{done} were told at once that the others take too long"
        await asyncio.gather(*drawings)
        return time.monotonic() - started

    assert asyncio.run(scenario()) < 0.5


def test_a_turn_is_not_given_to_a_client_that_has_gone() -> None:
    async def scenario() -> list[object]:
        turns, gone = Turns(10), asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        await turns.take()
        waiting = [asyncio.create_task(turns.take(receive)) for _ in range(4)]
        await waiting[0]
        gone.set()
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    assert [type(each) for each in asyncio.run(scenario())] == [type(None), *[ClientDisconnect] * 3]


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
            assert 0.04 < time.monotonic() - started < 1
            release.set()
            assert await first
            assert await gate.run(lambda: 7) == 7, "the thread is free again"
        finally:
            release.set()
            gate.close()
        assert counted == [1, 0]

    asyncio.run(scenario())


def test_images_that_would_wait_too_long_are_refused_at_once() -> None:
    async def scenario() -> list[str]:
        gate = Gate(1, 1_000, seconds=0.1)

        async def image() -> str:
            try:
                await gate.run(lambda: time.sleep(0.02))
            except Problem as problem:
                return problem.kind
            return "read"

        try:
            for _ in range(20):
                await image()  # it learns what one takes
            images = [asyncio.create_task(image()) for _ in range(50)]
            await asyncio.sleep(0.005)
            refused = sum(each.done() for each in images)
            assert refused >= 35, f"{refused} were told at once"
            return list(await asyncio.gather(*images))
        finally:
            gate.close()

    assert asyncio.run(scenario()).count("read") >= 3


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
