"""What users do in the CRM between two campaigns of the random walk."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cxmc_ext.domain.people import PersonRef
from tests.faults.walk_promises import plain_address, spelling

if TYPE_CHECKING:
    from tests.faults.random_walk import RandomWalk


def _person(walk: "RandomWalk") -> PersonRef:
    return walk.random.choice(walk.people)


def edit_address(walk: "RandomWalk") -> None:
    """A correction: another address, or another spelling of it."""
    ref, host = _person(walk), walk.environment.host
    address = host.persons[ref].address
    is_new = walk.random.random() < 0.7
    new = walk.new_address("nieuw") if is_new else spelling(walk.random, plain_address(address))
    walk.promises.spread()
    host.persons[ref] = replace(host.persons[ref], address=new)
    walk.promises.spread()


def correct_failed_address(walk: "RandomWalk") -> None:
    """Somebody whose address bounced for good gets another one, and the next mail."""
    host, promises = walk.environment.host, walk.promises
    refs = [ref for ref in walk.people if promises.address_of(ref) in promises.failed]
    if refs:
        ref = walk.random.choice(refs)
        host.persons[ref] = replace(host.persons[ref], address=walk.new_address("correct"))
        walk.returning.append(ref)


def merge(walk: "RandomWalk") -> None:
    """Two people become one, who keeps the memberships of both and one of the addresses."""
    host, kept, gone = walk.environment.host, _person(walk), _person(walk)
    if kept == gone:
        return
    if walk.random.random() < 0.5:
        host.persons[kept] = replace(host.persons[kept], address=host.persons[gone].address)
    for members in (*host.members.values(), *host.groups.values()):
        if gone in members:
            members.setdefault(kept, members[gone])  # type: ignore[arg-type]
            del members[gone]
    del host.persons[gone]
    walk.people.remove(gone)
    if (gone in walk.promises.left) and kept in host.opt_outs:
        walk.promises.left.add(kept)
    walk.promises.by_hand -= {kept, gone}
    walk.promises.maybe |= {kept} if kept in host.opt_outs else set()
    walk.promises.spread()


def remove_from_campaign(walk: "RandomWalk") -> None:
    campaign = walk.random.choice(walk.campaigns)
    members = walk.environment.host.members[campaign.ref]
    if members:
        del members[walk.random.choice(list(members))]


def opt_out(walk: "RandomWalk") -> None:
    walk.leave(_person(walk), "in the CRM")
