"""The Accept header: answers are JSON, and whoever will not have that is told so before any work is done."""

from collections.abc import Iterable

from app.problems import Problem


def accept_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The Accept header of a request, empty where there is none. Several count as one (RFC 9110, 5.3)."""
    return ", ".join(value.decode("latin-1") for name, value in headers if name == b"accept")


def check_accept(accept: str) -> None:
    """Raise the problem `not-acceptable` for an Accept header that leaves no room for JSON."""
    if accept in ("", "*/*", "application/json"):
        return
    # The most particular range decides (RFC 9110, 12.5.1).
    best, quality = -1, 0.0
    for each in accept.split(","):
        media, *parameters = (part.strip().lower() for part in each.split(";"))
        rank = _RANKS.get(media, -1)
        if rank > best:
            best, quality = rank, _quality(parameters)
    if quality <= 0 and accept.strip():
        raise Problem("not-acceptable", f"Accept is {accept[:80]!r}. Answers are application/json; accept that.")


_RANKS = {"*/*": 0, "application/*": 1, "application/json": 2}


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
