"""JSON in a text that anybody may have sent."""

import pytest

from cxmc_ext.domain.rules.texts import json_object


@pytest.mark.parametrize("text", ["", "[]", "7", "NaN", "{", "[" * 100_000, '{"a":' * 10_000])
def test_what_is_no_object_is_an_empty_one(text: str) -> None:
    assert json_object(text) == {}


def test_an_escape_hides_nothing_that_cannot_be_stored() -> None:
    assert json_object('{"a\\u0000b": ["\\ud800x", {"\\udfff": "\\ud83d\\ude00"}], "n": 1}') == {
        "ab": ["x", {"": "\U0001f600"}],
        "n": 1,
    }
