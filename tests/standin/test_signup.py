"""Who subscribes themselves: the confirmation that MailChimp mails, and the signup form."""

import re

import pytest
import requests

from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.models import subscriber_hash
from tests.standin.client import StandinClient
from tests.standin.pages import post

ANNA = "anna@people.example"


def left(standin: StandinServer, client: StandinClient, by: str = "user") -> tuple[str, str]:
    """An audience with one member who unsubscribed, and the member's path."""
    list_id = client.create_audience()
    client.subscribe(list_id, [ANNA])
    standin.actions.set_status(list_id, ANNA, "unsubscribed", by)
    return list_id, f"/lists/{list_id}/members/{ANNA}"


def service_mails(standin: StandinServer) -> list[str]:
    return [mail.html for mail in standin.outbox.mails(kind="service")]


def test_pending_mails_a_confirmation_once_and_its_link_subscribes(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id, path = left(standin, client, "admin")
    body = {"email_address": ANNA, "status": "pending"}
    for _ in range(2):
        assert client.ok("PUT", path, body)["status"] == "pending"
    (mail,) = service_mails(standin)
    assert re.search(rf'href="/confirm/{list_id}/[0-9a-f]+"', mail)
    assert standin.state.resubscribed == [], "nobody is subscribed yet"
    standin.actions.confirm(list_id, ANNA)
    assert client.ok("GET", path)["status"] == "subscribed"
    assert standin.state.resubscribed == [], "it was their own act"


@pytest.mark.parametrize(
    ("choice", "status"), [("accepted", "pending"), ("ignored", "unsubscribed")]
)
def test_what_a_live_account_does_is_a_switch(
    standin: StandinServer, client: StandinClient, choice: str, status: str
) -> None:
    _, path = left(standin, client)
    body = {"email_address": ANNA, "status": "pending"}
    assert client.problem("PUT", path, body)[1] == "Member In Compliance State"
    standin.state.switches.change({"resubscribe": choice})
    assert client.ok("PUT", path, body)["status"] == status
    assert len(service_mails(standin)) == (status == "pending")


def test_the_signup_form_works_for_everybody(standin: StandinServer, client: StandinClient) -> None:
    list_id, path = left(standin, client)
    assert client.ok("GET", f"/lists/{list_id}")["subscribe_url_long"].endswith(list_id)
    standin.actions.sign_up(list_id, ANNA)
    assert client.ok("GET", path)["status"] == "subscribed"
    standin.actions.delete_member(list_id, ANNA)
    standin.actions.sign_up(list_id, ANNA)
    assert client.ok("GET", path)["status"] == "subscribed"


def test_the_signup_form_takes_an_international_domain_and_the_api_does_not(
    standin: StandinServer, client: StandinClient
) -> None:
    list_id = client.create_audience(0)
    typed, sent = "daan@müller.example", "daan@xn--mller-kva.example"
    for address in (typed, sent):
        post(standin, f"/subscribe/{list_id}", address=address)
    members = client.ok("GET", f"/lists/{list_id}/members")["members"]
    assert [row["email_address"] for row in members] == [sent]
    body = {"email_address": typed, "status": "pending"}
    path = f"/lists/{list_id}/members/{subscriber_hash(typed)}"
    assert client.problem("PUT", path, body)[1] == "Invalid Resource"


def test_what_is_no_address_is_refused_by_the_signup_form(
    standin: StandinServer, client: StandinClient
) -> None:
    path = f"{standin.root}/subscribe/{client.create_audience()}"
    for wrong in ("", "daan", "daan@", "daan@müller..example", "daan@☃.example"):
        assert requests.post(path, data={"address": wrong}, timeout=5).status_code == 400, wrong
