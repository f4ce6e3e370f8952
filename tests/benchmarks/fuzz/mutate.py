"""Damage to bytes that a decoder does not notice at once: lengths and checksums are put right again."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n"
EDGES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
MAX_BYTES = 1_000_000
REPAIRED = 0.7  # of mutations; the others keep what is wrong with their lengths and checksums
MANY = 20_000  # times that a piece is repeated, at the most

NUMBERS: tuple[Any, ...] = (0, -1, 1e9, 1e9 + 1, -1e308, 5e-324, 10**30, 10**400, float("nan"), float("inf"), -0.0)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "12",
    "\ud800",
    "🙂" * 99,
    "x" * 5_000,
    [],
    {},
    [[]],
    {"x": 1, "y": 2},
)


def mutate(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A file with one to four things wrong with it; `others` are files to take pieces from."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(MUTATIONS)(data or b"\0", random, others)[:MAX_BYTES]
    return repaired(data, random) if random.random() < REPAIRED else data


def repaired(data: bytes, random: Random) -> bytes:
    """The file with the lengths and checksums that fit what is in it."""
    if data.startswith(PNG):
        return _png(data, random)
    if data.startswith(b"RIFF"):
        return b"RIFF" + struct.pack("<I", max(0, len(data) - 8) & 0xFFFFFFFF) + data[8:]
    return data


def _png(data: bytes, random: Random) -> bytes:
    out, position = [PNG], len(PNG)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        length = min(length, len(data) - position - 8)
        content = data[position + 8 : position + 8 + length]
        if kind == b"IDAT" and random.random() < 0.3:
            with suppress(zlib.error):  # samples that are wrong, well compressed
                samples = zlib.decompressobj().decompress(content, MAX_BYTES)
                content = zlib.compress(_overwrite(samples or b"\0", random, ()), 1)
        out.append(struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", zlib.crc32(kind + content)))
        position += length + 12
    return b"".join(out)


def _flip(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 30))):
        changed[_place(data, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A number at the edge of what fits, in either byte order."""
    size = random.choice((1, 2, 4))
    number = (random.choice(EDGES) & ((1 << 8 * size) - 1)).to_bytes(size, random.choice(("little", "big")))
    place = _place(data, random)
    return data[:place] + number + data[place + size :]


def _cut(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    start = _place(data, random)
    return data[:start] + data[start + random.choice((1, 2, 4, 12, len(data))) :]


def _repeat(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A piece again and again."""
    start, size = _place(data, random), random.choice((1, 2, 4, 12, 20, 300))
    return data[:start] + data[start : start + size] * random.choice((2, 10, MANY)) + data[start:]


def _insert(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    place = _place(data, random)
    return data[:place] + random.randbytes(random.choice((1, 4, 64))) + data[place:]


def _splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of one file and the end of another; a polyglot, where the place is the end."""
    other = random.choice(others) if others else data
    place = random.choice((_place(data, random), len(data)))
    return data[:place] + other[random.choice((0, _place(other or b"\0", random))) :]


def _move(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    start, end = sorted((_place(data, random), _place(data, random)))
    piece, rest = data[start:end], data[:start] + data[end:]
    place = random.randrange(len(rest) + 1)
    return rest[:place] + piece + rest[place:]


def _place(data: bytes, random: Random) -> int:
    """Anywhere, and half of the time among the headers."""
    return random.randrange(min(len(data), 80) if random.random() < 0.5 else len(data)) if data else 0


MUTATIONS: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    *(_flip, _overwrite, _overwrite, _cut, _repeat, _insert, _splice, _move),
)


def mutate_json(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """JSON with a value that has no place there; or with bytes that have none, now and then."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        content = json.loads(random.choice(others))
    if random.random() < 0.15:
        deep = b"[" * random.choice((500, MANY))
        return data + deep if random.random() < 0.1 else mutate(data, random, others)
    for _ in range(random.choice((1, 1, 3))):
        content = _replaced(content, random)
    return json.dumps(content, ensure_ascii=random.random() < 0.8).encode("utf-8", "surrogatepass")[:MAX_BYTES]


def _replaced(value: Any, random: Random) -> Any:
    """A value with something in it replaced, repeated or wrapped."""
    if isinstance(value, list | dict) and value and random.random() < 0.85:
        if isinstance(value, list):
            at = random.randrange(len(value))
            return [*value[:at], _replaced(value[at], random), *value[at + 1 :]]
        name = random.choice(list(value))
        return {**value, name: _replaced(value[name], random)}
    kind = random.randrange(6)
    if kind == 0 and isinstance(value, list):
        most = MAX_BYTES // len(json.dumps(value)) + 1  # a long list of long lists would take gigabytes
        return value * min(most, random.choice((0, 2, 1_001, 20_001)))
    if kind == 1:
        return [value]
    if kind == 2:
        deep = value
        for _ in range(random.choice((3, 70, 200))):
            deep = [deep]
        return deep
    if kind == 3:
        return random.choice(VALUES)
    return (
        random.choice(NUMBERS) if random.random() < 0.5 else random.uniform(-1, 1) * 10 ** random.randrange(-300, 300)
    )
