"""The people of the campaign every case mails: who must get it, who must not, and who is nobody's."""

from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.standin.models import Audience, Member, subscriber_hash
from tests.faults.fault_environment import FaultEnvironment

EXPECTED = ("anna@kandidaten.example", "bram@kandidaten.example", "carla@kandidaten.example")
"""New, new, and a member already whose name is another one at MailChimp."""
EXCLUDED = ("left@kandidaten.example", "gone@kandidaten.example", "dead@kandidaten.example")
"""Opted out in the CRM, unsubscribed at MailChimp, bounced for good there."""
STRANGER = "vreemd@elders.example"
"""A subscriber of the audience whom nobody put into the campaign."""
OLD_NAMES = {"FNAME": "Oud", "LNAME": "Jansen"}


def create_campaign(env: FaultEnvironment) -> None:
    """A campaign of nine: three to mail, one who shares an address, two without, three closed."""
    host = env.host
    env.campaign, env.expected = host.add_campaign("Vacatures week 48"), EXPECTED
    refs = [host.add_person(address) for address in (*EXPECTED, *EXCLUDED)]
    twin = host.add_person(" ANNA@Kandidaten.example")
    nobody = [host.add_person(""), host.add_person("geen adres")]
    host.add_to_campaign(env.campaign, *refs, twin, *nobody)
    host.opt_out(OPT_OUT_TAG, [person_ref(env, EXCLUDED[0])], "long ago")
    for address, status in (
        (EXPECTED[2], "subscribed"),
        (EXCLUDED[1], "unsubscribed"),
        (EXCLUDED[2], "cleaned"),
        (STRANGER, "subscribed"),
    ):
        add_member(env, env.audience, address, status)


def person_ref(env: FaultEnvironment, address: str) -> PersonRef:
    return next(ref for ref, one in env.host.persons.items() if one.address == address)


def opt_out(env: FaultEnvironment, address: str) -> None:
    env.host.opt_out(OPT_OUT_TAG, [person_ref(env, address)], "by a test")


def add_member(env: FaultEnvironment, audience: Audience, address: str, status: str) -> None:
    state = env.standin.state
    with state.lock:
        now = state.clock.now() - 86_400
        values = {each.tag: OLD_NAMES.get(each.tag, "") for each in audience.merge_fields}
        member = Member(
            subscriber_hash(address),
            address,
            status,
            state.new_number(),
            values,
            now,
            timestamp_opt=now,
        )
        audience.members[member.id] = member
