"""Every field of every answer × every odd value: what can be stored comes of it, or an error of ours."""

import copy
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import responses

from cxmc_ext.adapters.mailchimp import http_session
from cxmc_ext.adapters.mailchimp.client import MailChimpClient
from cxmc_ext.domain.errors import MailChimpError
from tests.adapters.mailchimp.test_requests import CALLS as ALL_CALLS
from tests.support.mailchimp_clients import KEY, client_for
from tests.support.odd_values import ODD_VALUES, paths_of
from tests.support.unusual_answers import with_value

pytestmark = pytest.mark.slow

CALLS = {name: entry for name, entry in ALL_CALLS.items() if entry[-1] is not None}
# Calls of which the table compares only a part that may be missing.
WHOLE_RESULT: Mapping[str, Callable[[MailChimpClient], Any]] = {"report": lambda c: c.report("c1")}
ROOT = r"https://us21\.api\.mailchimp\.com/3\.0"
MAX_NUMBER = 2**63 - 1


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    monkeypatch.setattr(http_session, "RETRY_PAUSES", (0.0, 0.0))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize("name", CALLS)
def test_whatever_is_answered_can_be_stored_or_is_an_error(
    name: str, wire: responses.RequestsMock
) -> None:
    call, verb, path, _query, _body, answer = CALLS[name]
    call = WHOLE_RESULT.get(name, call)
    url = re.compile(ROOT + re.escape(path) + r"(\?.*)?$")
    client = client_for(key=KEY)
    cases = [(place, odd) for place in [(), *paths_of(answer)] for odd in ODD_VALUES]
    results = 0
    for place, odd in cases:
        changed = with_value(copy.deepcopy(answer), place, ODD_VALUES[odd])
        wire.reset()
        wire.add(verb, url, body=json.dumps(changed), content_type="application/json")
        try:
            result = call(client)
        except MailChimpError:
            continue
        results += 1
        assert list(_unstorable(result)) == [], (place, odd)
    assert results >= len(cases) // 4, "most values are optional"
    print(f"\n{name}: {len(cases)} cases, {results} results")  # noqa: T201


def _unstorable(value: Any) -> Iterator[Any]:
    """The parts of a result that some database or page cannot hold."""
    check = next((check for kind, check in _CHECKS.items() if isinstance(value, kind)), None)
    if check is None:
        for part in _parts(value):
            yield from _unstorable(part)
    elif not check(value):
        yield value


_CHECKS: Mapping[type, Callable[[Any], bool]] = {
    str: lambda text: not re.search("[\x00\ud800-\udfff]", text),
    int: lambda number: abs(number) <= MAX_NUMBER,
    float: math.isfinite,
    type(None): lambda _: True,
}


def _parts(value: Any) -> list[Any]:
    if is_dataclass(value):
        return [getattr(value, each.name) for each in fields(value)]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value)
