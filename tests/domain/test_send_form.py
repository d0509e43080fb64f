"""The form, field by field."""

from dataclasses import replace

import pytest

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.rules.send_form import order_problems

NOW = 1_795_420_800
TEMPLATES = [
    {"id": 1, "name": "Support", "usable": True},
    {"id": 2, "name": "Nieuw", "usable": False},
]
GOOD = SendOrder("Nieuwe vacatures", "Rosa", "rosa@cedarstaffing.example", 1)


def codes(**changes: object) -> dict[str, str]:
    trouble = order_problems(replace(GOOD, **changes), TEMPLATES, NOW)  # type: ignore[arg-type]
    return {name: why.code for name, why in trouble.items()}


def test_a_valid_order_has_no_problems() -> None:
    assert codes() == {}
    assert codes(schedule_at=NOW + 3600) == {}
    assert codes(subject=f" {'a' * 150} ", from_name="a" * 100) == {}
    assert codes(subject="Één 🎉 vacature: *|FNAME|*, kijk!") == {}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("subject", " ", "subject_empty"),
        ("subject", "a\r\nBcc: x@y.example", "subject_control"),
        ("subject", "a\x00", "subject_control"),
        ("subject", "a\u2028b", "subject_control"),
        ("subject", "a" * 151, "subject_long"),
        ("from_name", "", "from_name_empty"),
        ("from_name", "Rosa\n", "from_name_control"),
        ("from_name", "a" * 101, "from_name_long"),
        ("from_email", "rosa", "from_email_wrong"),
        ("from_email", "rosa@cedar.example\nx", "from_email_wrong"),
        ("template_id", 0, "template_missing"),
        ("template_id", 3, "template_unknown"),
        ("template_id", 2, "template_unusable"),
        ("schedule_at", NOW, "time_too_soon"),
        ("schedule_at", NOW + 3601, "time_off_quarter"),
    ],
)
def test_each_field_has_its_own_problem(field: str, value: object, code: str) -> None:
    assert codes(**{field: value}) == {field: code}


def test_the_problems_of_all_fields_are_reported_together() -> None:
    assert set(codes(subject="", from_name="", from_email="", template_id=9)) == {
        "subject",
        "from_name",
        "from_email",
        "template_id",
    }
