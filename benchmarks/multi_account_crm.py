"""A CRM with five tenants in memory, the same in every process, for ``python -m benchmarks.tenants``."""

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


class HeaderHost(MemoryMultiAccountHost):
    """Takes the tenant of a request from a header; every request is one of its administrator."""

    def __init__(self) -> None:
        super().__init__(*TENANTS)
        for ref, account in self.accounts.items():
            account.login("admin")
            account.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
            for number in range(ROUNDS * CAMPAIGNS):
                campaign = account.add_campaign(f"{ref} {number}")
                addresses = [f"p{number}-{n}@{ref}.example" for n in range(PEOPLE)]
                people = [account.add_person(address) for address in addresses]
                account.add_to_campaign(campaign, *people)

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
    mailchimp.init_app(app, host=HeaderHost())
    return app
