"""The secret was lost, or swapped: pages go on, and each press ends in a sentence."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser

FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False])
def test_a_key_that_cannot_be_read_breaks_no_page(
    connected: Services,
    campaign: str,
    client: FlaskClient,
    host: MemoryHost,
    queue: ManualQueue,
    script: bool,
) -> None:
    session = connected.session()
    session.execute(update(Account).values(sealed_key="sealed with another secret"))
    session.commit()
    host.login("admin")
    browser = Browser(client, script)
    for piece in ("", "/panel", "/settings", "/recipients"):
        page = browser.open_page(f"/cxmc/campaigns/{campaign}{piece}")
        assert "Traceback" not in page.html
    browser.open_page("/cxmc/activation")
    assert browser.post(f"/cxmc/campaigns/{campaign}/send", **FORM).status_code in (200, 303)
    queue.run_all()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "cannot be decrypted" in page.text
