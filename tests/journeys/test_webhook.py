"""MailChimp's webhook in real processes: it registers itself, a real opt-out is in the group at once, and a
forged one is nothing."""

import re
import time

import pytest
import requests

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.crm_database import opted_out_person_ids, query
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SECONDS = 20
_LOOKS = "SELECT count(*) FROM cxmc_remote_call WHERE method = 'members_changed' AND outcome = 'ok'"


@pytest.fixture(scope="module")
def sent(demo: DemoProcess, connected: None) -> str:
    """A campaign that was sent; its number in the CRM."""
    web = requests.Session()
    sign_in = {"username": "recruiter", "password": "recruiter"}
    web.post(f"{demo.url}/login", data=sign_in | token(web.get(f"{demo.url}/login").text))
    ((number,),) = query(demo.folder, "SELECT id FROM campaign WHERE title = 'Vacatures week 48'")
    page = web.get(f"{demo.url}/campaigns/{number}/mailchimp").text
    template = re.search(r'<option value="(\d+)"[^>]*>Support', page)
    assert template, page
    form = {
        "subject": "Vacatures",
        "from_name": "Rosa",
        "from_email": "rosa@cedarstaffing.example",
        "template_id": template[1],
        "confirmed": "yes",
    }
    web.post(f"{demo.url}/cxmc/campaigns/{number}/send", data=form | token(page))
    wait_until(lambda: _state(demo, number) == "sent", 60, "the campaign is sent")
    return str(number)


def token(html: str) -> dict[str, str]:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, html
    return {"csrf_token": found[1]}


def _state(demo: DemoProcess, number: str) -> str:
    found = query(demo.folder, "SELECT state FROM cxmc_mailing WHERE campaign_ref = ?", str(number))
    return found[0][0] if found else ""


def _recipients(demo: DemoProcess) -> list[tuple[int, str]]:
    """(person of the CRM, address) of people who got the mail and have not opted out."""
    found = query(
        demo.folder,
        "SELECT CAST(person_id AS INTEGER), address FROM cxmc_recipient"
        " JOIN cxmc_recipient_status ON recipient_id = id WHERE reason IS NULL ORDER BY id",
    )
    return [one for one in found if one[0] not in opted_out_person_ids(demo.folder)]


def _looks(demo: DemoProcess) -> int:
    return int(query(demo.folder, _LOOKS)[0][0])


def _a_minute_passes(demo: DemoProcess) -> None:
    """So that the next hint is looked after at once."""
    wait_until(
        lambda: not query(demo.folder, "SELECT 1 FROM cxmc_mailing WHERE sync_lease_token <> ''")
    )
    query(
        demo.folder,
        "UPDATE cxmc_account SET unsubscribes_cursor = unsubscribes_cursor - 3000, change_checked_at = 1",
    )
    query(demo.folder, "UPDATE cxmc_mailing SET next_sync_at = next_sync_at + 9999")


def _webhooks(demo: DemoProcess) -> tuple[str, list[str]]:
    """The audience, and the URLs of its webhooks at MailChimp."""
    ((audience,),) = query(demo.folder, "SELECT list_id FROM cxmc_account")
    url = f"{demo.standin_url}/3.0/lists/{audience}/webhooks"
    rows = requests.get(url, auth=("any", DEMO_KEY)).json()["webhooks"]
    return audience, [row["url"] for row in rows]


def test_a_real_opt_out_is_in_the_group_within_seconds(demo: DemoProcess, sent: str) -> None:
    audience, (_webhook,) = _webhooks(demo)
    wait_until(lambda: _recipients(demo), 30, "the report was read")
    person, address = _recipients(demo)[0]
    _a_minute_passes(demo)
    left = requests.patch(
        f"{demo.standin_url}/3.0/lists/{audience}/members/{address}",
        auth=("any", DEMO_KEY),
        json={"status": "unsubscribed"},
    )
    assert left.status_code == 200, left.text
    began = time.monotonic()
    wait_until(lambda: person in opted_out_person_ids(demo.folder), SECONDS, "the opt-out arrived")
    assert time.monotonic() - began < SECONDS
    note = query(demo.folder, "SELECT note FROM group_member WHERE person_id = ?", person)
    assert ("Unsubscribed in MailChimp, after the campaign “Vacatures week 48”",) in note


def test_a_forged_post_changes_nothing(demo: DemoProcess, sent: str) -> None:
    _person, address = _recipients(demo)[0]
    _a_minute_passes(demo)  # and no look is left from a real call
    before, looks = opted_out_person_ids(demo.folder), _looks(demo)
    audience, (webhook,) = _webhooks(demo)
    forged = {"type": "unsubscribe", "data[email]": address, "data[list_id]": audience}
    assert requests.post(f"{demo.url}/cxmc/webhook/{'x' * 22}", data=forged).status_code == 404
    assert requests.post(webhook, data=forged).status_code == 403, "it is not signed"
    signed = {"X-Mailchimp-Signature": f"t={int(time.time())},v1={'0' * 64}"}
    assert requests.post(webhook, data=forged, headers=signed).status_code == 403
    assert (opted_out_person_ids(demo.folder), _looks(demo)) == (before, looks)
    assert _recipients(demo)[0][1] == address


def test_connecting_again_registers_no_second_one(demo: DemoProcess, sent: str) -> None:
    told = demo.flask("cxmc", "connect", "--key-stdin", text=DEMO_KEY)
    assert told.returncode == 0, told.stdout + told.stderr
    _audience, (webhook,) = _webhooks(demo)
    assert webhook.startswith(f"{demo.url}/cxmc/webhook/")
    assert "ok   MailChimp calls the webhook" in demo.flask("cxmc", "doctor", "--online").stdout
