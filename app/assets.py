"""The page's files, read, compressed and versioned once, at the start; a request costs a look into a dictionary."""

import gzip
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".woff2": "font/woff2"}
NOT_SERVED = {"jsconfig.json"}  # for editors and `tsc`

# What is asked for by a name of its own, beside the page: it refers to other files, by names that change with them.
ENTRIES = ("index.html", "manifest.webmanifest", "sw.js")

FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"

# Compressing what gains less than this is not worth the browser's time.
WORTH = 0.8


class Asset(NamedTuple):
    """A file as it is sent: as it is, and in gzip where that is smaller."""

    plain: bytes
    gzipped: bytes | None
    media_type: str
    etag: str  # without quotes

    @classmethod
    def of(cls, name: str, data: bytes) -> "Asset":
        """`data` under `name`, which says what type it is."""
        media_type = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        gzipped = gzip.compress(data, 9, mtime=0)
        kept = gzipped if len(gzipped) < WORTH * len(data) else None
        return cls(data, kept, media_type, hashlib.sha256(data).hexdigest()[:16])

    def changed(self, old: bytes, new: bytes) -> "Asset":
        """The same kind of file with some of its text replaced."""
        return Asset.of(f"file{mimetypes.guess_extension(self.media_type)}", self.plain.replace(old, new))

    def response(self, request: Request, cache: str = REVALIDATED) -> Response:
        """200 in the encoding that the request takes, or 304."""
        zipped = self.gzipped is not None and takes_gzip(request.headers.get("accept-encoding", ""))
        etag = f'"{self.etag}-gzip"' if zipped else f'"{self.etag}"'
        headers = {"Cache-Control": cache, "ETag": etag, "Vary": "Accept-Encoding"}
        if is_known(request, etag):
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(self.gzipped if zipped else self.plain, headers=headers, media_type=self.media_type)


class Assets:
    """The files of a folder. `version` changes whenever one of them does."""

    def __init__(self, folder: Path) -> None:
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.iterdir())
            if path.is_file() and path.name not in NOT_SERVED and not path.name.startswith(".")
        }
        everything = b"".join(hashlib.sha256(part).digest() for name in files for part in (name.encode(), files[name]))
        self.version = hashlib.sha256(everything).hexdigest()[:12]
        self.files = {name: Asset.of(name, data) for name, data in files.items() if name not in ENTRIES}
        self.entries = {name: Asset.of(name, self._versioned(files[name])) for name in ENTRIES if name in files}

    def find(self, path: str) -> tuple[Asset | None, str]:
        """The file at `<version>/<name>` or `<name>`, if there is one, and how long it may be kept.

        Any version gets the file as it is now: whoever opened the page before an update still gets a whole one. Only
        under its own version may it be kept.
        """
        version, _, name = path.rpartition("/")
        if version and not re.fullmatch(r"[0-9a-f]{12}", version):
            return None, REVALIDATED
        return self.files.get(name), FOR_EVER if version == self.version else REVALIDATED

    def _versioned(self, text: bytes) -> bytes:
        """An entry with the version in the address of each file it names."""
        return re.sub(rb'"static/(?=[\w.-]+")', f'"static/{self.version}/'.encode(), text)


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has what this ETag, in its quotes, stands for (RFC 9110, 13.1.2)."""
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return etag in known or known == ["*"]


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a header `Accept-Encoding` allows gzip (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return weights.get("gzip", weights.get("*", False))
