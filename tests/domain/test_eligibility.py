"""The first reason that applies is the reason; one rule for every place that asks."""

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.rules.eligibility import (
    EligibilityFacts,
    address_exclusion,
    classify,
    with_addresses,
)
from cxmc_ext.domain.rules.suppression import SuppressionList, digest

SALT = b"salt"
SUPPRESSED = SuppressionList(SALT, frozenset({digest(SALT, "gone@x.example")}))


def person(number: int, address: str) -> Person:
    return Person(PersonRef(PersonKind.CONTACT, str(number)), f"Person {number}", address)


def reasons(*addresses: str, facts: EligibilityFacts) -> list[ExclusionReason | None]:
    people = with_addresses(person(number, each) for number, each in enumerate(addresses))
    return [each.reason for each in classify(people, facts, set())]


def test_everybody_with_an_address_of_their_own_is_mailed() -> None:
    facts = EligibilityFacts(SUPPRESSED)
    assert reasons("a@x.example", "B@x.example ", facts=facts) == [None, None]


def test_a_missing_address_is_distinguished_from_an_invalid_one() -> None:
    assert reasons("", "  ", "nonsense", facts=EligibilityFacts(SUPPRESSED)) == [
        ExclusionReason.NO_ADDRESS,
        ExclusionReason.NO_ADDRESS,
        ExclusionReason.INVALID_ADDRESS,
    ]


def test_one_opt_out_closes_the_address_for_all_who_share_it() -> None:
    facts = EligibilityFacts(SUPPRESSED, opted_out_addresses={"a@x.example"})
    assert reasons("A@x.example", "a@x.example", "b@x.example", facts=facts) == [
        ExclusionReason.OPTED_OUT,
        ExclusionReason.OPTED_OUT,
        None,
    ]


def test_an_opt_out_without_a_valid_address_is_an_opt_out() -> None:
    ref = PersonRef(PersonKind.CONTACT, "0")
    facts = EligibilityFacts(SUPPRESSED, opted_out_people={ref})
    assert reasons("nonsense", facts=facts) == [ExclusionReason.OPTED_OUT]


def test_erasure_comes_before_every_other_reason() -> None:
    facts = EligibilityFacts(SUPPRESSED, opted_out_addresses={"gone@x.example"})
    assert reasons("Gone@x.example", facts=facts) == [ExclusionReason.ERASURE]
    assert address_exclusion("gone@x.example", facts) == ExclusionReason.ERASURE


def test_the_first_person_with_a_shared_address_is_mailed() -> None:
    addresses = ("a@x.example", "A@X.example", "a@x.example")
    assert reasons(*addresses, facts=EligibilityFacts(SUPPRESSED)) == [
        None,
        ExclusionReason.DUPLICATE,
        ExclusionReason.DUPLICATE,
    ]


def test_without_a_set_duplicates_are_left_to_the_caller() -> None:
    people = with_addresses([person(1, "a@x.example"), person(2, "a@x.example")])
    found = list(classify(people, EligibilityFacts(SUPPRESSED)))
    assert [each.reason for each in found] == [None, None]
