"""Run by an interpreter that has nothing but the wheel: does what was installed do all it should?

Called with the folder the product must come from. Prints “served” at the end.
"""

import sys
import urllib.request

from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

import cxmc_ext
from cxmc_ext import CxMailChimp
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost


class DutchHost(MemoryHost):
    """Its screens are Dutch."""

    def locale(self) -> str:
        return "nl"


def check(fact: bool, *about: object) -> None:
    if not fact:
        raise SystemExit(f"not so: {about}")


def make_app(host: MemoryHost, queue: ManualQueue, api_root: str) -> Flask:
    app = Flask("acme")
    app.config.update(
        SECRET_KEY="x",
        SQLALCHEMY_DATABASE_URI="sqlite://",
        CXMC_SECRET_KEYS=Fernet.generate_key().decode(),
        CXMC_API_ROOT=api_root,
    )
    SQLAlchemy().init_app(app)
    CxMailChimp(app, host=host, queue=queue)
    return app


def pages(app: Flask, campaign: str, words: str) -> None:
    web = app.test_client()
    for name in ("cxmc.css", "cxmc.js", "icons.svg", "htmx.min.js"):
        answer = web.get(f"/cxmc/static/{name}")
        check(answer.status_code == 200, name, answer.status_code)
    page = web.get(f"/cxmc/campaigns/{campaign}")
    check(page.status_code == 200, page.status_code)
    check(words in page.get_data(as_text=True), words)


def command(app: Flask, *words: str, stdin: str = "") -> None:
    told = app.test_cli_runner().invoke(args=["cxmc", *words], input=stdin)
    check(told.exit_code == 0, words, told.output)


def standin(root: str) -> None:
    with urllib.request.urlopen(f"{root}/") as answer:
        check(answer.status == 200, root)


def main(place: str) -> None:
    check(place in cxmc_ext.__file__, cxmc_ext.__file__)
    host, queue = DutchHost(), ManualQueue()
    host.login("admin")
    campaign = host.add_campaign()
    with StandinServer() as server:
        standin(server.root)
        app = make_app(host, queue, server.url)
        queue.bind(app)
        with app.app_context():
            command(app, "init-db")
            command(app, "activate")
            pages(app, campaign, "MailChimp heeft een lege lijst met sjablonen teruggegeven.")
            command(app, "connect", "--key-stdin", stdin=f"{DEMO_KEY}\n")
            pages(app, campaign, "Maken en versturen")
            app.extensions["sqlalchemy"].engine.dispose()
    print("served")


if __name__ == "__main__":
    main(sys.argv[1])
