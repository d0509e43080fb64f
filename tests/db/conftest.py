"""A mailing to which rows can belong."""

import pytest

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services


@pytest.fixture
def mailing_id(services: Services) -> int:
    session = services.session()
    account = Account(ref="bulk")
    session.add(account)
    session.flush()
    mailing = Mailing(account_id=account.id, campaign_ref="1")
    session.add(mailing)
    session.commit()
    return mailing.id
