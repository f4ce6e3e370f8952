"""The shapes of requests and answers, for `/openapi.json` and `/docs`. Nothing is checked against them at run time."""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from app.drawing import FORM, JSON
from app.problems import MEDIA_TYPE, PROBLEMS
from model.decode import (
    MAX_PIXELS,
    MAX_PIXELS_JPEG,
    MAX_PIXELS_PROGRESSIVE,
    MAX_PIXELS_RLE,
    MAX_PIXELS_WEBP,
    MAX_SIDE,
)
from model.decode import MEDIA_TYPES as IMAGES
from model.normalise import BOX, SIZE
from model.strokes import MAX_COORDINATE, MAX_POINTS, MAX_STROKES

Digit = Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

# A seven in one stroke, and a one of 16x16 pixels.
SEVEN: dict[str, Any] = {"strokes": [[[60, 50], [140, 50], [220, 50], [180, 130], [140, 210], [120, 250]]]}
ONE: dict[str, Any] = {
    "image": "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQAAAAA3iMLMAAAAHElEQVR42mP8z8DEwMDyv5GJgQE/YvzPwMTAAAB0SQOfZtipKQAAAABJRU5ErkJggg=="
}


class ModelRef(BaseModel):
    """Which network answered."""

    name: str = Field(examples=["digitnet"])
    version: str = Field(
        description="The first 12 hex digits of the SHA-256 of its weights.", examples=["0f343b0931d4"]
    )


class Crop(
    BaseModel,
    json_schema_extra={
        "description": f"The square around the ink, in the drawing's own coordinates: it became {BOX}x{BOX} of the "
        f"{SIZE}x{SIZE}, whose place in them depends on the ink's centre of mass."
    },
):
    """The square around the ink."""

    x: float
    y: float
    width: float
    height: float


class Explanation(BaseModel):
    """Why the answer is what it is."""

    input: str = Field(
        description="The 28x28 that the network was shown, as a PNG data URI. Where that left `digitnet` in doubt, "
        "it was shown the drawing as slightly other hands and pens would have made it, too."
    )
    evidence: list[list[float]] = Field(
        description="28 rows of 28 in -1..1: what speaks for the digit and against it in all that the network was "
        "shown; `digit=` asks for another's."
    )
    crop: Crop


class Prediction(BaseModel):
    """The answer to a drawing."""

    digit: Digit = Field(description="The likeliest digit.", examples=[7])
    confidence: float = Field(ge=0, le=1, description="How likely it is.", examples=[0.993])
    probabilities: list[float] = Field(
        min_length=10, max_length=10, description="Of the digits 0 to 9; their sum is 1."
    )
    verdict: Literal["sure", "unsure", "not_a_digit"] = Field(examples=["sure"])
    alternatives: list[Digit] = Field(description="Other digits to consider, likeliest first; none when sure.")
    model: ModelRef
    explanation: Explanation | None = Field(default=None, description="Only with explain=true.")


class Card(BaseModel, extra="allow"):
    """A network: its accuracy, its size, and where it comes from."""

    name: str = Field(description="What `model=` takes.")
    version: str = Field(description="The first 12 hex digits of the weights' SHA-256.")
    bytes: int = Field(description="Of the ONNX file.")
    parameters: int
    input: str = Field(description="What the network itself takes.")
    accuracy: dict[str, Any] = Field(description="On MNIST's test images; of every seed also on what was held out.")
    calibration: dict[str, float] = Field(description="What makes verdicts of its logits.")
    training: dict[str, Any] = Field(description="When, by which command and recipe, from which data.")


class Status(BaseModel):
    """One word."""

    status: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="What programs switch on.", json_schema_extra={"enum": list(PROBLEMS)})
    title: str
    status: int
    detail: str = Field(description="What to do about it.")


# By media type, beside the side and the bytes that bound them all.
_PIXELS = dict.fromkeys(IMAGES, f"{MAX_PIXELS:,} pixels") | {
    "image/jpeg": f"{MAX_PIXELS_JPEG:,} pixels, {MAX_PIXELS_PROGRESSIVE:,} if it is progressive or in several scans",
    "image/webp": f"{MAX_PIXELS_WEBP:,} pixels",
    "image/bmp": f"{MAX_PIXELS:,} pixels, {MAX_PIXELS_RLE:,} if it is run-length encoded",
}

_POINT: dict[str, Any] = {
    "type": "array",
    "items": {"type": "number", "minimum": -MAX_COORDINATE, "maximum": MAX_COORDINATE},
    "minItems": 2,
    "maxItems": 2,
}
_STROKES: dict[str, Any] = {
    "type": "object",
    "title": "Strokes",
    "description": (
        "Lists of points from pen down to pen up; y grows downwards, in any unit. "
        f"At most {MAX_STROKES:,} strokes and {MAX_POINTS:,} points in all, each coordinate within "
        f"±{MAX_COORDINATE:,.0f}."
    ),
    "required": ["strokes"],
    "properties": {
        "strokes": {
            "type": "array",
            "items": {"type": "array", "items": _POINT, "maxItems": MAX_POINTS},
            "maxItems": MAX_STROKES,
        }
    },
}
_IMAGE: dict[str, Any] = {
    "type": "object",
    "title": "Image",
    "description": "An image as a base64 data URI, as large as it may be by itself.",
    "required": ["image"],
    "properties": {"image": {"type": "string", "pattern": f"^data:({'|'.join(IMAGES)});base64,"}},
}


def predict_body(max_bytes: int) -> dict[str, Any]:
    """The three forms of a drawing, and how large each may be."""
    return {
        "required": True,
        "description": f"At most {max_bytes:,} bytes, uncompressed.",
        "content": {
            JSON: {
                "schema": {"oneOf": [_STROKES, _IMAGE]},
                "examples": {"strokes": {"value": SEVEN}, "image": {"value": ONE}},
            },
            FORM: {
                "schema": {
                    "type": "object",
                    "description": "One image in the part `file`, as large as it may be by itself.",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
                }
            },
            **{media: {"schema": _bytes_of(media)} for media in IMAGES},
        },
    }


def _bytes_of(media: str) -> dict[str, Any]:
    description = f"The bytes of the image: at most {_PIXELS[media]}, and {MAX_SIDE:,} on a side."
    return {"type": "string", "contentMediaType": media, "description": description}


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that can end with these problems, one for each status."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status, title = PROBLEMS[kind]
        response = responses.setdefault(
            status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}, "examples": {}},
                },
            },
        )
        response["description"] += f"{'; ' if response['description'] else ''}`{kind}`: {title[0].lower()}{title[1:]}"
        response["content"][MEDIA_TYPE]["examples"][kind] = {
            "value": {"type": kind, "title": title, "status": status, "detail": "What to do about it."}
        }
        if status == 503:
            response["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return responses


def add_problem_schema(app: FastAPI) -> None:
    """Put every problem, and the shape of them all, among the components of the app's OpenAPI document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"].setdefault("ProblemDetails", ProblemDetails.model_json_schema())
        document["components"].setdefault("responses", _every_problem())
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending the document


def _every_problem() -> dict[str, Any]:
    """By its type, each as a response: also those that no route ends with, since they are not about any."""
    return {kind: response for kind in PROBLEMS for response in problems(kind).values()}
