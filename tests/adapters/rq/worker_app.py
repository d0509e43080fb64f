"""A host app for `flask --app`; its operations leave marks in a folder instead of calling MailChimp."""

import os
import time
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from cxmc_ext import CxMailChimp, jobs
from cxmc_ext.testing import MemoryHost

FOLDER = Path(os.environ["CXMC_TEST_FOLDER"])
FAILS, SLEEPS = 666, 777
ADDRESS = "anna@cedarstaffing.example"
db = SQLAlchemy()


def create_app() -> Flask:
    app = Flask("acme")
    app.config.update(
        SECRET_KEY="test",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{FOLDER / 'cxmc.db'}",
        CXMC_REDIS_URL=os.environ["CXMC_TEST_REDIS"],
        CXMC_SECRET_KEYS=Fernet.generate_key().decode(),
        CXMC_TICK_SECONDS=1,
        CXMC_API_ROOT=os.environ.get("CXMC_TEST_ROOT", ""),
    )
    db.init_app(app)
    mailchimp = CxMailChimp(app, host=MemoryHost())
    with app.app_context():
        mailchimp.create_tables()
    return app


def operate(number: int) -> None:
    """Stands in for run_operation: needs the app context and the database of the worker."""
    ticks = db.session.execute(text("select count(*) from cxmc_heartbeat")).scalar_one()
    (FOLDER / f"ran-{number}").write_text(f"{os.getpid()} {ticks}")
    if number == FAILS:
        raise ValueError(ADDRESS)
    if number == SLEEPS:
        time.sleep(60)


if "CXMC_TEST_MARKS" in os.environ:
    jobs.run_operation = operate
