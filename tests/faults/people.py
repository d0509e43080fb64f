"""The people of the campaign in every case: who must get the mail, and who must not."""

from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.standin.models import Audience, Member, subscriber_hash
from tests.faults.fault_environment import FaultEnvironment

# Two new addresses, and a member whose name at MailChimp is another one.
EXPECTED = ("anna@kandidaten.example", "bram@kandidaten.example", "carla@kandidaten.example")
# Opted out in the CRM, unsubscribed at MailChimp, and bounced permanently there.
EXCLUDED = ("left@kandidaten.example", "gone@kandidaten.example", "dead@kandidaten.example")
# A subscriber of the audience who is not in the campaign.
STRANGER = "vreemd@elders.example"
OLD_NAMES = {"FNAME": "Oud", "LNAME": "Jansen"}


def create_campaign(env: FaultEnvironment) -> None:
    """A campaign of nine: three to mail, one who shares an address, two without one, three excluded."""
    host = env.host
    env.campaign, env.expected = host.add_campaign("Vacatures week 48"), EXPECTED
    refs = [host.add_person(address) for address in (*EXPECTED, *EXCLUDED)]
    same_address = host.add_person(" ANNA@Kandidaten.example")
    no_address = [host.add_person(""), host.add_person("geen adres")]
    host.add_to_campaign(env.campaign, *refs, same_address, *no_address)
    host.opt_out(OPT_OUT_TAG, [person_ref(env, EXCLUDED[0])], "long ago")
    for address, status in (
        (EXPECTED[2], "subscribed"),
        (EXCLUDED[1], "unsubscribed"),
        (EXCLUDED[2], "cleaned"),
        (STRANGER, "subscribed"),
    ):
        add_member(env, env.audience, address, status)


def person_ref(env: FaultEnvironment, address: str) -> PersonRef:
    return next(ref for ref, person in env.host.persons.items() if person.address == address)


def opt_out(env: FaultEnvironment, address: str) -> None:
    env.host.opt_out(OPT_OUT_TAG, [person_ref(env, address)], "by a test")


def add_member(env: FaultEnvironment, audience: Audience, address: str, status: str) -> None:
    state = env.standin.state
    with state.lock:
        now = state.clock.now() - 86_400
        values = {field.tag: OLD_NAMES.get(field.tag, "") for field in audience.merge_fields}
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
