"""Fuzzing: mutated pictures, drawings, forms and HTTP, for so long; ends with status 1 where anything is found.

    python -m tests.benchmarks.fuzz image  [--seconds 60] [--seed 1]   the image decoder, guided by its coverage
    python -m tests.benchmarks.fuzz json                               drawings as JSON
    python -m tests.benchmarks.fuzz form                               multipart forms
    python -m tests.benchmarks.fuzz bodies                             all of these sent to a real server
    python -m tests.benchmarks.fuzz sockets                            what is hardly HTTP, sent to a real server
    python -m tests.benchmarks.fuzz schema                             what schemathesis makes of /openapi.json
    python -m tests.benchmarks.fuzz all                                one after the other, each for so long

A finding is: a status 500; an exception that is not documented; a warning; 2 s for one request (of the processor where
a decoder is called directly, else at the best of four tries); 100 MB for one drawing; a server that grows by 10 MB,
logs anything or ends; a connection left open. What it takes to see it again is kept in runs/fuzz. `make fuzz` makes
the environment that this runs in.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from tests.benchmarks.fuzz import outside, seeds
from tests.conftest import ROOT

FOLDER = ROOT / "runs" / "fuzz"
INSIDE: dict[str, Callable[[], list[bytes]]] = {"image": seeds.images, "json": seeds.jsons, "form": seeds.forms}
OUTSIDE: dict[str, Callable[[float, int, Path], outside.Watch]] = {
    "bodies": outside.bodies,
    "sockets": outside.sockets,
    "schema": outside.schema,
}


def decoder(kind: str, seconds: float, seed: int) -> int:
    """Fuzz one decoder in a process of its own, which may end as it likes; returns how much was found."""
    corpus = FOLDER / f"{kind}-corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    for index, data in enumerate(INSIDE[kind]()):
        (corpus / f"seed-{index}").write_bytes(data)
    for old in FOLDER.glob(f"{kind}-[0-9d]*"):
        old.unlink()
    command = [sys.executable, "-m", "tests.benchmarks.fuzz.inside", kind, f"{seconds:.0f}", str(seed), str(FOLDER)]
    with (FOLDER / f"{kind}.log").open("w") as log:
        status = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log).returncode
    summary = json.loads((FOLDER / f"{kind}.json").read_text())
    findings = summary.pop("findings")
    if status:
        findings["it died"] = f"status {status}, {FOLDER / f'{kind}.log'}"
    print("  " + ", ".join(f"{name}: {value}" for name, value in summary.items()))
    for what, where in findings.items():
        print(f"  found: {what} ({where})")
    return len(findings)


def server(kind: str, seconds: float, seed: int) -> int:
    """Fuzz a real server; returns how much was found."""
    watch = OUTSIDE[kind](seconds, seed, FOLDER)
    print(f"  {watch.outcomes.total()} cases, slowest {watch.slowest:.2f} s: {dict(watch.outcomes.most_common(25))}")
    return len(watch.findings)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kind", choices=[*INSIDE, *OUTSIDE, "all"])
    parser.add_argument("--seconds", type=float, default=60, help="for each kind")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1, 2**31))
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = 0
    for kind in [*INSIDE, *OUTSIDE] if given.kind == "all" else [given.kind]:
        print(f"{time.strftime('%H:%M:%S')} {kind}: --seconds {given.seconds:.0f} --seed {given.seed}", flush=True)
        found += (decoder if kind in INSIDE else server)(kind, given.seconds, given.seed)
    print(f"{found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
