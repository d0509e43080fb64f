"""What MailChimp's responses mean for us."""

import pytest

from cxmc_ext.domain.campaigns import Campaign, ExclusionReason
from cxmc_ext.domain.mailchimp import ChecklistItem, RowError
from cxmc_ext.domain.people import Person, PersonKind, PersonRef, User
from cxmc_ext.domain.rules.mailchimp_reasons import checklist_problems, exclusion_for_row_error
from cxmc_ext.domain.rules.merge_fields import merge_values, sanitize, values_to_write


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x@y.example is in a compliance state due to unsubscribe, bounce, or compliance review"
         " and cannot be subscribed.", ExclusionReason.COMPLIANCE),
        ("x@y.example has previously unsubscribed from this list", ExclusionReason.COMPLIANCE),
        ("x was permanently deleted and cannot be re-imported.", ExclusionReason.COMPLIANCE),
        ('x cannot be subscribed, its status is "cleaned."', ExclusionReason.CLEANED),
        ("Please provide a valid email address.", ExclusionReason.INVALID_ADDRESS),
        ("x looks fake or invalid, please enter a real email address.", ExclusionReason.INVALID_ADDRESS),
        ("x has signed up to a lot of lists very recently; we're not allowing more", ExclusionReason.REFUSED),
        ("Your merge fields were invalid.", ExclusionReason.REFUSED),
    ],
)  # fmt: skip
def test_a_rejected_row_has_an_exclusion_reason(text: str, reason: ExclusionReason) -> None:
    assert exclusion_for_row_error(RowError("x@y.example", "ERROR_GENERIC", text)) is reason


def test_checklist_problems_list_errors_first_in_mailchimps_words() -> None:
    whys = checklist_problems(
        [
            ChecklistItem("success", "Audience", "is selected"),
            ChecklistItem("warning", "Footer", "There is no unsubscribe link"),
            ChecklistItem("error", "Domain not verified", "Please verify the domain x.example"),
            ChecklistItem("error", "Incomplete template", "Some areas still hold default text"),
        ]
    )
    assert [(why.code, why.values["kind"]) for why in whys] == [
        ("check_domain", "error"),
        ("check_template", "error"),
        ("check_template", "warning"),
    ]
    assert whys[0].detail == "Domain not verified: Please verify the domain x.example"


def test_a_checklist_without_items_has_a_problem_that_says_so() -> None:
    assert [why.code for why in checklist_problems([])] == ["check_unsaid"]


def test_a_name_cannot_contain_a_merge_tag() -> None:
    assert "*|" not in sanitize("*|UNSUB|*")
    assert "|*" not in sanitize("*|HTML:<b>|*")
    assert sanitize("Jan\r\n  de   Boer") == "Jan de Boer"


def test_a_merge_value_is_cut_at_255_bytes_between_characters() -> None:
    assert sanitize("é" * 200) == "é" * 127


def test_merge_values_contain_the_owner_and_the_prefix() -> None:
    person = Person(
        PersonRef(PersonKind.CANDIDATE, "1"), "Anna de Boer", "a@b.example", "Anna", "de", "Boer",
        "Rosa Recruiter", "rosa@cedarstaffing.example",
    )  # fmt: skip
    assert merge_values(person) == {
        "FNAME": "Anna",
        "LNAME": "de Boer",
        "PREFIX": "de",
        "OWNERNAME": "Rosa Recruiter",
        "OWNERMAIL": "rosa@cedarstaffing.example",
    }


@pytest.mark.parametrize(
    ("prefix", "last_name", "full"),
    [
        ("van der", "Berg", "van der Berg"),
        ("van der", "Van der Berg", "Van der Berg"),
        ("de", "Dekker", "de Dekker"),
        ("'t", "Hart", "'t Hart"),
        ("d'", "Ancona", "d'Ancona"),
        (" ", " Boer ", "Boer"),
        ("de", "", ""),
    ],
)
def test_the_last_name_has_its_prefix_once(prefix: str, last_name: str, full: str) -> None:
    ref = PersonRef(PersonKind.CANDIDATE, "1")
    person = Person(ref, "A", "a@b.example", prefix=prefix, last_name=last_name)
    assert merge_values(person)["LNAME"] == full


def test_a_value_of_the_wrong_type_is_named_where_it_is_passed() -> None:
    with pytest.raises(TypeError, match=r"User\.id must be str, not int: pass str"):
        User(7, "Ada")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r'User\.email must be str, not NoneType: pass ""'):
        User("7", "Ada", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Campaign\.ref must be str, not int"):
        Campaign(7, "Title")  # type: ignore[arg-type]


def test_tags_that_the_audience_lacks_need_no_update() -> None:
    assert values_to_write({"FNAME": "Anna"}, {"FNAME": "An"}, {}) == {"FNAME": "Anna"}
    assert values_to_write({"FNAME": "Anna"}, {"FNAME": "Anna", "PHONE": "1"}, {}) == {}
    assert values_to_write({"PREFIX": "de"}, {"FNAME": "Anna"}, {}) == {}


def test_an_empty_value_replaces_only_what_we_wrote() -> None:
    wanted, stored = (
        {"FNAME": "", "PREFIX": "", "LNAME": "Dijk"},
        {"FNAME": "An", "PREFIX": "Mevrouw"},
    )
    assert values_to_write(wanted, stored, {}) == {}
    assert values_to_write(wanted, stored, {"FNAME": "An", "PREFIX": "van"}) == {"FNAME": ""}
    assert values_to_write({"PREFIX": "van"}, stored, {}) == {"PREFIX": "van"}
