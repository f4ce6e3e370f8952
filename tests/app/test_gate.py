"""Turns on the event loop."""

import asyncio

import pytest

from app.gate import Turns
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
