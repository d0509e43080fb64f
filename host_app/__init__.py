"""A small recruitment CRM that shows the extension; enters it by its front door only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

from host_app import auth, language, pages, seed
from host_app.config import ROOT, instance_dir, read_config
from host_app.database import db, init_database
from host_app.mailchimp import mailchimp

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' https: data:{pictures}; frame-ancestors 'self'; base-uri 'none'"
)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The CRM. `config` wins over the environment; INSTANCE names the folder of its data."""
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
    # Without batches: they drop a table to build it anew, which SQLite's foreign keys forbid.
    Migrate(app, db, render_as_batch=False)  # type: ignore[no-untyped-call]
    app.register_blueprint(auth.bp)
    language.register(app)
    pages.register(app)
    app.cli.add_command(seed.init_demo)
    _add_headers(app)
    return app


def _add_headers(app: Flask) -> None:
    # The stand-in's template pictures come over plain loopback HTTP; MailChimp's never do.
    root = urlsplit(app.config.get("CXMC_API_ROOT") or "")
    pictures = f" {root.scheme}://{root.netloc}" if root.scheme == "http" else ""
    headers = {
        "Content-Security-Policy": _POLICY.format(pictures=pictures),
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
