"""The form of one person, of more than are counted, and of an account with many templates."""

from collections.abc import Iterator
from unittest.mock import patch

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from host_app.database import db
from tests.gallery import page_actions
from tests.gallery.demo_server import DemoServer
from tests.gallery.scene import Scene

_KINDS = ("Vacatures", "Nieuwsbrief", "Uitnodiging", "Kerstkaart", "Zorg", "Techniek")
_MANY = 200


def size_scenes(stage: DemoServer) -> Iterator[Scene]:
    tab = "/campaigns/5/mailchimp"
    yield Scene("tab-form-one", f"/campaigns/{stage.campaign('Alleen Bas', 1)}/mailchimp")
    with patch("cxmc_ext.usecases.screens.eligibility.MAX_COUNTED", 15):
        yield Scene("tab-form-more-than-counted", tab)
    known = db.session.scalars(select(Account.templates)).one() or []
    _put([_template(known[n % len(known)], n) for n in range(_MANY)])
    yield Scene("tab-form-many", tab)
    yield Scene("tab-form-many-found", tab, action=page_actions.search("uitnod 2026"))
    yield Scene("tab-form-many-none", tab, action=page_actions.search("zomerfeest"))
    yield Scene(
        "tab-form-many-plain", tab, action=page_actions.search_without_javascript, javascript=False
    )
    _put(known)


def _template(like: dict[str, object], n: int) -> dict[str, object]:
    name = f"{_KINDS[n % 6]} {2026 - n // 52}, week {52 - n % 52}"
    return {**like, "id": 20_000 + n, "name": name, "usable": True}


def _put(templates: list[dict[str, object]]) -> None:
    db.session.execute(update(Account).values(templates=templates))
    db.session.commit()
