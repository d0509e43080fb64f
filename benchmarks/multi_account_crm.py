"""A CRM of five tenants in memory, the same in every process: for ``python -m benchmarks.tenants``."""

import os

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy

from cxmc_ext import CxMailChimp
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG
from cxmc_ext.testing import MemoryMultiAccountHost

TENANTS = ("north", "east", "south", "west", "loud")
ROUNDS, CAMPAIGNS, PEOPLE = 6, 10, 20
HEADER = "X-Tenant"
mailchimp = CxMailChimp()


class Crm(MemoryMultiAccountHost):
    """The tenant of a request stands in a header; whoever asks is its administrator."""

    def __init__(self) -> None:
        super().__init__(*TENANTS)
        for ref, crm in self.accounts.items():
            crm.login("admin")
            crm.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
            for number in range(ROUNDS * CAMPAIGNS):
                campaign = crm.add_campaign(f"{ref} {number}")
                names = [f"p{number}-{n}@{ref}.example" for n in range(PEOPLE)]
                crm.add_to_campaign(campaign, *(crm.add_person(name) for name in names))

    def for_account(self, ref: str | None):  # type: ignore[no-untyped-def]
        if ref is None and has_request_context():
            ref = request.headers.get(HEADER)
        return self.accounts.get(ref or "") or (super().for_account(ref) if ref else None)


def create_app() -> Flask:
    app = Flask("tenants", template_folder=None)
    app.config.update(
        SECRET_KEY="bench",
        SQLALCHEMY_DATABASE_URI=os.environ["BENCH_DATABASE"],
        CXMC_REDIS_URL=os.environ["BENCH_REDIS"],
        CXMC_SECRET_KEYS=os.environ["BENCH_SECRET"],
        CXMC_API_ROOT=os.environ["BENCH_ROOT"],
        CXMC_TICK_SECONDS=2,
        CXMC_READ_TIMEOUT=10,
    )
    db = SQLAlchemy()
    db.init_app(app)
    mailchimp.init_app(app, host=Crm())
    return app
