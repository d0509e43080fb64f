"""Merge fields: call, verb, path, query, body, answer; and what comes of it."""

from typing import Any

from cxmc_ext.domain.merge_fields import AudienceField
from tests.adapters.mailchimp.requests_account import Entry

CALLS: dict[str, Entry] = {
    "merge_fields": (
        lambda c: c.merge_fields("l1"),
        "GET",
        "/lists/l1/merge-fields",
        {
            "count": "1000",
            "offset": "0",
            "fields": "merge_fields.tag,merge_fields.name,merge_fields.type,merge_fields.required,"
            "merge_fields.default_value,merge_fields.options.choices",
        },
        None,
        {
            "merge_fields": [
                {"tag": "FNAME", "name": "First Name", "type": "text", "default_value": "you"},
                {
                    "tag": "SIZE",
                    "name": "Size",
                    "type": "dropdown",
                    "required": True,
                    "options": {"choices": ["S", 7, "M"]},
                },
            ]
        },
    ),
    "add_merge_field": (
        lambda c: c.add_merge_field(
            "l1", AudienceField("SIZE", "Size", "dropdown", "S", choices=("S", "M"))
        ),
        "POST",
        "/lists/l1/merge-fields",
        {},
        {
            "tag": "SIZE",
            "name": "Size",
            "type": "dropdown",
            "required": False,
            "public": False,
            "default_value": "S",
            "options": {"choices": ["S", "M"]},
        },
        {"tag": "SIZE"},
    ),
}

RESULTS: dict[str, Any] = {
    "merge_fields": (
        AudienceField("FNAME", "First Name", "text", "you"),
        AudienceField("SIZE", "Size", "dropdown", required=True, choices=("S", "M")),
    ),
}
