"""The merge fields of an audience."""

import re
from typing import Any

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, require
from cxmc_ext.standin.api.paging import page
from cxmc_ext.standin.models import Audience, Json, MergeField
from cxmc_ext.standin.problems import bad_request, invalid, not_found

TYPES = ("text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown",
         "birthday", "zip")  # fmt: skip
TAG = re.compile(r"[A-Z0-9_]{1,10}")
MAX_NAME = 50
MAX_FIELDS = 30
WRITABLE = ("name", "required", "default_value", "public", "display_order", "options", "help_text")


@endpoint("GET", "/lists/<list_id>/merge-fields")
def all_fields(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    kind = call.args.get("type")
    rows = [each for each in audience.merge_fields if kind in (None, each.type)]
    body = page(call.args, "merge_fields", rows, lambda each: shown(audience, each))
    return body | {"list_id": list_id}


@endpoint("POST", "/lists/<list_id>/merge-fields")
def create_field(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    require(call.body, "name", "type")
    if call.body["type"] not in TYPES:
        raise invalid("type", f"Data did not match any of: {', '.join(TYPES)}")
    if len(call.body["name"]) > MAX_NAME:
        raise invalid("name", f"This value is too long. It should have {MAX_NAME} characters.")
    if len(audience.merge_fields) >= MAX_FIELDS:
        raise bad_request("You have reached the maximum number of merge fields for this list.")
    number = max((each.merge_id for each in audience.merge_fields), default=0) + 1
    tag = _tag(audience, call.body.get("tag") or f"MMERGE{number}")
    field = MergeField(number, tag, "", call.body["type"], display_order=number + 1)
    audience.merge_fields.append(_write(field, call.body))
    for member in audience.members.values():
        member.merge_fields.setdefault(tag, field.default_value)
    return shown(audience, field)


@endpoint("GET", "/lists/<list_id>/merge-fields/<merge_id>")
def one_field(call: Call, list_id: str, merge_id: str) -> Json:
    audience = audience_of(call, list_id)
    return shown(audience, _field(audience, merge_id))


@endpoint("PATCH", "/lists/<list_id>/merge-fields/<merge_id>")
def change_field(call: Call, list_id: str, merge_id: str) -> Json:
    audience = audience_of(call, list_id)
    field = _field(audience, merge_id)
    if call.body.get("tag", field.tag) != field.tag:
        field.tag = _tag(audience, call.body["tag"])
    return shown(audience, _write(field, call.body))


@endpoint("DELETE", "/lists/<list_id>/merge-fields/<merge_id>")
def delete_field(call: Call, list_id: str, merge_id: str) -> None:
    audience = audience_of(call, list_id)
    audience.merge_fields.remove(_field(audience, merge_id))


def shown(audience: Audience, field: MergeField) -> Json:
    return {
        "merge_id": field.merge_id,
        "tag": field.tag,
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "default_value": field.default_value,
        "public": field.public,
        "display_order": field.display_order,
        "options": field.options,
        "help_text": field.help_text,
        "list_id": audience.id,
        "_links": [],
    }


def _field(audience: Audience, merge_id: str) -> MergeField:
    for each in audience.merge_fields:
        if str(each.merge_id) == merge_id:
            return each
    raise not_found()


def _tag(audience: Audience, tag: Any) -> str:
    if not isinstance(tag, str) or not TAG.fullmatch(tag):
        raise invalid("tag", "Merge tags are at most 10 capitals, digits or underscores.")
    if tag == "EMAIL" or any(each.tag == tag for each in audience.merge_fields):
        raise bad_request(f'A Merge Field with the tag "{tag}" already exists for this list.')
    return tag


def _write(field: MergeField, body: Json) -> MergeField:
    for name in WRITABLE:
        if name in body:
            setattr(field, name, body[name])
    return field
