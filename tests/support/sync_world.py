"""Sent campaigns, what their recipients do at MailChimp, and what our tables hold of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, DEMO_LIST, StandinServer
from cxmc_ext.standin.models import Campaign as RemoteCampaign
from cxmc_ext.standin.models import CampaignRecipient
from cxmc_ext.standin.service import engagement, membership
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.environment import Environment


def subscriber_hash(address: str) -> str:
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass
class SyncWorld(Environment):
    """An account connected to the demo account of MailChimp, without having pressed any button."""

    services: Services
    standin: StandinServer
    host: MemoryHost
    clock: Any

    def connect(self) -> "SyncWorld":
        """Writes the row of a connected account."""
        session = self.services.session()
        account = accounts.get_or_create(session, self.services.account_ref)
        account.state = "active"
        account.sealed_key = api_keys.seal(self.services, account.id, DEMO_KEY)
        account.list_id = DEMO_LIST
        account.unsubscribes_cursor = self.services.clock()
        session.commit()
        self.host.ensure_opt_out_groups(OPT_OUT_TAG, dict.fromkeys(PersonKind, ""))
        return self

    # At MailChimp.

    def remote_campaign(self, mailing: int) -> RemoteCampaign:
        return self.remote_account.campaigns[self.mailing(mailing).remote_id or ""]

    def record_opens(self, mailing: int, address: str, at: int, times: int = 1) -> None:
        """With `times` > 1 several opens within one second, which MailChimp lists separately."""
        with self.standin.state.lock:
            campaign = self.remote_campaign(mailing)
            assert engagement.record_open(campaign, subscriber_hash(address), at)
            outcome = campaign.recipients[subscriber_hash(address)]
            outcome.activity += [dict(outcome.activity[-1]) for _ in range(times - 1)]
            campaign.totals["opens"] += times - 1

    def record_click(self, mailing: int, address: str, url: str, at: int) -> None:
        with self.standin.state.lock:
            assert engagement.record_click(
                self.remote_campaign(mailing), subscriber_hash(address), url, at
            )

    def record_bounce(self, mailing: int, address: str, at: int, kind: str = "soft") -> None:
        state = self.standin.state
        with state.lock:
            campaign = self.remote_campaign(mailing)
            assert engagement.record_bounce(
                state, self.remote_account, campaign, subscriber_hash(address), kind, at
            )

    def record_unsubscribe(self, mailing: int, address: str, at: int | None = None) -> None:
        state = self.standin.state
        with state.lock:
            moment = at or state.clock.now()
            campaign = self.remote_campaign(mailing)
            assert engagement.record_unsubscribe(
                state, self.remote_account, campaign, subscriber_hash(address), "", moment
            )

    def record_complaint(self, mailing: int, address: str) -> None:
        """The recipient marks the mail as spam."""
        state = self.standin.state
        with state.lock:
            assert engagement.record_complaint(
                state,
                self.remote_account,
                self.remote_campaign(mailing),
                subscriber_hash(address),
                state.clock.now(),
            )

    def unsubscribe_elsewhere(self, address: str) -> None:
        """Unsubscribes by another way than the link of a campaign."""
        state, audience = self.standin.state, self.remote_account.lists[DEMO_LIST]
        with state.lock:
            member = audience.members[subscriber_hash(address)]
            membership.set_status(state, audience, member, "unsubscribed", "admin")

    # In our tables.

    def add_sent_mailing(self, *addresses: str, title: str = "Vacatures", ago: int = 600) -> int:
        """A campaign sent `ago` seconds ago to a new candidate of each address; returns its id."""
        ref = self.host.add_campaign(title)
        now = self.services.clock()
        remote = self.add_remote_draft(title, now - ago)
        self.deliver(remote, addresses, now - ago)
        session = self.services.session()
        mailing = Mailing(
            account_id=accounts.get_or_create(session, self.services.account_ref).id,
            campaign_ref=ref,
            campaign_title=title,
            state="sent",
            remote_id=remote,
            remote_status="sent",
            remote_created_at=now - ago,
            sent_at=now - ago,
            next_sync_at=now,
        )
        session.add(mailing)
        session.flush()
        for address in addresses:
            session.add(_row(mailing.id, address, self.host.add_person(address)))
        session.commit()
        return mailing.id

    def copy_mailing(self, mailing: int) -> int:
        """A second campaign with the same state, here and at MailChimp; returns its id."""
        original, remote_original = self.mailing(mailing), self.remote_campaign(mailing)
        remote = self.add_remote_draft("Copy", remote_original.create_time)
        with self.standin.state.lock:
            copy = self.remote_account.campaigns[remote]
            copy.status, copy.send_time = remote_original.status, remote_original.send_time
            copy.emails_sent = remote_original.emails_sent
            copy.recipients = dict(remote_original.recipients)
        columns = Mailing.__table__.columns
        values = {column.name: getattr(original, column.name) for column in columns}
        del values["id"]
        session = self.services.session()
        twin = Mailing(**values | {"campaign_ref": f"copy {remote}", "remote_id": remote})
        session.add(twin)
        session.commit()
        return twin.id

    def add_remote_draft(self, title: str, at: int) -> str:
        state = self.standin.state
        with state.lock:
            remote = state.new_id()
            self.remote_account.campaigns[remote] = RemoteCampaign(
                remote,
                state.new_number(),
                "regular",
                at,
                list_id=DEMO_LIST,
                settings={"title": title},
            )
        return remote

    def deliver(self, remote: str, addresses: Sequence[str], at: int) -> None:
        """MailChimp mails the campaign; who is no member yet becomes one."""
        state, audience = self.standin.state, self.remote_account.lists[DEMO_LIST]
        with state.lock:
            campaign = self.remote_account.campaigns[remote]
            campaign.status, campaign.send_time = "sent", at
            campaign.emails_sent = len(addresses)
            for address in addresses:
                if subscriber_hash(address) not in audience.members:
                    membership.add(state, audience, {"email_address": address}, "subscribed")
                campaign.recipients[subscriber_hash(address)] = CampaignRecipient(address, {})

    def add_recipient(self, mailing: int, address: str, ref: PersonRef, **values: Any) -> int:
        session = self.services.session()
        row = _row(mailing, address, ref, **values)
        session.add(row)
        session.commit()
        return row.id

    def sync(self, mailing: int, after: int = 0) -> None:
        """Runs a sync turn as if the mailing came due `after` seconds from now."""
        self.advance(after)
        session = self.services.session()
        session.execute(
            update(Mailing).where(Mailing.id == mailing).values(next_sync_at=self.services.clock())
        )
        session.execute(update(Account).values(change_checked_at=1))
        session.commit()
        sync_turn.run(self.services, mailing)

    def advance(self, seconds: int) -> None:
        """Lets time pass, here and at MailChimp."""
        self.standin.state.advance(seconds)

    def mailing(self, mailing: int) -> Mailing:
        return self.fetch_one(select(Mailing).where(Mailing.id == mailing))

    def update_mailing(self, mailing: int, **values: Any) -> None:
        """Changes columns of a mailing's row."""
        session = self.services.session()
        session.execute(update(Mailing).where(Mailing.id == mailing).values(**values))
        session.commit()

    def events(self, mailing: int) -> list[tuple[str, str, int, str, int]]:
        """(address, kind, time, url, occurrence), sorted."""
        rows = self.services.session().execute(
            select(Recipient.address, Event.kind, Event.at, ClickedLink.url, Event.occurrence)
            .join(Recipient, Recipient.id == Event.recipient_id)
            .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
            .where(Event.mailing_id == mailing)
        )
        return sorted(
            (address, EventStatus(kind).name.lower(), at, url or "", occurrence)
            for address, kind, at, url, occurrence in rows
        )

    def event_kinds(self, mailing: int, address: str) -> list[str]:
        return [kind for recipient, kind, *_ in self.events(mailing) if recipient == address]

    def statuses(self, mailing: int) -> dict[str, list[str]]:
        """By address the status of each of its rows."""
        rows = self.services.session().execute(
            select(Recipient.address, Recipient.status)
            .where(Recipient.mailing_id == mailing)
            .order_by(Recipient.id)
        )
        by_address: dict[str, list[str]] = {}
        for address, status in rows:
            by_address.setdefault(address, []).append(EventStatus(status).name.lower())
        return by_address

    def status(self, mailing: int, address: str) -> str:
        (status,) = self.statuses(mailing)[address]
        return status

    def take_request_counts(self) -> dict[str, int]:
        """Requests to the stand-in by route since the last call of this method."""
        routes = dict(self.standin.state.requests.routes)
        self.standin.state.requests.clear()
        return routes


def _row(mailing: int, address: str, ref: PersonRef, **values: Any) -> Recipient:
    return Recipient(
        mailing_id=mailing,
        person_kind=ref.kind,
        person_id=ref.id,
        name=f"Person {ref.id}",
        address=address.lower(),
        member_hash=bytes.fromhex(subscriber_hash(address)),
        **values,
    )
