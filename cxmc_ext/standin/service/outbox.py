"""All mails that were sent, kept even when their campaign is deleted, and rendered when they are read."""

from collections.abc import Iterator
from dataclasses import dataclass

from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Delivery, Dispatch, Json
from cxmc_ext.standin.service.mail_body import render_merge_tags


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivered mail, with the recipient's values in subject and body.

    `campaign` is the campaign's id, `sender` the address it comes from, `time` an ISO 8601 time and `kind`
    campaign, test or service.
    """

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
        unsubscribe_url = f"/unsubscribe/{self.campaign or 'none'}/{self.delivery.member_id}"
        values = self.delivery.merge_fields | {"UNSUB": unsubscribe_url}
        return render_merge_tags(self.dispatch.html, self.address, values)

    def as_json(self, with_html: bool = True) -> Json:
        body: Json = {
            "campaign": self.campaign,
            "address": self.address,
            "subject": self.subject,
            "from_name": self.from_name,
            "from": self.sender,
            "time": self.time,
            "kind": self.kind,
        }
        return body | ({"html": self.html} if with_html else {})


class Outbox:
    """Sent mails. Iterating gives campaign mails only; test and service mails must be asked for."""

    def __init__(
        self, dispatches: list[Dispatch] | None = None, deliveries: list[Delivery] | None = None
    ) -> None:
        self.dispatches = dispatches or []
        self.deliveries = deliveries or []

    def __iter__(self) -> Iterator[Mail]:
        return iter(self.mails())

    def __len__(self) -> int:
        return len(self.mails())

    def add_dispatch(self, dispatch: Dispatch) -> Dispatch:
        """Stores a dispatch and gives it its id."""
        dispatch.id = len(self.dispatches)
        self.dispatches.append(dispatch)
        return dispatch

    def mails(self, campaign: str = "", kind: str = "campaign") -> list[Mail]:
        """Mails in the order they were sent.

        Args:
            campaign: A campaign's id; "" gives the mails of all campaigns.
            kind: campaign, test or service; "" gives all kinds.
        """
        dispatch_ids = {
            dispatch.id
            for dispatch in self.dispatches
            if campaign in ("", dispatch.campaign_id) and kind in ("", dispatch.kind)
        }
        return [
            self.mail_of(delivery)
            for delivery in self.deliveries
            if delivery.dispatch_id in dispatch_ids
        ]

    def addresses(self, campaign: str = "") -> list[str]:
        """The addresses of campaign mails, in the order they were sent."""
        return [mail.address for mail in self.mails(campaign)]

    def mail_of(self, delivery: Delivery) -> Mail:
        """One mail, with the recipient's values."""
        dispatch = self.dispatches[delivery.dispatch_id]
        return Mail(
            dispatch.campaign_id,
            delivery.address,
            render_merge_tags(
                dispatch.subject, delivery.address, delivery.merge_fields, escaped=False
            ),
            dispatch.from_name,
            dispatch.reply_to,
            iso(dispatch.time),
            dispatch.kind,
            dispatch,
            delivery,
        )
