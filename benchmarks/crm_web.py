"""A CRM with pages: a Flask app with the extension and people in memory, and a web server."""

import logging
import os
import threading
from http.client import HTTPConnection

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from waitress.server import create_server

from benchmarks.crm import configure_sqlite
from cxmc_ext import CxMailChimp
from cxmc_ext.testing import MemoryHost

# A Fernet key; nothing secret is encrypted with it.
SECRET = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def make_app(database: str, host: MemoryHost) -> Flask:
    """Create the app and its tables. CXMC_API_ROOT and BENCH_REDIS come from the environment."""
    app = Flask("bench", template_folder=None)
    app.config.update(
        SECRET_KEY="bench",
        SQLALCHEMY_DATABASE_URI=database,
        CXMC_API_ROOT=os.environ.get("CXMC_API_ROOT", ""),
        CXMC_REDIS_URL=os.environ.get("BENCH_REDIS", "redis://127.0.0.1:1/0"),
        CXMC_SECRET_KEYS=SECRET,
    )
    db = SQLAlchemy()
    db.init_app(app)
    mailchimp = CxMailChimp(app, host=host)
    with app.app_context():
        configure_sqlite(db.engine)
        mailchimp.create_tables()
    return app


def engine_of(app: Flask) -> Engine:
    """Return the engine of the app's database."""
    with app.app_context():
        engine: Engine = app.extensions["sqlalchemy"].engine
    return engine


def serve(app: Flask) -> HTTPConnection:
    """Serve the app with waitress until this process ends; return a keep-alive connection to it."""
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    threading.Thread(target=server.run, daemon=True).start()
    return HTTPConnection("127.0.0.1", server.effective_port)


def fetch(connection: HTTPConnection, path: str) -> bytes:
    """Request a page like htmx does; return its body."""
    connection.request("GET", path, headers={"HX-Request": "true"})
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, (path, response.status, body)
    return body
