"""The shapes of requests and answers, for `/openapi.json` and `/docs`. Nothing is checked against them at run time."""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from app.drawing import FORM, JSON
from app.problems import MEDIA_TYPE, PROBLEMS
from model.decode import MEDIA_TYPES as IMAGES

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


class Crop(BaseModel):
    """The square that the network saw, in the drawing's own coordinates."""

    x: float
    y: float
    width: float
    height: float


class Explanation(BaseModel):
    """Why the answer is what it is."""

    input: str = Field(description="The 28x28 that the network read, as a PNG data URI.")
    evidence: list[list[float]] = Field(
        description="28 rows of 28 in -1..1: what speaks for the digit and against it; `digit=` asks for another's."
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

    name: str
    version: str
    bytes: int


class Status(BaseModel):
    """One word."""

    status: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="What programs switch on.")
    title: str
    status: int
    detail: str = Field(description="What to do about it.")


PREDICT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": {
                "oneOf": [
                    {
                        "type": "object",
                        "title": "Strokes",
                        "description": "Lists of points from pen down to pen up; y grows downwards, in any unit.",
                        "required": ["strokes"],
                        "properties": {
                            "strokes": {
                                "type": "array",
                                "items": {
                                    "type": "array",
                                    "items": {
                                        "type": "array",
                                        "items": {"type": "number"},
                                        "minItems": 2,
                                        "maxItems": 2,
                                    },
                                },
                            }
                        },
                    },
                    {
                        "type": "object",
                        "title": "Image",
                        "description": "An image as a base64 data URI.",
                        "required": ["image"],
                        "properties": {"image": {"type": "string", "pattern": f"^data:({'|'.join(IMAGES)});base64,"}},
                    },
                ]
            },
            "examples": {"strokes": {"value": SEVEN}, "image": {"value": ONE}},
        },
        FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        },
        **{media: {"schema": {"type": "string", "contentMediaType": media}} for media in IMAGES},
    },
}


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
    """Put the shape that `problems` refers to among the components of the app's OpenAPI document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"].setdefault("ProblemDetails", ProblemDetails.model_json_schema())
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending the document
