"""A Host that raises in one of its methods costs our part of a page, never a page of its own."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.web.template_globals import CANNOT_BE_SHOWN
from tests.support.browser import Page
from tests.support.factories import SENT_AT, create_event, create_mailing, create_recipient
from tests.support.raising_host import HOST_METHODS, SECRET, break_method

pytestmark = pytest.mark.slow

_SLOTS = """The CRM's own text. {{ cxmc_tab(ref) if cxmc_tab_visible(ref) }} {{ cxmc_enabled() }}
{{ cxmc_settings() }} {{ cxmc_activities(ada) }}
{{ cxmc_campaign_activities(ref) }} {{ cxmc_statuses(ref, [ada]) }}
{{ cxmc_campaigns([ref]) }} {{ cxmc_overview_url() }} {{ cxmc_toasts() }}"""


@pytest.fixture
def sent(connected: Services, host: MemoryHost, campaign: str) -> str:
    """A campaign that was sent to one person, who is found in the CRM."""
    ref = host.add_campaign("Sent")
    mailing = create_mailing(connected, ref, "sent")
    row = create_recipient(connected, mailing, name="Ada", person_kind="candidate", person_id="1")
    create_event(connected, mailing, row, EventStatus.SENT, SENT_AT)
    return ref


@pytest.mark.parametrize("method", HOST_METHODS)
def test_pages_name_a_reference_and_pages_of_the_host_are_complete(
    app: Flask,
    client: FlaskClient,
    show: Callable[..., Page],
    host: MemoryHost,
    campaign: str,
    sent: str,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    host.login("admin")
    break_method(monkeypatch, host, method)
    shown = CANNOT_BE_SHOWN.partition(".")[0]
    for ref in (campaign, sent):
        page = show(f"{{% set ref = '{ref}' %}}{_SLOTS}")
        assert page.text.startswith("The CRM's own text.")
        assert SECRET not in page.html
        assert (shown in page.text) <= ("Give your administrator the reference" in page.text)
        for path in _paths(app, ref):
            answer = client.get(path)
            text = answer.get_data(as_text=True)
            assert SECRET not in text, path
            assert answer.status_code != 500 or "Give your administrator the reference" in text, (
                path
            )


def _paths(app: Flask, ref: str) -> Iterator[str]:
    """Every address of ours that can be opened for a campaign, or without one."""
    for rule in app.url_map.iter_rules():
        is_ours = rule.endpoint.startswith("cxmc.") and "GET" in (rule.methods or ())
        if is_ours and rule.arguments <= {"ref"}:
            yield rule.rule.replace("<ref>", ref)
