"""The decoders called directly, guided by which lines they run (atheris), in a process of its own.

python -m tests.benchmarks.fuzz.inside image SECONDS SEED FOLDER
"""

import json
import os
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import atheris

with atheris.instrument_imports(include=["model", "app", "PIL", "python_multipart"]):
    # Not used by name: Pillow would import them later, uninstrumented.
    from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

    from app.drawing import JSON, Strokes, open_drawing
    from app.problems import Problem
    from model.errors import DrawingError
    from model.reader import Reader, Reading

from tests.app.pictures import FORM
from tests.benchmarks.fuzz import mutate
from tests.benchmarks.fuzz.clock import Clock

MAX_SECONDS = 2.0  # of the processor
MAX_MEMORY = 100_000_000  # bytes for one drawing
HANG_SECONDS = 900  # after so long it is given up; not sooner, for the machine may be stopped for measurements


class Target:
    """Reads drawings, and notes what is not an answer or one of the errors that are documented."""

    def __init__(self, kind: str, folder: Path, seconds: float) -> None:
        self.kind, self.folder, self.clock = kind, folder, Clock(seconds)
        self.reader = Reader()
        self.outcomes: Counter[str] = Counter()
        self.findings: dict[str, str] = {}
        self.slowest, self.largest, self._saved = 0.0, 0, 0.0
        warnings.simplefilter("always")
        warnings.showwarning = self._warned

    def __call__(self, data: bytes) -> None:
        """Read one drawing."""
        self.data = data
        Path("/proc/self/clear_refs").write_text("5")  # the highest so far is what it is now
        before, started = _peak(), time.thread_time()
        try:
            reading = self._read(data)
            assert abs(sum(reading.probabilities) - 1) < 1e-4, reading
            json.dumps(reading.as_json(), allow_nan=False)
            outcome = "answered"
        except (DrawingError, Problem) as error:
            outcome = error.kind
        except Exception as error:
            outcome = "error"
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._found(f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {str(error)[:100]}")
        seconds = time.thread_time() - started
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > MAX_SECONDS:
            self._found(f"more than {MAX_SECONDS} s: {outcome}")
        memory = _peak() - before
        self.largest = max(self.largest, memory)
        if memory > MAX_MEMORY:
            self._found(f"more than {MAX_MEMORY / 1e6:.0f} MB: {outcome}")
        if not self.clock.running():
            self._save()
            os._exit(0)  # libFuzzer's own limit goes on while the process is stopped
        if time.monotonic() - self._saved > 1:
            self._save()

    def _read(self, data: bytes) -> Reading:
        if self.kind == "image":
            return self.reader.read_image(data, explain=len(data) % 16 == 0)
        drawing = open_drawing(JSON if self.kind == "json" else FORM, data)
        if isinstance(drawing, Strokes):
            return self.reader.read_strokes(drawing.raw, explain=len(data) % 16 == 0)
        return self.reader.read_image(drawing.data)

    def _found(self, what: str) -> None:
        if what not in self.findings:
            path = self.folder / f"{self.kind}-{len(self.findings)}"
            path.write_bytes(self.data)
            self.findings[what] = str(path)
            self._save()

    def _warned(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        self._found(f"{category.__name__}: {message}"[:60])

    def _save(self) -> None:
        self._saved = time.monotonic()
        summary = {
            "cases": self.outcomes.total(),
            "outcomes": self.outcomes,
            "slowest, s": round(self.slowest, 2),
            "most memory, MB": round(self.largest / 1e6),
            "findings": self.findings,
        }
        (self.folder / f"{self.kind}.json").write_text(json.dumps(summary))


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024


def _mutator(kind: str, others: list[bytes]) -> Callable[[bytes, int, int], bytes]:
    def mutator(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < (0.1 if kind == "json" else 0.3):
            return mutate.repaired(bytes(atheris.Mutate(data, most)), random)[:most]
        change = mutate.mutate_json if kind == "json" else mutate.mutate
        return change(data, random, others)[:most]

    return mutator


def main(kind: str, seconds: str, seed: str, folder: str) -> None:
    """Fuzz what is in FOLDER/KIND-corpus until the time is over; the summary is in FOLDER/KIND.json."""
    corpus = Path(folder) / f"{kind}-corpus"
    begin = [path.read_bytes() for path in sorted(corpus.iterdir())]
    flags = [f"-seed={seed}", f"-timeout={HANG_SECONDS}", "-rss_limit_mb=4096", f"-max_len={mutate.MAX_BYTES}"]
    flags += ["-len_control=0", f"-artifact_prefix={folder}/{kind}-died-", "-verbosity=0"]
    target = Target(kind, Path(folder), float(seconds))
    atheris.Setup([sys.argv[0], str(corpus), *flags], target, custom_mutator=_mutator(kind, begin))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
