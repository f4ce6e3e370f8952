"""The three forms in which a drawing comes, made into the two that are read: strokes, or the bytes of an image."""

import binascii
import json
from codecs import BOM_UTF8
from dataclasses import dataclass

from app.asked import check_place
from app.form import file_of
from app.problems import Problem
from model.decode import MEDIA_TYPES as IMAGES
from model.errors import BadStrokes, NotAnImage
from model.strokes import MAX_POINTS, MAX_STROKES

JSON = "application/json"
FORM = "multipart/form-data"
ACCEPTED = (*IMAGES, FORM, JSON)
SAME = {"image/jpg": "image/jpeg"}  # no registered name, but what many programs call it
CODING = b"content-encoding"

# JSON costs up to twenty times its own size once parsed. Its commas and brackets bound how many things it holds, so
# they are counted first; a drawing at both limits has this many, with some over for members that nobody asked for.
MAX_COMMAS = 2 * MAX_POINTS + MAX_STROKES + 1_000
MAX_BRACKETS = MAX_POINTS + MAX_STROKES + 1_000
# Beyond this size only ASCII is taken: one emoji in a string of 10 MB makes 40 MB of it.
MAX_UNICODE = 1_000_000
MAX_URI_HEAD = 200  # characters of a data URI up to its comma


@dataclass(frozen=True, slots=True)
class Strokes:
    """Whatever JSON gave as strokes; nothing about it is checked yet."""

    raw: object


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of an encoded image; nothing about them is checked yet."""

    data: bytes


def media_type(content_type: str) -> str:
    """The media type of a Content-Type header, by its registered name in lower case, without its parameters."""
    media = content_type.partition(";")[0].strip().lower()
    return SAME.get(media, media)


def check_media(content_type: str) -> None:
    """Raise the problem `unsupported-media` for a Content-Type that no form of drawing has."""
    media = media_type(content_type)
    if media not in ACCEPTED:
        named = f"Content-Type {media[:80]!r} is not read" if media else "There is no Content-Type"
        accepted = ", ".join(ACCEPTED)
        raise Problem("unsupported-media", f"{named}. Send one of: {accepted}.", {"Accept-Post": accepted})


def check_coding(coding: str) -> None:
    """Raise the problem `unsupported-media` for a Content-Encoding: unpacked it may be a thousand times as large."""
    if coding.strip().lower() not in ("", "identity"):
        detail = f"Content-Encoding {coding[:80]!r} is not read. Send the body as it is, uncompressed."
        raise Problem("unsupported-media", detail, {"Accept-Encoding": "identity"})  # RFC 9110, 12.5.3


def open_drawing(content_type: str, body: bytes) -> Strokes | Picture:
    """Take the drawing out of a body whose Content-Type has passed `check_media`.

    Raises the problems `bad-json`, `bad-form`, `not-an-image` and `unsupported-media`, and the errors `BadStrokes` and
    `NotAnImage`.
    """
    media = media_type(content_type)
    if not body:
        kind = {JSON: "bad-json", FORM: "bad-form"}.get(media, "not-an-image")
        raise Problem(kind, "The body is empty. Look whether the file that was to be sent is there, and not empty.")
    if media == JSON:
        return _from_json(body)
    if media == FORM:
        return Picture(file_of(content_type, body))
    return Picture(body)


def _from_json(body: bytes) -> Strokes | Picture:
    if body.count(b",") > MAX_COMMAS or body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
        raise BadStrokes(
            f"This JSON holds more than a drawing of {MAX_POINTS:,} points does. Send fewer points for each stroke, as "
            "[x, y] and nothing else."
        )
    if len(body) > MAX_UNICODE and not body.isascii():
        raise Problem("bad-json", f"JSON of more than {MAX_UNICODE:,} bytes has to be plain ASCII.")
    try:
        content = json.loads(str(body.removeprefix(BOM_UTF8), "utf-8"))  # the mark may be passed over (RFC 8259, 8.1)
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits, and bytes that are not UTF-8
        raise Problem("bad-json", f"This is not JSON: {_reason(error, body)}. {_HOW}") from None
    if not isinstance(content, dict) or ("strokes" in content) == ("image" in content):
        both = isinstance(content, dict) and "strokes" in content
        wrong = "holds both strokes and an image" if both else "is not an object with strokes or an image in it"
        raise Problem("bad-json", f"This JSON {wrong}. {'Send one of the two.' if both else _HOW}")
    check_place(content, "bad-json")
    if "strokes" in content:
        return Strokes(content["strokes"])
    return Picture(_from_data_uri(content["image"]))


_HOW = 'Send {"strokes": [[[x, y], ...], ...]} or {"image": "data:image/png;base64,..."}.'


def _reason(error: Exception, body: bytes) -> str:
    if isinstance(error, UnicodeDecodeError) or b"\0" in body[:4]:  # as UTF-16 and UTF-32 begin
        return "it is not in UTF-8. Send UTF-8, whatever the Content-Type says"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.pos}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it holds a number of too many digits"


def _from_data_uri(uri: object) -> bytes:
    text = uri if isinstance(uri, str) else ""
    comma = text.find(",", 5, MAX_URI_HEAD)
    if comma < 0 or text[:5].lower() != "data:":
        raise NotAnImage("The image is not a data URI. Send data:image/png;base64,... or the image itself as the body.")
    head, data = text[5:comma], text[comma + 1 :]
    media, parameters = media_type(head), [part.strip().lower() for part in head.split(";")[1:]]
    if media not in IMAGES:
        raise Problem(
            "unsupported-media", f"A data URI of {media[:80]!r} is not read. Send one of: {', '.join(IMAGES)}."
        )
    if "base64" not in parameters:
        raise NotAnImage("The data URI is not in base64. Send data:image/png;base64,...")
    try:
        # Many encoders break lines.
        return binascii.a2b_base64(data.encode("ascii").translate(None, b" \t\r\n"), strict_mode=True)
    except ValueError:
        raise NotAnImage(
            "The base64 of the data URI is damaged or cut short. Encode the image again, in the standard alphabet, "
            "that of + and /, and padded with =."
        ) from None
