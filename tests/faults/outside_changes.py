"""What other people change in the CRM and in MailChimp while a campaign is being made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxmc_ext.domain.people import Right
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY
from cxmc_ext.standin.models import Audience, Campaign, subscriber_hash
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.shared import api_keys
from tests.faults import people
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.people import EXPECTED, STRANGER

ANNA, BRAM, CARLA = EXPECTED
BRAM_CORRECTED = "bram.nieuw@kandidaten.example"
SENT_STATES = ("sending", "sent")
SEND = "POST /campaigns/*/actions/send"


@dataclass(frozen=True)
class OutsideChange:
    """A change, and what may become of the mailing."""

    apply: Callable[[FaultEnvironment], None]
    allowed_states: tuple[str, ...] = SENT_STATES
    """States in which the mailing may end."""
    excluded: tuple[str, ...] = ()
    """Addresses that must not be mailed if the change came before the request to send."""
    last_visible_call: str = ""
    """The call from which on we cannot notice it: MailChimp has no conditional send."""
    also_allowed: tuple[str, ...] = ()
    """Addresses that may be mailed besides the expected ones."""
    after_freeze: bool = False
    """Is applied only once the recipients are frozen: whoever is added before is one of them."""


def find_draft(env: FaultEnvironment) -> Campaign | None:
    campaigns = env.remote_account.campaigns.values()
    return next((campaign for campaign in campaigns if campaign.status == "save"), None)


def _leave(address: str, status: str) -> Callable[[FaultEnvironment], None]:
    def leave(env: FaultEnvironment) -> None:
        audience = _audience(env)
        member = audience.members.get(subscriber_hash(address))
        if member is None:
            people.add_member(env, audience, address, status)
        else:
            member.status = status

    return leave


def _opt_out(*addresses: str) -> Callable[[FaultEnvironment], None]:
    def act(env: FaultEnvironment) -> None:
        for address in addresses:
            people.opt_out(env, address)

    return act


def _delete_template(env: FaultEnvironment) -> None:
    env.remote_account.templates.pop("10001")


def _delete_audience(env: FaultEnvironment) -> None:
    env.remote_account.lists.pop(_audience(env).id)


def _delete_draft(env: FaultEnvironment) -> None:
    draft = find_draft(env)
    if draft is not None:
        del env.remote_account.campaigns[draft.id]


def _send_by_hand(env: FaultEnvironment) -> None:
    draft = find_draft(env)
    if draft is not None and draft.html:
        env.mailchimp(DEMO_KEY, 9).send(draft.id)


def _schedule_by_hand(env: FaultEnvironment) -> None:
    draft = find_draft(env)
    if draft is not None and draft.html:
        at = (env.services.clock() // 900 + 40) * 900
        env.mailchimp(DEMO_KEY, 9).schedule(draft.id, at)


def _edit_subject(env: FaultEnvironment) -> None:
    draft = find_draft(env)
    if draft is not None:
        draft.settings["subject_line"] = "Van de hand van Rosa"


def _widen(env: FaultEnvironment) -> None:
    """Addresses the draft to the whole audience."""
    draft = find_draft(env)
    if draft is not None:
        draft.segment_opts, draft.target = {}, {}


def _add_stranger(env: FaultEnvironment) -> None:
    """Adds a subscriber of the audience to our segment."""
    for segment in _audience(env).segments.values():
        segment.members[subscriber_hash(STRANGER)] = 0


def _revoke_key(env: FaultEnvironment) -> None:
    env.standin.state.keys[DEMO_KEY].state = "disabled"


def _other_account(env: FaultEnvironment) -> None:
    with env.other_process() as session:
        account = env.account_in(session)
        account.sealed_key = api_keys.seal(env.services, account.id, OTHER_KEY)
        session.commit()


def _deactivate(env: FaultEnvironment) -> None:
    with env.other_process():
        activation.deactivate(env.services, env.host.users["admin"][0])


def _lose_right(env: FaultEnvironment) -> None:
    user, _ = env.host.users["recruiter"]
    env.host.users["recruiter"] = (user, frozenset({Right.TAB}))


def _remove_user(env: FaultEnvironment) -> None:
    del env.host.users["recruiter"]


def _delete_campaign(env: FaultEnvironment) -> None:
    del env.host.campaigns[env.campaign]


def _add_people(env: FaultEnvironment) -> None:
    env.host.add_to_campaign(env.campaign, env.host.add_person("later@kandidaten.example"))


def _change_address(env: FaultEnvironment) -> None:
    ref = people.person_ref(env, BRAM)
    person = env.host.persons[ref]
    env.host.persons[ref] = type(person)(ref, person.name, BRAM_CORRECTED)


def _remove_person(env: FaultEnvironment) -> None:
    del env.host.members[env.campaign][people.person_ref(env, BRAM)]


def _delete_person(env: FaultEnvironment) -> None:
    ref = people.person_ref(env, BRAM)
    del env.host.members[env.campaign][ref]
    del env.host.persons[ref]


def _audience(env: FaultEnvironment) -> Audience:
    audiences = env.remote_account.lists.values()
    return next(audience for audience in audiences if audience.name.startswith("Carerix"))


STOPPED_STATES = ("attention", "not_ready")
OUTSIDE_CHANGES: Mapping[str, OutsideChange] = {
    "one opts out in the CRM": OutsideChange(_opt_out(BRAM), (*SENT_STATES, "attention"), (BRAM,)),
    "all opt out in the CRM": OutsideChange(
        _opt_out(*EXPECTED), (*SENT_STATES, *STOPPED_STATES), EXPECTED
    ),
    "one unsubscribes at MailChimp": OutsideChange(
        _leave(CARLA, "unsubscribed"), (*SENT_STATES, *STOPPED_STATES), (CARLA,)
    ),
    "one bounces permanently": OutsideChange(
        _leave(ANNA, "cleaned"), (*SENT_STATES, *STOPPED_STATES), (ANNA,)
    ),
    "one is archived": OutsideChange(
        _leave(CARLA, "archived"), (*SENT_STATES, *STOPPED_STATES), (CARLA,)
    ),
    "the template is deleted": OutsideChange(_delete_template, (*SENT_STATES, "not_ready")),
    "the audience is deleted": OutsideChange(_delete_audience, (*SENT_STATES, *STOPPED_STATES)),
    "the draft is deleted": OutsideChange(_delete_draft, (*SENT_STATES, "attention")),
    "the draft is sent by hand": OutsideChange(_send_by_hand, (*SENT_STATES, "attention")),
    "the draft is scheduled by hand": OutsideChange(
        _schedule_by_hand, (*SENT_STATES, "scheduled", "attention")
    ),
    "the subject is edited": OutsideChange(_edit_subject),
    "the draft is addressed to everybody": OutsideChange(
        _widen, (*SENT_STATES, "attention"), last_visible_call=SEND
    ),
    "a stranger is put into the segment": OutsideChange(
        _add_stranger, (*SENT_STATES, "attention"), last_visible_call=SEND
    ),
    "the key is revoked": OutsideChange(_revoke_key, (*SENT_STATES, "attention")),
    "another account's key is put in": OutsideChange(_other_account, (*SENT_STATES, "attention")),
    "the module is deactivated": OutsideChange(_deactivate, (*SENT_STATES, *STOPPED_STATES)),
    "the right to send is lost": OutsideChange(_lose_right, (*SENT_STATES, *STOPPED_STATES)),
    "the user is removed": OutsideChange(_remove_user, (*SENT_STATES, *STOPPED_STATES)),
    "the campaign is deleted in the CRM": OutsideChange(
        _delete_campaign, (*SENT_STATES, *STOPPED_STATES)
    ),
    "people are added": OutsideChange(_add_people, after_freeze=True),
    "an address is changed": OutsideChange(
        _change_address, (*SENT_STATES, "attention"), (BRAM,), also_allowed=(BRAM_CORRECTED,)
    ),
    "one is removed from the campaign": OutsideChange(
        _remove_person, (*SENT_STATES, "attention"), (BRAM,)
    ),
    "one is deleted in the CRM": OutsideChange(
        _delete_person, (*SENT_STATES, "attention"), (BRAM,)
    ),
}
