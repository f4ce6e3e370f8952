"""Everything that can be wrong with a drawing, and nothing else.

    DrawingError
    ├── Blank              there is no ink
    ├── BadStrokes         the strokes are not lists of points, or too many
    ├── NotAnImage         the bytes are no picture, or a broken one
    └── TooManyPixels      a picture too large to decode within the memory bound

    UnknownModel           no network of that name

`kind` is the last part of the problem's `type` in the HTTP contract; the message says what to do about it.
"""

from typing import ClassVar


class DrawingError(ValueError):
    """A drawing that cannot be read. The message is for the person who made it."""

    kind: ClassVar[str]


class Blank(DrawingError):
    """There is no ink in the drawing."""

    kind = "blank"


class BadStrokes(DrawingError):
    """The strokes are not lists of finite [x, y] points within the limits."""

    kind = "bad-strokes"


class NotAnImage(DrawingError):
    """The bytes are not a picture, or are a damaged one."""

    kind = "not-an-image"


class TooManyPixels(DrawingError):
    """A picture with more pixels than are decoded."""

    kind = "too-many-pixels"


class UnknownModel(LookupError):
    """No network of that name is shipped."""

    kind: ClassVar[str] = "unknown-model"
