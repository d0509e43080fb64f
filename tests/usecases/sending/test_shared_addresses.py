"""People who share an address, in campaigns that are frozen in several transactions."""

from hashlib import md5

import pytest

from cxmc_ext.usecases.sending.seen_addresses import SeenAddresses
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

ADDRESSES, SHARED = 5_040, 20


@on_both
@pytest.mark.slow
def test_one_mail_per_address_although_its_owners_are_far_apart(recruiter: Recruiter) -> None:
    people = ADDRESSES + SHARED
    refs = recruiter.add(*(f"p{n % ADDRESSES}@kandidaten.example" for n in range(people)))
    recruiter.opt_out(refs[0], refs[ADDRESSES + 1])
    recruiter.send()
    recruiter.run_workers()
    counts = recruiter.mailing.counts["reason"]
    assert counts == {"opted_out": 4, "duplicate": SHARED - 2}
    mailed = recruiter.mailed_addresses
    assert len(mailed) == len(set(mailed)) == ADDRESSES - 2


def test_every_address_that_was_seen_before_is_found() -> None:
    seen = SeenAddresses()
    hashes = [md5(str(n).encode(), usedforsecurity=False).digest() for n in range(20_000)]
    assert len(seen.add(hashes)) < 100
    assert seen.add(hashes[::7]) == set(hashes[::7])
    assert SeenAddresses().add([hashes[0], hashes[0]]) == {hashes[0]}
