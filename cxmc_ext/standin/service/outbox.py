"""Every mail that left the stand-in, kept even when its campaign is deleted; rendered on demand."""

from collections.abc import Iterator
from dataclasses import dataclass

from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Delivery, Dispatch, Json
from cxmc_ext.standin.service.mail_body import render_merge_tags


@dataclass(frozen=True, slots=True)
class Mail:
    """One delivered mail as a test or a page wants to see it."""

    campaign: str
    address: str
    subject: str
    from_name: str
    sender: str
    time: str
    kind: str
    dispatch: Dispatch
    delivery: Delivery

    @property
    def html(self) -> str:
        leave = f"/unsubscribe/{self.campaign or 'none'}/{self.delivery.member_id}"
        values = self.delivery.merge_fields | {"UNSUB": leave}
        return render_merge_tags(self.dispatch.html, self.address, values)

    def as_json(self, with_html: bool = True) -> Json:
        shown: Json = {
            "campaign": self.campaign,
            "address": self.address,
            "subject": self.subject,
            "from_name": self.from_name,
            "from": self.sender,
            "time": self.time,
            "kind": self.kind,
        }
        return shown | ({"html": self.html} if with_html else {})


class Outbox:
    """Iterating it gives campaign mails only; test and verification mails must be asked for."""

    def __init__(
        self, mailings: list[Dispatch] | None = None, deliveries: list[Delivery] | None = None
    ) -> None:
        self.dispatches = mailings or []
        self.deliveries = deliveries or []

    def __iter__(self) -> Iterator[Mail]:
        return iter(self.mails())

    def __len__(self) -> int:
        return len(self.mails())

    def add_dispatch(self, mailing: Dispatch) -> Dispatch:
        mailing.id = len(self.dispatches)
        self.dispatches.append(mailing)
        return mailing

    def mails(self, campaign: str = "", kind: str = "campaign") -> list[Mail]:
        """Oldest first; kind "" gives every kind."""
        wanted = {
            each.id
            for each in self.dispatches
            if campaign in ("", each.campaign_id) and kind in ("", each.kind)
        }
        return [self._mail(each) for each in self.deliveries if each.dispatch_id in wanted]

    def addresses(self, campaign: str = "") -> list[str]:
        return [mail.address for mail in self.mails(campaign)]

    def _mail(self, delivery: Delivery) -> Mail:
        mailing = self.dispatches[delivery.dispatch_id]
        subject = render_merge_tags(
            mailing.subject, delivery.address, delivery.merge_fields, escaped=False
        )
        return Mail(
            mailing.campaign_id,
            delivery.address,
            subject,
            mailing.from_name,
            mailing.reply_to,
            iso(mailing.time),
            mailing.kind,
            mailing,
            delivery,
        )
