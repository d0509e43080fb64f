"""What happens in the world while a campaign is being made, by other hands than ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxmc_ext.domain.values import Right
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY
from cxmc_ext.standin.cast import subscriber_hash
from cxmc_ext.standin.model import Audience, Campaign
from cxmc_ext.usecases import activate, keyring
from tests.faults import people
from tests.faults.lab import Lab
from tests.faults.people import STRANGER, WANTED

ANNA, BRAM, CARLA = WANTED
SENT = ("sending", "sent")
SEND = "POST /campaigns/*/actions/send"


@dataclass(frozen=True)
class Change:
    """`ends`: where the mailing may stand afterwards; `closed`: who must not be mailed if it came in time."""

    act: Callable[[Lab], None]
    ends: tuple[str, ...] = SENT
    closed: tuple[str, ...] = ()
    until: str = ""
    """The call from which on it cannot be seen any more: MailChimp knows no conditional send."""
    frozen: bool = False
    """Concerns who is in the campaign: before they are frozen it is no change."""


def draft(lab: Lab) -> Campaign | None:
    return next((each for each in lab.there.campaigns.values() if each.status == "save"), None)


def _leave(address: str, status: str) -> Callable[[Lab], None]:
    def leave(lab: Lab) -> None:
        found = _audience(lab)
        member = found.members.get(subscriber_hash(address))
        if member is None:
            people.become_member(lab, found, address, status)
        else:
            member.status = status

    return leave


def _opt_out(*addresses: str) -> Callable[[Lab], None]:
    def act(lab: Lab) -> None:
        for address in addresses:
            people.opt_out(lab, address)

    return act


def _delete_template(lab: Lab) -> None:
    lab.there.templates.pop("10001")


def _delete_audience(lab: Lab) -> None:
    lab.there.lists.pop(_audience(lab).id)


def _delete_draft(lab: Lab) -> None:
    found = draft(lab)
    if found is not None:
        del lab.there.campaigns[found.id]


def _send_by_hand(lab: Lab) -> None:
    found = draft(lab)
    if found is not None and found.html:
        lab.patient(DEMO_KEY, 9).send(found.id)


def _schedule_by_hand(lab: Lab) -> None:
    found = draft(lab)
    if found is not None and found.html:
        at = (lab.services.clock() // 900 + 40) * 900
        lab.patient(DEMO_KEY, 9).schedule(found.id, at)


def _edit_subject(lab: Lab) -> None:
    found = draft(lab)
    if found is not None:
        found.settings["subject_line"] = "Van de hand van Rosa"


def _widen(lab: Lab) -> None:
    """The draft is pointed at the whole audience."""
    found = draft(lab)
    if found is not None:
        found.segment_opts, found.target = {}, {}


def _add_stranger(lab: Lab) -> None:
    """Somebody else's hand puts a subscriber of the audience into our segment."""
    for segment in _audience(lab).segments.values():
        segment.members[subscriber_hash(STRANGER)] = 0


def _revoke_key(lab: Lab) -> None:
    lab.standin.state.keys[DEMO_KEY].state = "disabled"


def _other_account(lab: Lab) -> None:
    with lab.aside() as session:
        account = lab.account_in(session)
        account.key_sealed = keyring.seal(lab.services, account.id, OTHER_KEY)
        session.commit()


def _deactivate(lab: Lab) -> None:
    with lab.aside():
        activate.deactivate(lab.services, lab.host.users["admin"][0])


def _lose_right(lab: Lab) -> None:
    user, _ = lab.host.users["recruiter"]
    lab.host.users["recruiter"] = (user, frozenset({Right.TAB}))


def _remove_user(lab: Lab) -> None:
    del lab.host.users["recruiter"]


def _delete_campaign(lab: Lab) -> None:
    del lab.host.campaigns[lab.campaign]


def _add_people(lab: Lab) -> None:
    lab.host.add_to_campaign(lab.campaign, lab.host.add_person("later@kandidaten.example"))


def _change_address(lab: Lab) -> None:
    ref = people.person(lab, BRAM)
    known = lab.host.persons[ref]
    lab.host.persons[ref] = type(known)(ref, known.name, "bram.nieuw@kandidaten.example")


def _audience(lab: Lab) -> Audience:
    return next(each for each in lab.there.lists.values() if each.name.startswith("Carerix"))


STOPPED = ("attention", "not_ready")
CHANGES: Mapping[str, Change] = {
    "one opts out in the CRM": Change(_opt_out(BRAM), (*SENT, "attention"), (BRAM,)),
    "all opt out in the CRM": Change(_opt_out(*WANTED), (*SENT, *STOPPED), WANTED),
    "one unsubscribes at MailChimp": Change(
        _leave(CARLA, "unsubscribed"), (*SENT, *STOPPED), (CARLA,)
    ),
    "one bounces for good": Change(_leave(ANNA, "cleaned"), (*SENT, *STOPPED), (ANNA,)),
    "one is archived": Change(_leave(CARLA, "archived"), (*SENT, *STOPPED), (CARLA,)),
    "the template is deleted": Change(_delete_template, (*SENT, "not_ready")),
    "the audience is deleted": Change(_delete_audience, (*SENT, *STOPPED)),
    "the draft is deleted": Change(_delete_draft, (*SENT, "attention")),
    "the draft is sent by hand": Change(_send_by_hand, (*SENT, "attention")),
    "the draft is scheduled by hand": Change(_schedule_by_hand, (*SENT, "scheduled", "attention")),
    "the subject is edited": Change(_edit_subject),
    "the draft is pointed at everybody": Change(_widen, (*SENT, "attention"), until=SEND),
    "a stranger is put into the segment": Change(_add_stranger, (*SENT, "attention"), until=SEND),
    "the key is revoked": Change(_revoke_key, (*SENT, "attention")),
    "another account's key is put in": Change(_other_account, (*SENT, "attention")),
    "the module is deactivated": Change(_deactivate, (*SENT, *STOPPED)),
    "the right to send is lost": Change(_lose_right, (*SENT, *STOPPED)),
    "the user is removed": Change(_remove_user, (*SENT, *STOPPED)),
    "the campaign is deleted in the CRM": Change(_delete_campaign, (*SENT, *STOPPED)),
    "people are added": Change(_add_people, frozen=True),
    "an address is changed": Change(_change_address, frozen=True),
}
