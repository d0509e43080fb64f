"""A small recruitment CRM that demonstrates the extension, using only its public API."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

from host_app import auth, language, pages, request_checks, seed
from host_app.config import ROOT, instance_dir, read_config
from host_app.database import db, init_database
from host_app.mailchimp import mailchimp

_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' https: data:{image_source}; frame-ancestors 'self'; base-uri 'none'"
)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Creates the CRM.

    Args:
        config: Settings that take precedence over the environment. INSTANCE is the folder for the data.
    """
    given = dict(config or {})
    instance = Path(given.pop("INSTANCE", None) or instance_dir())
    app = Flask(
        "host_app",
        root_path=str(ROOT),
        instance_path=str(instance),
        template_folder="templates",
        static_folder="static",
    )
    app.config.update(read_config(instance, given))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_database(app)
    CSRFProtect(app)  # type: ignore[no-untyped-call]
    mailchimp.init_app(app)
    # No batch mode: it replaces whole tables, which SQLite's foreign keys do not allow.
    Migrate(app, db, render_as_batch=False)  # type: ignore[no-untyped-call]
    app.register_blueprint(auth.bp)
    request_checks.register(app)
    language.register(app)
    pages.register(app)
    app.cli.add_command(seed.init_demo)
    _add_headers(app)
    return app


def _add_headers(app: Flask) -> None:
    # The stand-in's template thumbnails come over plain HTTP from this machine; MailChimp's never do.
    root = urlsplit(app.config.get("CXMC_API_ROOT") or "")
    image_source = f" {root.scheme}://{root.netloc}" if root.scheme == "http" else ""
    headers = {
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY.format(image_source=image_source),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
    }

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
