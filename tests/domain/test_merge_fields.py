"""Merge fields: which field of an audience is ours, and which values fit it."""

from datetime import date
from decimal import Decimal

import pytest

from cxmc_ext.domain.merge_fields import AudienceField, MergeField, MergeFieldType
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.rules.audience_fields import plan_fields
from cxmc_ext.domain.rules.host_values import checked_people
from cxmc_ext.domain.rules.merge_fields import (
    BUILT_IN_FIELDS,
    declaration_faults,
    merge_values,
    unfit_fields,
)
from cxmc_ext.domain.rules.merge_tags import unknown_tags

REF = PersonRef(PersonKind.CANDIDATE, "1")
PREFIX = MergeField("PREFIX", "Last Name Prefix")


@pytest.mark.parametrize(
    ("wanted", "existing", "tag", "is_new"),
    [
        (PREFIX, [], "PREFIX", True),
        (PREFIX, [AudienceField("PREFIX", " last name PREFIX ")], "PREFIX", False),
        (PREFIX, [AudienceField("PREFIX", "Aanhef")], "PREFIX2", True),
        (PREFIX, [AudienceField("PREFIX", "Last Name Prefix", "dropdown")], "PREFIX2", True),
        (
            PREFIX,
            [AudienceField("PREFIX", "Aanhef"), AudienceField("PREFIX2", "Last Name Prefix")],
            "PREFIX2",
            False,
        ),
        (MergeField("ABCDEFGHIJ", "A"), [AudienceField("ABCDEFGHIJ", "B")], "ABCDEFGHI2", True),
        (BUILT_IN_FIELDS[0], [AudienceField("FNAME", "Voornaam")], "FNAME", False),
        (BUILT_IN_FIELDS[0], [AudienceField("FNAME", "First Name", "date")], "FNAME2", True),
    ],
)
def test_a_field_of_another_name_or_type_is_left_alone(
    wanted: MergeField, existing: list[AudienceField], tag: str, is_new: bool
) -> None:
    (plan,) = plan_fields([wanted], existing)
    assert (plan.tag, plan.existing is None) == (tag, is_new)


def test_a_field_that_somebody_renamed_is_still_ours() -> None:
    renamed = AudienceField("PREFIX2", "Tussenvoegsel")
    (plan,) = plan_fields([PREFIX], [renamed], [AudienceField("PREFIX2", "", source="PREFIX")])
    assert plan.existing is not None
    assert (plan.tag, plan.existing.source) == ("PREFIX2", "PREFIX")


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("text", " a\n b ", "a b"),
        ("text", "é" * 200, "é" * 127),
        ("number", "12.0", "12"),
        ("number", "-1.50", "-1.5"),
        ("number", "twelve", None),
        ("number", "nan", None),
        ("date", "2026-11-28", "2026-11-28"),
        ("date", "28-11-2026", None),
        ("url", "https://cedarstaffing.example/1", "https://cedarstaffing.example/1"),
        ("url", "javascript:alert(1)", None),
        ("dropdown", "M", "M"),
        ("dropdown", "XL", None),
        ("dropdown", "", ""),
        ("date", "", ""),
    ],
)
def test_a_value_that_does_not_fit_is_left_out_and_named(
    type_: str, value: str, stored: str | None
) -> None:
    field = AudienceField("SIZE2", "Size", type_, choices=("S", "M"), source="SIZE")
    person = Person(REF, "Anna", "a@b.example", merge_values={"SIZE": value})
    assert merge_values(person, [field]).get("SIZE2") == stored
    assert unfit_fields(person, [field]) == ([] if stored is not None else [field])


def test_values_of_a_host_become_text() -> None:
    values = {"AT": date(2026, 11, 28), "PAY": Decimal("12.50"), "NO": None, "X": object(), 7: "a"}
    person = Person(REF, "Anna", "a@b.example", merge_values=values)  # type: ignore[arg-type]
    (chunk,) = checked_people([[person]])
    assert chunk[0].merge_values == {"AT": "2026-11-28", "PAY": "12.50", "NO": "", "X": ""}


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        (MergeField("JOBTITLE", "Job title"), ""),
        (MergeField("jobtitle", "Job title"), "capitals"),
        (MergeField("JOBTITLE123", "Job title"), "1 to 10"),
        (MergeField("FNAME", "Name"), "taken"),
        (MergeField("EMAIL", "Mail"), "taken"),
        (MergeField("JOBTITLE", " "), "label"),
        (MergeField("JOBTITLE", "Job", fallback=None), "must be str"),  # type: ignore[arg-type]
        (MergeField("SIZE", "Size", MergeFieldType.DROPDOWN), "choices"),
        (MergeField("SIZE", "Size", MergeFieldType.DROPDOWN, "XL", ("S",)), "fallback"),
        (MergeField("SIZE", "Size", "radio"), "MergeFieldType"),  # type: ignore[arg-type]
        ("JOBTITLE", "instead of MergeField"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_explained(field: object, fault: str) -> None:
    faults = declaration_faults([field])
    assert (fault in " ".join(faults)) if fault else faults == []


def test_a_tag_that_nobody_fills_in_is_unknown() -> None:
    fields = [AudienceField("JOBTITLE", "Job title"), AudienceField("MMERGE7", "Birthday")]
    tags = ["JOBTITLE", "UPPER:JOBTITLE", "MMERGE7", "UNSUB", "IF:JOBTITLE", "END:IF", "JOBTITEL"]
    tags += ["LIST:COMPANY", "HTML:LIST_ADDRESS_HTML", "CURRENT_YEAR", "MERGE3", "UPPER:NOPE", "x"]
    assert unknown_tags(tags, fields) == ["JOBTITEL", "UPPER:NOPE", "x"]
