"""Every method of the port against a MailChimp that keeps state: from key to report."""

from hashlib import md5

import pytest

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import (
    Audience,
    Draft,
    NewAudience,
    NewMember,
    RemoteCampaign,
    Segment,
)
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.standin import DEMO_KEY, DISABLED_KEY, StandinServer

ANNA, BEN, EVE, STRANGER = (
    f"{name}@cedarstaffing.example" for name in ("anna", "ben", "eve", "stranger")
)


@pytest.fixture
def api(standin: StandinServer) -> MailChimp:
    return connected(standin, DEMO_KEY)


def connected(standin: StandinServer, key: str) -> MailChimp:
    settings = read_settings({"CXMC_API_ROOT": standin.url})
    return client_factory(settings, LocalLimiter(8))(key, 1)


def test_a_disabled_key_is_refused(standin: StandinServer) -> None:
    with pytest.raises(KeyRefused):
        connected(standin, DISABLED_KEY).account()


def member_hash(address: str) -> str:
    return md5(address.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def audience(api: MailChimp) -> Audience:
    account = api.account()
    return api.create_audience(
        NewAudience("Master List", account.contact, "A client.", account.name, account.email)
    )


@pytest.fixture
def segment(api: MailChimp, audience: Audience) -> Segment:
    """Anna and Ben, out of three members."""
    api.subscribe_members(audience.id, [NewMember(a, {"FNAME": a[:3]}) for a in (ANNA, BEN, EVE)])
    segment = api.create_segment(audience.id, "cx one", [ANNA])
    assert api.add_to_segment(audience.id, segment.id, [BEN, STRANGER]).success_count == 1
    return segment


@pytest.fixture
def draft(api: MailChimp, audience: Audience, segment: Segment) -> RemoteCampaign:
    """Ready to send."""
    sender = api.account().email
    made = api.create_campaign(Draft(audience.id, segment.id, "T [tok]", "News", "Rosa", sender))
    api.set_template(made.id, next(t for t in api.templates() if t.usable).id)
    return made


def test_the_account_has_an_owner_and_the_servers_time(
    api: MailChimp, standin: StandinServer
) -> None:
    account = api.account()
    assert account.role == "owner"
    assert account.server_time is not None
    assert abs(account.server_time - int(standin.state.clock.now())) < 60


def test_an_audience_is_created_and_found_again(api: MailChimp, audience: Audience) -> None:
    assert api.audience(audience.id) == audience
    assert audience in api.audiences().items
    assert "FNAME" in {field.tag for field in api.merge_fields(audience.id)}
    new = AudienceField("SIZE", "Size", "dropdown", "S", choices=("S", "M"))
    api.add_merge_field(audience.id, new)
    assert new in api.merge_fields(audience.id)


def test_members_are_subscribed_once_and_read(
    api: MailChimp, audience: Audience, segment: Segment
) -> None:
    again = api.subscribe_members(audience.id, [NewMember(ANNA, {})])
    assert again.success_count == 0
    assert [(e.address, e.code) for e in again.errors] == [(ANNA, "ERROR_CONTACT_EXISTS")]
    api.update_merge_values(audience.id, member_hash(ANNA), {"FNAME": "Anna"})
    found = api.member(audience.id, member_hash(ANNA))
    assert found is not None
    assert (found.address, found.status, found.merge_values["FNAME"]) == (
        ANNA,
        "subscribed",
        "Anna",
    )
    assert api.member(audience.id, member_hash(STRANGER)) is None
    assert {m.address for m in api.members_page(audience.id, 0)} == {ANNA, BEN, EVE}


def test_long_collections_are_read_to_their_end(api: MailChimp, audience: Audience) -> None:
    addresses = [f"p{n}@cedarstaffing.example" for n in range(2000)]
    for start in range(0, 2000, 500):
        lot = [NewMember(address, {}) for address in addresses[start : start + 500]]
        assert api.subscribe_members(audience.id, lot).success_count == 500
    pages = [api.members_page(audience.id, offset) for offset in (0, 1000, 2000)]
    assert [len(page) for page in pages] == [1000, 1000, 0]
    assert {m.address for page in pages for m in page} == set(addresses)
    assert len(list(api.members_changed(audience.id, "subscribed", 0))) == 2000
    assert list(api.members_changed(audience.id, "unsubscribed", 0)) == []


def test_a_segment_contains_only_members(
    api: MailChimp, audience: Audience, segment: Segment
) -> None:
    found = api.find_segment(audience.id, "cx one")
    assert found is not None
    assert found.id == segment.id
    assert api.find_segment(audience.id, "cx on") is None
    assert {m.address for m in api.segment_page(audience.id, segment.id, 0)} == {ANNA, BEN}
    api.delete_segment(audience.id, segment.id)
    api.delete_segment(audience.id, segment.id)
    assert api.find_segment(audience.id, "cx one") is None


def test_a_draft_addresses_its_segment_and_is_found_by_its_title(
    api: MailChimp, segment: Segment, draft: RemoteCampaign
) -> None:
    assert (draft.segment_id, draft.recipient_count, draft.status) == (segment.id, 2, "save")
    recent = api.recent_campaigns((draft.create_time or 0) - 300)
    assert next(c.id for c in recent if c.title == "T [tok]") == draft.id
    assert api.campaign_html(draft.id)
    assert api.campaign(draft.id).template_id is not None
    assert api.checklist(draft.id).ready


def test_a_campaign_is_scheduled_and_unscheduled(
    api: MailChimp, draft: RemoteCampaign, standin: StandinServer
) -> None:
    at = (int(standin.state.clock.now()) // 900 + 2) * 900
    api.schedule(draft.id, at)
    planned = api.campaign(draft.id)
    assert (planned.status, planned.send_time) == ("schedule", at)
    api.unschedule(draft.id)
    assert api.campaign(draft.id).status == "save"
    api.delete_campaign(draft.id)
    api.delete_campaign(draft.id)
    with pytest.raises(NotFound):
        api.campaign(draft.id)


def test_a_sent_campaign_has_a_report(
    api: MailChimp, draft: RemoteCampaign, standin: StandinServer
) -> None:
    began = int(standin.state.clock.now())
    api.send(draft.id)
    with pytest.raises(Refused):
        api.send(draft.id)
    standin.state.advance(3600)
    assert api.campaign(draft.id).status == "sent"
    line = next(line for line in api.report_summaries(began - 300) if line.id == draft.id)
    assert line.emails_sent == 2
    assert api.report(draft.id).summary.fingerprint() == line.fingerprint()
    page = api.activity_page(draft.id, 0, None)
    assert page.total == 2
    assert {row.hash for row in page.rows} == {member_hash(ANNA), member_hash(BEN)}
    assert api.activity_page(draft.id, 1000, began).rows == ()
    assert api.unsubscribes_page(draft.id, 0) == ()
    assert api.link_clicks(draft.id) is not None


def test_a_sender_domain_is_verified_by_mail(api: MailChimp, standin: StandinServer) -> None:
    api.request_domain_verification("me@anotherone.example")
    (found,) = [d for d in api.sender_domains() if d.domain == "anotherone.example"]
    assert (found.verified, found.mail_sent) == (False, True)
    with pytest.raises(MailChimpError):
        api.verify_domain("anotherone.example", "wrong")
