"""A multipart form, read from memory: nothing is written to disk, and only one part is of interest."""

import logging
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from app.asked import check_place
from app.problems import Problem
from model.errors import NotAnImage

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# It warns of each form that is not one; clients are told so instead.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

# One part is needed; some clients add a few more.
MAX_PARTS = 20
MAX_HEADERS = 16
MAX_HEADER = 4_096  # bytes
MAX_TEXT = 1_000  # bytes of a part that are looked at to see that somebody wrote a file's name, or an address


def file_of(content_type: str, body: bytes) -> bytes:
    """The content of the one part named `file` in a multipart form.

    Raises the problem `bad-form`, and `NotAnImage` where that part is empty or holds a text.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise Problem("bad-form", "The Content-Type of this form has no boundary. Let your HTTP client set it.")
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks(), max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Problem("bad-form", f"This is not a whole multipart form. {_HOW}") from None
    if not form.ended:
        raise Problem("bad-form", f"This form is cut short. {_HOW}")
    if len(form.files) != 1:
        raise Problem("bad-form", f"This form has {len(form.files)} parts named file. {_HOW}")
    content = b"".join(form.files[0])
    if not content:
        raise NotAnImage(f"The part `file` of this form is empty. {_HOW}")
    if not form.has_filename and _is_text(content):
        raise NotAnImage("The part `file` of this form holds text, not a file. Write `-F file=@7.png`, with the @.")
    return content


def _is_text(content: bytes) -> bool:
    try:
        return len(content) <= MAX_TEXT and content.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


_HOW = "Send one image in a part named file, as `curl -F file=@7.png` does."


class _Form:
    """Collects the parts named `file` of a form; the others are passed over."""

    def __init__(self) -> None:
        self.files: list[list[bytes]] = []
        self.has_filename = False  # the last of them
        self.ended = False
        self._parts = 0
        self._header = b""
        self._value = b""
        self._wanted = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._part_data,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise Problem("bad-form", f"This form has more than {MAX_PARTS} parts. {_HOW}")
        self._wanted = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            kind, options = parse_options_header(self._value)
            name = options.get(b"name", b"") if kind == b"form-data" else b""
            check_place([name.decode("latin-1")], "bad-form")
            if name == b"file" and not self._wanted:
                self._wanted = True
                self.files.append([])
                self.has_filename = b"filename" in options
        self._header = self._value = b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self.files[-1].append(data[start:end])

    def _end(self) -> None:
        self.ended = True
