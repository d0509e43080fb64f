"""Our static files and htmx; their addresses contain a hash, so that caches may keep them."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Response, abort, request

_CSS = "text/css; charset=utf-8"
_JS = "text/javascript; charset=utf-8"
_SVG = "image/svg+xml"

# Name in the address: package, path inside it, content type. Nothing else is served.
ASSETS = {
    "cxmc.css": ("cxmc_ext", "static/cxmc.css", _CSS),
    "cxmc.js": ("cxmc_ext", "static/cxmc.js", _JS),
    "icons.svg": ("cxmc_ext", "static/icons.svg", _SVG),
    "htmx.min.js": ("js_lib_htmx", "static/htmx/htmx.min.js", _JS),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `version` is a hash of its content."""

    body: bytes
    gzipped: bytes
    content_type: str
    version: str


@cache
def load_asset(name: str) -> Asset:
    """Reads and compresses a file of `ASSETS`, once per process."""
    package, path, content_type = ASSETS[name]
    body = files(package).joinpath(path).read_bytes()
    version = hashlib.sha256(body).hexdigest()[:12]
    # Without mtime=0 the compressed bytes would differ from process to process.
    return Asset(body, gzip.compress(body, mtime=0), content_type, version)


def serve(name: str) -> Response:
    """Serves a file: for a year at its current version, otherwise to be revalidated every time."""
    if name not in ASSETS:
        abort(404)
    asset = load_asset(name)
    accepts_gzip = request.accept_encodings.quality("gzip") > 0
    body = asset.gzipped if accepts_gzip else asset.body
    response = Response(body, content_type=asset.content_type)
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(asset.version)
    is_current = request.args.get("v") == asset.version
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_current else "no-cache"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response
