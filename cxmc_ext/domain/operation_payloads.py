"""What an operation keeps between its steps: one frozen dataclass per kind, stored as JSON in its row.

Steps read `context.payload` and change it with `context.commit_progress(field=value)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Audience, RemoteAccount
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.problems import Problem, problem_from_json


def _json(decode: Callable[[Any], Any] | None = None, *, secret: bool = False) -> dict[str, Any]:
    """Metadata of a field that does not come back from JSON as it went in, or that is secret.

    Args:
        decode: Makes the value from its JSON; not called for null.
        secret: The field is deleted when the operation ends.
    """
    return {"decode": decode, "secret": secret}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Base class, and the payload of kinds that need none."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Json]) -> Self:
        """Builds a payload from its stored form; unknown fields are ignored, missing ones get a default."""
        values: dict[str, Any] = {}
        for attribute in fields(cls):
            if attribute.name in stored:
                decode, value = attribute.metadata.get("decode"), stored[attribute.name]
                values[attribute.name] = value if decode is None or value is None else decode(value)
        return cls(**values)

    def to_json(self) -> dict[str, Json]:
        """The payload as it is stored."""
        return {
            attribute.name: _encode(getattr(self, attribute.name)) for attribute in fields(self)
        }

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Names of the fields that are deleted when the operation ends."""
        return frozenset(
            attribute.name for attribute in fields(cls) if attribute.metadata.get("secret")
        )

    @property
    def own_key(self) -> str:
        """The sealed API key this operation uses instead of the account's; empty for most kinds."""
        return ""


def _encode(value: Any) -> Any:
    if isinstance(value, Problem):
        return value.to_json()
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


class SendRequest(StrEnum):
    """Whether MailChimp was asked to send or schedule the campaign."""

    NOT_MADE = "not_made"
    UNKNOWN = "unknown"
    """It was asked and did not answer, or an earlier operation may have asked."""
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPayload(Payload):
    """For operations that delete a MailChimp campaign."""

    deleted_remote_id: str = ""
    """The campaign this operation asked MailChimp to delete, after reading that it was a draft."""
    missing_remote_id: str = ""
    """The campaign that MailChimp answered 404 for once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingPayload(DraftPayload):
    """For operations that build, send or remove the MailChimp campaign of a mailing."""

    create_requested_at: int | None = None
    """When the creation of the draft was last requested."""
    send_request: SendRequest = field(default=SendRequest.UNKNOWN, metadata=_json(SendRequest))
    lagging_since: int | None = None
    """Since when recipients are missing in MailChimp's listing of the segment, or in its count."""
    unscheduled: bool = False
    """This operation took the campaign off MailChimp's schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReschedulePayload(MailingPayload):
    """For another time of a scheduled campaign."""

    new_time: int = 0
    old_time: int = 0
    refusal: Problem | None = field(default=None, metadata=_json(problem_from_json))
    """Why MailChimp refused the new time: the campaign goes back to the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowawayPayload(DraftPayload):
    """For a test mail or a preview: the form's values, and what was created at MailChimp for it."""

    title: str = ""
    template_id: int = 0
    design_id: str = ""
    """The campaign whose design is used instead of a template."""
    subject: str = ""
    preview_text: str = ""
    from_name: str = ""
    from_email: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    """The edited regions of the template."""
    addresses: tuple[str, ...] = field(default=(), metadata=_json(tuple, secret=True))
    """Where the test mail goes."""
    address_count: int = 0
    list_id: str = ""
    """The audience of the empty segment, from when its creation was requested."""
    segment_id: int | None = None
    create_requested_at: int | None = None
    draft_id: str = ""
    has_unconfirmed_creation: bool = False
    """A creation got no answer: what it created may still appear at MailChimp."""
    mail_requested: bool = False
    failure: Problem | None = field(default=None, metadata=_json(problem_from_json))
    """Why it failed; reported once the draft is gone again."""


def _remote_account(stored: Mapping[str, Any]) -> RemoteAccount:
    return RemoteAccount(**stored)


def _audience(stored: Mapping[str, Any]) -> Audience:
    return Audience(**stored)


def _audience_fields(stored: list[Mapping[str, Any]]) -> tuple[AudienceField, ...]:
    return tuple(map(AudienceField.from_json, stored))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPayload(Payload):
    """For “Initialize”: the key to try, and what the steps found out with it."""

    sealed_key: str = field(default="", metadata=_json(secret=True))
    datacenter: str = ""
    key_tail: str = ""
    """"" for a login."""
    sealed_code: str = field(default="", metadata=_json(secret=True))
    """The code of a login, until it is exchanged for the key."""
    redirect_uri: str = ""
    """Where the login page sent the browser; MailChimp compares it."""
    audience_id: str = ""
    """The audience that the user chose, if any."""
    remote_account: RemoteAccount | None = field(default=None, metadata=_json(_remote_account))
    audience: Audience | None = field(default=None, metadata=_json(_audience))
    contacts_used: int = 0
    """Contacts in all audiences."""
    opt_out_forwarding: str = ""
    """An `OptOutForwarding` to begin with; "" leaves it as it is."""
    audience_requested_at: int | None = None
    """When the creation of the audience was last requested."""
    merge_fields: tuple[AudienceField, ...] = field(default=(), metadata=_json(_audience_fields))
    """All fields of the audience, with those that this operation added."""
    opt_outs_reported: int = 0
    """Members of the audience who unsubscribed or were cleaned."""
    opt_outs_known: int = 0
    """Of these, how many were known before."""

    @property
    def own_key(self) -> str:
        """The encrypted key that is being tried."""
        return self.sealed_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationPayload(Payload):
    """For “Activate” and “Create the groups again”."""

    restores: bool = False
    """An opt-out group is new, and not everybody who is known to have opted out is in it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnschedulePayload(Payload):
    """For “Stop all sending”, and “Deactivate” while campaigns are scheduled.

    Campaigns are given as ids of our mailings.
    """

    left_scheduled: tuple[int, ...] = field(default=(), metadata=_json(tuple))
    """Campaigns that the administrator leaves to MailChimp."""
    requested: tuple[int, ...] = field(default=(), metadata=_json(tuple))
    """Campaigns whose removal from the schedule was requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsPayload(Payload):
    """For work on the members of the audience: archiving unused ones, forwarding opt-outs."""

    list_id: str = ""
    before: int = 0
    """For “Archive”: contacts count as unused if no mailing has addressed them since."""
    done: int = 0
    """How many were archived or unsubscribed."""
    after: str = ""
    """Hex of the member hash up to which everything is done."""
    pending: tuple[str, ...] = field(default=(), metadata=_json(tuple))
    """Members who are being archived at the moment."""
    is_audience_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDomainPayload(Payload):
    """For the verification of a sender's domain."""

    domain: str = ""
    email: str = ""
    code: str = ""


class ErasedAddress(NamedTuple):
    """An address to erase, without the address: hex of MailChimp's member id and of our digest."""

    member_hash: str
    digest: str


def _erased_addresses(stored: list[list[str]]) -> tuple[ErasedAddress, ...]:
    return tuple(ErasedAddress(*pair) for pair in stored)


def _person_ref(stored: Mapping[str, str]) -> PersonRef:
    return PersonRef(PersonKind(stored["kind"]), stored["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePayload(Payload):
    """For the erasure of a person."""

    addresses: tuple[ErasedAddress, ...] = field(
        default=(), metadata=_json(_erased_addresses, secret=True)
    )
    person: PersonRef | None = field(default=None, metadata=_json(_person_ref, secret=True))
    calls_in_flight: bool = False
    """Calls that may write the address back were running when the erasure was requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPayload(Payload):
    """For inviting back somebody who opted out."""

    person: PersonRef | None = field(default=None, metadata=_json(_person_ref, secret=True))
    address: str = field(default="", metadata=_json(secret=True))
    is_requested: bool = False
    """MailChimp was asked to mail a confirmation; its answer may have been lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPayload(Payload):
    """For a new Host campaign made from a report."""

    group: str = ""
    mailing_id: int = 0
    """The mailing it follows, where a worker creates the campaign."""
    title: str = ""
    """The title of the new campaign, where a worker creates it."""
    campaign_ref: str = ""
    """The new campaign; empty until it exists."""
    people: int = 0
    """How many people the Host was given for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPayload(Payload):
    """For “Import”: what is done, and how far it is with the campaign it is reading."""

    imported: int = 0
    """How many campaigns it has imported."""
    remote_id: str = ""
    """The campaign whose recipients are being read."""
    offset: int = 0
    """How many of them are stored."""
    unreadable: tuple[str, ...] = field(default=(), metadata=_json(tuple))
    """Campaigns that MailChimp does not show; the next import tries them again."""
