"""Every remote call of every scenario, in order. A test compares this table with the real calls."""

from collections.abc import Mapping
from dataclasses import dataclass

_ACCOUNT = "GET /"
_LIST = "GET /lists/*"
_MEMBERS = "GET /lists/*/members"
_MEMBER = "GET /lists/*/members/*"
_MERGE = "PATCH /lists/*/members/*"
_PUSH = "POST /lists/*"
_SEGMENT = "POST /lists/*/segments"
_SEGMENT_FIND = "GET /lists/*/segments"
_SEGMENT_MORE = "POST /lists/*/segments/*"
_SEGMENT_READ = "GET /lists/*/segments/*/members"
_SEGMENT_DELETE = "DELETE /lists/*/segments/*"
_DRAFT = "POST /campaigns"
_FIND = "GET /campaigns"
_FILL = "PUT /campaigns/*/content"
_CAMPAIGN = "GET /campaigns/*"
_CONTENT = "GET /campaigns/*/content"
_CHECKLIST = "GET /campaigns/*/send-checklist"
_SEND = "POST /campaigns/*/actions/send"
_SCHEDULE = "POST /campaigns/*/actions/schedule"
_UNSCHEDULE = "POST /campaigns/*/actions/unschedule"
_DELETE = "DELETE /campaigns/*"
_FIELDS = "GET /lists/*/merge-fields"
_FIELD = "POST /lists/*/merge-fields"
_READ = ("GET /templates", _FIND, "GET /verified-domains")

# Who unsubscribed or was cleaned since the audience was last read.
_LEFT = (_MEMBERS, _MEMBERS)
_PEOPLE = (_ACCOUNT, *_LEFT, _LIST, _MEMBERS, _MERGE, _MEMBERS, _PUSH)
_TAIL = (_CHECKLIST, _CAMPAIGN)
_GO = (_SEND, _CAMPAIGN)

CALL_SEQUENCES: Mapping[str, tuple[str, ...]] = {
    "send": (*_PEOPLE, _SEGMENT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, *_GO),
    "schedule": (
        *_PEOPLE, _SEGMENT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, _ACCOUNT, _SCHEDULE, _CAMPAIGN,
    ),
    "resume send": (_ACCOUNT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, *_GO),
    "resume content": (_ACCOUNT, _SEGMENT_READ, _DRAFT, _FILL, _CONTENT, *_TAIL, *_GO),
    "resume schedule": (
        _ACCOUNT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, _ACCOUNT, _SCHEDULE, _CAMPAIGN,
    ),
    "unschedule": (
        _ACCOUNT, _CAMPAIGN, _UNSCHEDULE, _CAMPAIGN, _DELETE, _CAMPAIGN, _FIND, _SEGMENT_DELETE,
    ),
    "stop sending": (
        _ACCOUNT, _CAMPAIGN, _UNSCHEDULE, _CAMPAIGN, _DELETE, _CAMPAIGN, _FIND, _SEGMENT_DELETE,
    ),
    "delete": (_ACCOUNT, _CAMPAIGN, _DELETE, _CAMPAIGN, _FIND, _SEGMENT_DELETE),
    "check": (_ACCOUNT, *_LEFT, *_TAIL, *_GO),
    "retry": (_ACCOUNT, *_LEFT, _FIND, _FILL, *_TAIL, *_GO),
    "rebuild": (
        _ACCOUNT, *_LEFT, *_TAIL, _CAMPAIGN, _DELETE, _CAMPAIGN, _FIND, _SEGMENT_DELETE, _SEGMENT_FIND,
        _SEGMENT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, *_GO,
    ),
    "late opt-out check": (
        _ACCOUNT, *_LEFT, _CAMPAIGN, _UNSCHEDULE, _CAMPAIGN, _CAMPAIGN, _DELETE, _CAMPAIGN, _FIND,
        _SEGMENT_DELETE, _SEGMENT_FIND, _SEGMENT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, _ACCOUNT,
        _SCHEDULE, _CAMPAIGN,
    ),
    "one person": (
        _ACCOUNT, *_LEFT, _LIST, _MEMBER, _PUSH, _SEGMENT, _SEGMENT_READ, _DRAFT, _FILL, *_TAIL, *_GO,
    ),
    "batches": (
        *_PEOPLE, _PUSH, _SEGMENT, _SEGMENT_MORE, _SEGMENT_MORE, _SEGMENT_READ, _DRAFT, _FILL,
        *_TAIL, *_GO,
    ),
    "orphan sweep": (_FIND, _DELETE, _FIND),
    "connect": (
        _ACCOUNT, "GET /lists", "POST /lists", _FIELDS, _FIELD, _FIELD, _FIELD, _MEMBERS, _MEMBERS, *_READ,
        _FIND,
    ),
    "activate": (),
    "refresh": (*_READ, _FIND),
    "domain": ("POST /verified-domains", *_READ),
    "code": ("POST /verified-domains/*/actions/verify", *_READ),
    "sync": (
        _CONTENT, "GET /reports", _MEMBERS, _MEMBERS, "GET /reports/*/email-activity",
        "GET /reports/*/unsubscribed",
    ),
    "delivered": (
        _CAMPAIGN, _CONTENT, "GET /reports", _MEMBERS, _MEMBERS, "GET /reports/*/email-activity",
    ),
}  # fmt: skip

# Commits of each scenario from the press to its end: the points at which a worker can die.
COMMIT_COUNTS: Mapping[str, int] = {
    "send": 75,
    "schedule": 77,
    "resume send": 50,
    "resume content": 52,
    "resume schedule": 52,
    "unschedule": 31,
    "stop sending": 48,
    "delete": 23,
    "check": 33,
    "retry": 41,
    "rebuild": 84,
    "late opt-out check": 95,
    "orphan sweep": 41,
    "one person": 69,
    "batches": 81,
    "connect": 49,
    "activate": 14,
    "refresh": 17,
    "domain": 16,
    "code": 16,
    "sync": 19,
    "delivered": 18,
}


@dataclass(frozen=True)
class CallSite:
    """The `number`th remote call of a scenario, and the `nth` to its route, both from 1."""

    scenario: str
    number: int
    route: str
    nth: int

    def __str__(self) -> str:
        times = CALL_SEQUENCES[self.scenario].count(self.route)
        which = f" ({self.nth} of {times})" if times > 1 else ""
        return f"{self.scenario} {self.number}: {self.route}{which}"


def call_sites(scenario: str) -> tuple[CallSite, ...]:
    calls = CALL_SEQUENCES[scenario]
    return tuple(
        CallSite(scenario, number, match, calls[:number].count(match))
        for number, match in enumerate(calls, start=1)
    )
