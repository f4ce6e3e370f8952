"""What is asked about a drawing: it stands in the query of the address, and nowhere else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from app.problems import Problem
from model.reader import DEFAULT


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which network it is asked, and whether to explain the answer, or which digit's evidence."""

    model: str = DEFAULT
    explain: bool = False
    digit: int | None = None


OPTIONS = tuple(each.name for each in fields(Asked))


def check_query(names: Sequence[str]) -> None:
    """Raise the problem `bad-query` for a parameter that there is not, or that is given twice."""
    for name in names:
        if name not in OPTIONS:
            raise Problem("bad-query", f"There is no query parameter {name[:80]!r}. There are: {', '.join(OPTIONS)}.")
        if names.count(name) > 1:
            raise Problem("bad-query", f"The query parameter {name!r} is given {names.count(name)} times. Give one.")


def check_place(names: Collection[str], kind: str) -> None:
    """Raise the problem `kind` for an option among the names that a body holds, where nobody would read it.

    But for `digit`: what is drawn may well be written beside the drawing.
    """
    for name in OPTIONS:
        if name in names and name != "digit":
            raise Problem(kind, f"{name!r} belongs in the address, not in the body: as in /predict?model=blog.")
