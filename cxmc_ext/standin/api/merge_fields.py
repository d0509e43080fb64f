"""The merge fields of an audience: list and create."""

import re
from typing import Any

from cxmc_ext.standin.api.endpoint import Call, audience_of, check_types, endpoint, require
from cxmc_ext.standin.api.paging import page
from cxmc_ext.standin.models import Audience, Json, MergeField
from cxmc_ext.standin.problems import bad_request, invalid

MERGE_FIELDS = "/lists/<list_id>/merge-fields"
TYPES = ("text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown",
         "birthday", "zip")  # fmt: skip
TAG = re.compile(r"[A-Z0-9_]{1,10}")
MAX_NAME = 50
WRITABLE = ("name", "required", "default_value", "public", "display_order", "options", "help_text")


@endpoint("GET", MERGE_FIELDS)
def list_merge_fields(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    type_ = call.args.get("type")
    rows = [field for field in audience.merge_fields if type_ in (None, field.type)]
    body = page(call.args, "merge_fields", rows, lambda field: _merge_field_json(audience, field))
    return body | {"list_id": list_id}


@endpoint("POST", MERGE_FIELDS)
def create_merge_field(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    require(call.body, "name", "type")
    check_types(call.body, {"name": str, "type": str, "required": bool, "default_value": str})
    if call.body["type"] not in TYPES:
        raise invalid("type", f"Data did not match any of: {', '.join(TYPES)}")
    if len(call.body["name"]) > MAX_NAME:
        raise invalid("name", f"This value is too long. It should have {MAX_NAME} characters.")
    if len(audience.merge_fields) >= call.state.switches.merge_field_limit:
        raise bad_request("You have reached the maximum number of merge fields for this list.")
    if call.body["type"] in ("dropdown", "radio") and not _choices(call.body):
        raise invalid("options.choices", "Please add at least one choice.")
    number = max((field.merge_id for field in audience.merge_fields), default=0) + 1
    tag = _validated_tag(audience, call.body.get("tag") or f"MMERGE{number}")
    field = MergeField(number, tag, "", call.body["type"], display_order=number + 1)
    for name in WRITABLE:
        if name in call.body:
            setattr(field, name, call.body[name])
    audience.merge_fields.append(field)
    for member in audience.members.values():
        member.merge_fields.setdefault(tag, "")
    return _merge_field_json(audience, field)


def _choices(body: Json) -> Any:
    options = body.get("options")
    return options.get("choices") if isinstance(options, dict) else None


def _merge_field_json(audience: Audience, field: MergeField) -> Json:
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


def _validated_tag(audience: Audience, tag: Any) -> str:
    """The tag, or a Problem if it is not usable or already in use."""
    if not isinstance(tag, str) or not TAG.fullmatch(tag):
        raise invalid("tag", "Merge tags are at most 10 capitals, digits or underscores.")
    if tag == "EMAIL" or any(field.tag == tag for field in audience.merge_fields):
        raise bad_request(f'A Merge Field with the tag "{tag}" already exists for this list.')
    return tag
