"""The step of “Mail the people added later”: those who joined a campaign after it was sent."""

from collections.abc import Iterator, Sequence

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts, mailings, recipient_pages
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import Person, PersonRef
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.host_values import UnusablePerson, checked_people
from cxmc_ext.usecases.sending.follow_up import BATCH_SIZE
from cxmc_ext.usecases.sending.mail_again import FollowUpContext, create_campaign, usable_mailing
from cxmc_ext.usecases.shared.batches import in_batches


def create_mailing_to_additions(context: FollowUpContext) -> None:
    """Step: creates the campaign. Makes no MailChimp call.

    Whoever was frozen for the mailing and not removed since, is in an earlier campaign of later additions,
    or shares an address with one of these is left out, so nobody gets the mail twice. If that is everybody,
    the last of these campaigns is the answer, unless it was sent.

    Raises:
        StopOperation: Nobody was added.
        LostLease: Another worker has the operation.
        HostError: The Host returned something else than people.
    """
    payload, session = context.payload, context.session
    if payload.campaign_ref:
        return
    mailing = mailings.get(session, payload.mailing_id)
    people = _added_people(context, mailing)
    accounts.lock(session, context.account.id)
    mailing = mailings.get_for_update(session, payload.mailing_id)
    last = usable_mailing(context.services, next(iter(mailing.addition_ids[-1:]), None))
    if not people and last and last.state == MailingState.NONE:
        context.commit_progress(campaign_ref=last.campaign_ref)
        return
    new = create_campaign(context, mailing, in_batches(people, BATCH_SIZE), nobody="nobody_added")
    additions = [*mailing.addition_ids, new.mailing_id]
    mailings.update_columns(session, mailing.id, addition_ids=additions)
    context.commit_progress(campaign_ref=new.campaign_ref, people=new.people)


def _added_people(context: FollowUpContext, mailing: Mailing) -> list[PersonRef]:
    """Who is in the campaign now and in none of its mailings. Commits after each chunk."""
    session, mailing_ids = context.session, [mailing.id, *mailing.addition_ids]
    campaign_refs = [mailings.get(session, id_).campaign_ref for id_ in mailing_ids]
    seen = {
        person.ref: _hash_of(person)
        for ref in campaign_refs[1:]
        for person in _people_of(context, ref)
    }
    seen_hashes = set(seen.values()) - {b""}
    added: list[PersonRef] = []
    for chunk in in_batches(_people_of(context, campaign_refs[0]), BATCH_SIZE):
        new = [
            person
            for person in chunk
            if person.ref not in seen and _hash_of(person) not in seen_hashes
        ]
        for mailing_id in mailing_ids:
            new = _not_mailed(context, mailing_id, new)
        added += [person.ref for person in new]
        context.commit()
    return added


def _people_of(context: FollowUpContext, campaign_ref: str) -> Iterator[Person]:
    for chunk in checked_people(context.services.host.people(campaign_ref)):
        yield from (person for person in chunk if not isinstance(person, UnusablePerson))


def _not_mailed(
    context: FollowUpContext, mailing_id: int, people: Sequence[Person]
) -> list[Person]:
    """Leaves out who was frozen for a mailing and not removed since, and who has an address of these."""
    hashes = {person.ref: _hash_of(person) for person in people}
    known = recipient_pages.known_people(context.session, mailing_id, hashes)
    return [person for person in people if person.ref not in known]


def _hash_of(person: Person) -> bytes:
    address = normalize_address(person.address)
    return member_hash(address) if address else b""
