"""“Initialize” adds the merge fields that the audience lacks, and leaves those of others alone."""

from dataclasses import replace

import pytest

from cxmc_ext.domain.merge_fields import MergeField, MergeFieldType
from cxmc_ext.domain.rules.merge_fields import fields_from_json
from cxmc_ext.standin import DEMO_KEY, DEMO_LIST
from cxmc_ext.standin.models import MergeField as RemoteField
from cxmc_ext.testing import MemoryHost
from tests.support.administrator import MASTER_LIST_NAME, Administrator
from tests.support.environment import problem_codes

OFFICE = MergeField("OFFICE", "Office", MergeFieldType.DROPDOWN, choices=("Utrecht", "Zwolle"))
GREETING = MergeField("GREETING", "Greeting", fallback="Dear friend")


@pytest.fixture(autouse=True)
def declared(host: MemoryHost) -> None:
    host.declared_fields = (OFFICE, GREETING)


def remote_fields(administrator: Administrator) -> dict[str, RemoteField]:
    return {field.tag: field for field in administrator.audience.merge_fields}


def tags_by_source(administrator: Administrator) -> dict[str, str]:
    fields = fields_from_json(administrator.account.merge_fields)
    return {field.source: field.tag for field in fields if field.source}


def test_declared_fields_are_created_once(administrator: Administrator) -> None:
    for _ in range(2):
        assert administrator.initialize(DEMO_KEY).state == "done"
    fields = remote_fields(administrator)
    assert len(fields) == len(administrator.audience.merge_fields)
    assert (fields["OFFICE"].type, fields["OFFICE"].options) == (
        "dropdown",
        {"choices": ["Utrecht", "Zwolle"]},
    )
    assert fields["GREETING"].default_value == "Dear friend"
    assert not any(field.required for field in fields.values())
    assert tags_by_source(administrator)["OFFICE"] == "OFFICE"


def test_fields_of_a_foreign_audience_are_left_alone(administrator: Administrator) -> None:
    audience = administrator.remote_account.lists[DEMO_LIST]
    audience.name = MASTER_LIST_NAME
    foreign = [
        RemoteField(7, "PREFIX", "Aanhef"),
        RemoteField(8, "OFFICE", "Office", "text", required=True),
        RemoteField(9, "MMERGE9", "Greeting"),
    ]
    audience.merge_fields += foreign
    before = [replace(field) for field in audience.merge_fields]
    assert administrator.initialize(DEMO_KEY).state == "done"
    assert audience.merge_fields[: len(before)] == before
    tags = tags_by_source(administrator)
    assert (tags["PREFIX"], tags["OFFICE"], tags["GREETING"]) == ("PREFIX2", "OFFICE2", "GREETING")
    foreign[0].name = "Last Name Prefix"
    assert administrator.initialize(DEMO_KEY).state == "done"
    assert tags_by_source(administrator) == tags


def test_an_audience_without_room_is_connected_all_the_same(administrator: Administrator) -> None:
    administrator.standin.state.switches.merge_field_limit = 8
    assert administrator.initialize(DEMO_KEY).state == "done"
    missing = [
        field for field in fields_from_json(administrator.account.merge_fields) if not field.tag
    ]
    assert [field.source for field in missing] == ["GREETING"]
    assert "maximum number of merge fields" in missing[0].fault
    administrator.standin.state.switches.merge_field_limit = 30
    administrator.initialize(DEMO_KEY)
    assert tags_by_source(administrator)["GREETING"] == "GREETING"


def test_a_declaration_that_cannot_be_used_stops_initialize(
    administrator: Administrator, host: MemoryHost
) -> None:
    host.declared_fields = (MergeField("office", "Office"),)
    done = administrator.initialize(DEMO_KEY)
    assert done.state == "failed"
    assert problem_codes(done) == ["host_broken"]
    assert "capitals" in str(done.problems)
