"""Our static files and htmx, each under an address that names its content, so caches may keep it."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Response, abort, request

_CSS = "text/css; charset=utf-8"
_JS = "text/javascript; charset=utf-8"
_SVG = "image/svg+xml"

ASSETS = {
    "cxmc.css": ("cxmc_ext", "static/cxmc.css", _CSS),
    "cxmc.js": ("cxmc_ext", "static/cxmc.js", _JS),
    "icons.svg": ("cxmc_ext", "static/icons.svg", _SVG),
    "htmx.min.js": ("js_lib_htmx", "static/htmx/htmx.min.js", _JS),
}
"""Name in the address: package, path inside it, content type. Nothing else is served."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `version` changes with its content."""

    body: bytes
    gzipped: bytes
    content_type: str
    version: str


@cache
def load_asset(name: str) -> Asset:
    package, path, kind = ASSETS[name]
    body = files(package).joinpath(path).read_bytes()
    version = hashlib.sha256(body).hexdigest()[:12]
    return Asset(body, gzip.compress(body, mtime=0), kind, version)


def serve(name: str) -> Response:
    if name not in ASSETS:
        abort(404)
    found = load_asset(name)
    zipped = request.accept_encodings.quality("gzip") > 0
    answer = Response(found.gzipped if zipped else found.body, content_type=found.content_type)
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.set_etag(found.version)
    fresh = request.args.get("v") == found.version
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.make_conditional(request)
    return answer
