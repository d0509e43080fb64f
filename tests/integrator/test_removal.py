"""Removing the extension drops its tables, once nothing is left that MailChimp would send."""

import pytest
from sqlalchemy import inspect, text

from cxmc_ext import CxMailChimp, SetupError
from cxmc_ext.db.models import Account
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.services import Services


def test_removal_leaves_nothing_and_waits_for_deactivation(connected: Services) -> None:
    session, mailchimp = connected.session(), CxMailChimp()
    session.execute(text("CREATE TABLE mine (id INTEGER)"))
    session.commit()
    with pytest.raises(SetupError, match="press “Deactivate” first"):
        mailchimp.drop_tables()
    session.query(Account).update({"state": AccountState.INACTIVE})
    session.commit()
    mailchimp.drop_tables()
    mailchimp.drop_tables()
    tables = inspect(session.connection()).get_table_names()
    assert [name for name in tables if name == "mine" or name.startswith("cxmc")] == ["mine"]
    session.execute(text("DROP TABLE mine"))
    session.commit()
