"""A Host that returns something unusable: it costs the person concerned, or stops with a message."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.usecases.screens import eligibility
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

GOOD = "anna@kandidaten.example"
ODD = "odd@kandidaten.example"
CANDIDATE = PersonKind.CANDIDATE


def odd_person(**values: Any) -> Person:
    fields: dict[str, Any] = {"ref": PersonRef(CANDIDATE, "77"), "name": "Odd", "address": ODD}
    return Person(**(fields | values))


def person_with_id(value: Any) -> Person:
    return odd_person(ref=PersonRef(CANDIDATE, value))


def add_odd(recruiter: Recruiter, person: Any, position: int = 0) -> None:
    """Somebody in the campaign as the Host describes them, whatever that is."""
    people = recruiter.host.people

    def with_odd(campaign_ref: str) -> Iterator[list[Any]]:
        for chunk in people(campaign_ref):
            yield [*chunk[:position], person, *chunk[position:]]

    recruiter.host.people = with_odd  # type: ignore[assignment,method-assign]


def send(recruiter: Recruiter) -> None:
    recruiter.send()
    recruiter.run_workers()


def row_of_odd(recruiter: Recruiter) -> Recipient:
    return recruiter.fetch_one(select(Recipient).where(Recipient.address != GOOD))


@pytest.mark.parametrize(
    "person",
    [
        odd_person(name="O\0dd"),
        odd_person(name="Odd \ud800"),
        odd_person(name=None),
        odd_person(name=7),
        odd_person(name=["a", "list"]),
        odd_person(name="x" * 5000),
        odd_person(first_name="\udfff\0", last_name=None, prefix=b"van", owner_name=object()),
        odd_person(owner_email="rosa\0@cedarstaffing.example", mailed_despite_no_mailing=None),
        odd_person(address=f"\0{ODD}"),
        odd_person(address=f"\u200b{ODD}\xa0"),
        odd_person(ref=PersonRef("candidate", "77")),  # type: ignore[arg-type]
    ],
)
def test_a_person_with_odd_texts_is_mailed(recruiter: Recruiter, person: Person) -> None:
    recruiter.add(GOOD)
    add_odd(recruiter, person)
    send(recruiter)
    assert recruiter.mailed_addresses == [GOOD, ODD]


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (odd_person(address=None), "no_address"),
        (odd_person(address="\0"), "no_address"),
        (odd_person(address="\u200b\u2060"), "no_address"),
        (odd_person(address="odd\ud800@kandidaten.example"), "invalid_address"),
        (odd_person(address="x" * 5000), "invalid_address"),
        (odd_person(address=b"odd@kandidaten.example"), "unusable"),
        (odd_person(address=[ODD]), "unusable"),
        (person_with_id(77), "unusable"),
        (person_with_id(None), "unusable"),
        (person_with_id(""), "unusable"),
        (person_with_id("7" * 65), "unusable"),
        (person_with_id("7\0"), "unusable"),
        (odd_person(ref=PersonRef("employee", "7")), "unusable"),  # type: ignore[arg-type]
        (odd_person(ref="candidate:7"), "unusable"),
        (None, "unusable"),
        ({"name": "Odd"}, "unusable"),
    ],
)
def test_an_unusable_person_is_left_out_and_named(
    recruiter: Recruiter, person: Any, reason: str
) -> None:
    recruiter.add(GOOD)
    add_odd(recruiter, person)
    counts = eligibility.count_recipients(recruiter.services, recruiter.campaign)
    send(recruiter)
    assert recruiter.mailed_addresses == [GOOD]
    row = row_of_odd(recruiter)
    assert (row.reason, bool(row.detail)) == (reason, reason == "unusable")
    assert counts.mailable == 1


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_unusable_person_stops_nobody_else_in_their_chunk(
    recruiter: Recruiter, position: int
) -> None:
    others = [GOOD, "bram@kandidaten.example"]
    recruiter.add(*others)
    add_odd(recruiter, person_with_id("7" * 65), position)
    send(recruiter)
    assert recruiter.mailed_addresses == others


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("people", lambda _: None),
        ("people", lambda _: "people"),
        ("people", lambda _: [None]),
        ("people_with_address", lambda _: None),
        ("people_with_address", lambda _: [PersonRef(CANDIDATE, "1")]),
        ("people_with_address", lambda _: {GOOD: None}),
        ("people_with_address", lambda _: {GOOD: ["1"]}),
        ("opted_out", lambda *_: None),
        ("opted_out", lambda *_: {"1"}),
        ("opted_out", lambda *_: True),
    ],
)
def test_an_answer_that_is_wrong_as_a_whole_stops_the_send(
    recruiter: Recruiter, method: str, answer: Callable[..., Any]
) -> None:
    recruiter.add(GOOD)
    recruiter.send()
    setattr(recruiter.host, method, answer)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == ("attention", ["host_broken"])
    assert f"Host.{method}" in recruiter.mailing.problems[0]["values"]["fault"]
    assert recruiter.mailed_addresses == []


@pytest.mark.parametrize("other_address", [GOOD, ODD])
def test_who_is_named_twice_is_mailed_once_at_the_first_address(
    recruiter: Recruiter, other_address: str
) -> None:
    """Somebody may leave a campaign and come back to its end while it is being read."""
    (anna,) = recruiter.add(GOOD)
    recruiter.add("bram@kandidaten.example")
    add_odd(recruiter, odd_person(ref=anna, address=other_address), 1)
    add_odd(recruiter, odd_person(ref=anna, address=other_address), 3)
    send(recruiter)
    assert recruiter.mailed_addresses == [GOOD, "bram@kandidaten.example"]


@pytest.mark.parametrize("container", [list, tuple, frozenset])
def test_any_collection_of_opted_out_people_counts(
    recruiter: Recruiter, container: Callable[..., Any]
) -> None:
    (anna,) = recruiter.add(GOOD)
    recruiter.add("bram@kandidaten.example")
    recruiter.host.opted_out = lambda *_: container([anna])  # type: ignore[method-assign]
    send(recruiter)
    assert recruiter.mailed_addresses == ["bram@kandidaten.example"]


def test_a_title_that_no_database_can_hold_is_cleaned(recruiter: Recruiter) -> None:
    recruiter.campaign = recruiter.host.add_campaign("Week\0 48 \ud800")
    recruiter.add(GOOD)
    send(recruiter)
    assert recruiter.mailed_addresses == [GOOD]
    assert recruiter.mailing.campaign_title == "Week 48 "


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José@klanten.example", "Jose\u0301@klanten.example"),
        ("info@münchen.example", "info@mu\u0308nchen.example"),
        ("info@münchen.example", "info@xn--mnchen-3ya.example"),
        ("anna@klanten.example", "an\u200bna@klanten.example"),
        ("anna@klanten.example", "\ufeffANNA@klanten.example\xa0"),
    ],
)
def test_two_spellings_of_an_address_are_one_mail(
    recruiter: Recruiter, one: str, other: str
) -> None:
    recruiter.add(one, other)
    counts = eligibility.count_recipients(recruiter.services, recruiter.campaign)
    send(recruiter)
    assert len(recruiter.mailed_addresses) <= 1
    assert counts.mailable == len(recruiter.mailed_addresses)
