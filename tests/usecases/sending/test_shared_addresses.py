"""People who share an address, in campaigns that are frozen in several transactions."""

from collections.abc import Iterator, Sequence
from hashlib import md5

import pytest

from cxmc_ext.domain.people import Person
from cxmc_ext.testing import memory
from cxmc_ext.usecases.sending import recipients
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


@on_both
@pytest.mark.slow
def test_two_campaigns_that_are_frozen_at_once_mail_everybody_once_each(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of one lie between those of the other, and they share a person's address."""
    monkeypatch.setattr(recipients, "_ROWS_PER_COMMIT", 1)
    monkeypatch.setattr(memory, "_CHUNK_SIZE", 1)
    people_of, first = recruiter.host.people, recruiter.campaign
    one = [f"a{n}@kandidaten.example" for n in range(5)]
    other = [one[0], *(f"b{n}@kandidaten.example" for n in range(3))]
    recruiter.add(*one)
    recruiter.campaign = recruiter.host.add_campaign("Another")
    recruiter.add(*other)
    pressed = recruiter.send()
    recruiter.campaign = first

    def people(campaign_ref: str) -> Iterator[Sequence[Person]]:
        for n, chunk in enumerate(people_of(campaign_ref)):
            yield chunk
            if campaign_ref == first and n == 2:
                recruiter.run_once(pressed)

    monkeypatch.setattr(recruiter.host, "people", people)
    recruiter.run_once(recruiter.send())
    recruiter.run_workers()
    mailed: dict[str, list[str]] = {}
    for mail in recruiter.standin.outbox:
        mailed.setdefault(mail.campaign, []).append(mail.address)
    assert sorted(map(sorted, mailed.values())) == [sorted(one), sorted(other)]


def test_every_address_that_was_seen_before_is_found() -> None:
    seen = SeenAddresses()
    hashes = [md5(str(n).encode(), usedforsecurity=False).digest() for n in range(20_000)]
    assert len(seen.add(hashes)) < 100
    assert seen.add(hashes[::7]) == set(hashes[::7])
    assert SeenAddresses().add([hashes[0], hashes[0]]) == {hashes[0]}
