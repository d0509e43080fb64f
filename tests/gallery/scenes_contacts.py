"""The cost of contacts: the account's settings, the page of unused contacts, the limit and the cap."""

from collections.abc import Iterator

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.rules.addresses import member_hash
from host_app.database import db
from tests.gallery import page_actions
from tests.gallery.demo_server import DemoServer
from tests.gallery.scene import Scene
from tests.support.factories import create_mailing, create_recipient

_YEAR = 365 * 86_400


def contact_scenes(stage: DemoServer) -> Iterator[Scene]:
    """The account is connected. Afterwards neither a limit nor a cap is set."""
    services, settings = stage.services, stage.services.settings
    _change(contact_limit=1000, contacts_used=640)
    yield Scene("account-settings", "/cxmc/account", "admin")
    yield Scene("account-limit-refused", "/cxmc/account", "admin", page_actions.submit_wrong_limit)
    yield Scene("contacts-none", "/cxmc/control/contacts", "admin")
    list_id = db.session.scalar(select(Account.list_id)) or ""
    long_ago = services.clock() - _YEAR - 86_400
    for ref, sent_at in (("old", long_ago), ("recent", services.clock() - 86_400)):
        mailing = create_mailing(services, ref, "sent", sent_at=sent_at, list_id=list_id)
        for n in range(3):
            address = f"{ref}{n}@kandidaten.example"
            values = {"address": address, "member_hash": member_hash(address)}
            create_recipient(services, mailing, name=f"Anna {n}", in_audience=True, **values)
    yield Scene("contacts", "/cxmc/control/contacts", "admin")
    ask = page_actions.press("#cxmc-archive")
    yield Scene("contacts-archive-asked", "/cxmc/control/contacts", "admin", ask)
    object.__setattr__(settings, "frequency_cap", 2)
    yield Scene("tab-form-cap-and-limit", "/campaigns/5/mailchimp")
    object.__setattr__(settings, "frequency_cap", 0)
    _change(contact_limit=0)


def _change(**values: int) -> None:
    db.session.execute(update(Account).values(**values))
    db.session.commit()
