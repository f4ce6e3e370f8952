"""Requests that are hardly HTTP: every part of one taken from a list of those that have been trouble somewhere."""

from random import Random

from tests.benchmarks.fuzz.mutate import mutate

METHODS = (b"GET", b"GET", b"POST", b"POST", *b"HEAD OPTIONS PUT DELETE CONNECT TRACE PRI get".split(), b"M" * 99)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"")
TARGETS = (
    *b"/ /predict /predict /predict?explain=true /predict?%00=%ff /metrics /models /openapi.json /docs".split(),
    *b"/readyz#x /static/main.js /static/../app/main.py /static/%2e%2e/%2e%2e/etc/passwd /static//etc/passwd".split(),
    *b"/static/..%5c..%5cx * //[ http://[/ http://127.0.0.1/ ? /\xff\xfe /% /;/.. host:443".split(),
    *(b"/predict?digit=9" + b"9" * 999, b"/" + b"a" * 9_000, b"/\x00", b"/a b"),
)
FIELDS = (
    *b"Host:x Host:[ Host:\xff Host:a,b Content-Type:application/json Content-Type:image/png".split(),
    *b"Content-Type:\xff;= Content-Type:multipart/form-data;boundary=x Connection:close Connection:\x01".split(),
    *b"Expect:100-continue Expect:7 Accept:text/html Accept:*/*;q=nan Range:bytes=0-1,5- TE:x If-None-Match:*".split(),
    *b'If-None-Match:W/"\xff Content-Encoding:gzip X:\xe9 X-Forwarded-For:[ X-Forwarded-Proto:\xff :x x'.split(),
    *b"Accept-Encoding:gzip;q=0,*".split(),
    *b"Accept-Encoding:gzip Origin:null Access-Control-Request-Method:PUT Content-Length:99999999999999999999".split(),
    *b"Trailer:x Transfer-Encoding:gzip,chunked Transfer-Encoding:identity Keep-Alive:timeout=0".split(),
    *(b"Connection: upgrade\r\nUpgrade: websocket", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", b" folded"),
    *(b"Accept: " + b"," * 5_000, b"Cookie: " + b"a=b;" * 2_000, b"X-Request-Id: " + b"a" * 200),
)
BODIES = (b"", b"", b'{"strokes": [[[60, 60], [200, 60], [120, 230]]]}', b"\x89PNG", b"x" * 70_000)
LAST_CHUNKS = (b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"", b"-1\r\n", b"ffffffffffffffffff\r\n")
EXTENSIONS = (b"", b"", b";a=b", b";" + b"a" * 5_000)


def http_of(random: Random) -> bytes:
    """One to a dozen requests in a row, damaged half of the time."""
    sent = b"".join(_request(random) for _ in range(random.choice((1, 1, 1, 2, 3, 12))))
    return mutate(sent, random, ()) if random.random() < 0.5 else sent


def _request(random: Random) -> bytes:
    fields = [b"Host: x", *(random.choice(FIELDS) for _ in range(random.choice((0, 1, 2, 4, 120))))]
    body, how = random.choice(BODIES), random.random()
    if how < 0.5 and body:
        fields.append(b"Content-Length: %d" % (len(body) + random.choice((0, 0, 0, 0, -1, 1, 10_000_001))))
    elif how < 0.9 and body:
        fields.append(b"Transfer-Encoding: chunked")
        size, extension = random.choice((1, 7, len(body))), random.choice(EXTENSIONS)
        pieces = [body[start : start + size] for start in range(0, min(len(body), 999 * size), size)]
        body = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
        body += random.choice(LAST_CHUNKS)
    line = b" ".join((random.choice(METHODS), random.choice(TARGETS), random.choice(VERSIONS)))
    return b"\r\n".join((line, *fields, b"", body))
