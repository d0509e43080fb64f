"""What every method of the port asks MailChimp, literally, and how it reads the answer."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import responses

from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.ports import mailchimp
from tests.adapters.mailchimp import (
    requests_account,
    requests_campaigns,
    requests_content,
    requests_merge_fields,
    requests_sent,
    requests_webhooks,
)
from tests.support.mailchimp_clients import KEY, client_for
from tests.support.paths import API_DESCRIPTION

_TABLES = (
    requests_account,
    requests_campaigns,
    requests_content,
    requests_merge_fields,
    requests_sent,
    requests_webhooks,
)
CALLS = {name: entry for table in _TABLES for name, entry in table.CALLS.items()}
RESULTS = {name: result for table in _TABLES for name, result in table.RESULTS.items()}

# Parameters that MailChimp's documentation has (2026-08) and its description of the API does not have.
_NOT_DESCRIBED = {"filter_bots"}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def asked(name: str, wire: responses.RequestsMock) -> tuple[Any, Any]:
    """Makes the call; returns its result and the request that went out."""
    call, verb, path, _query, _body, answer = CALLS[name]
    wire.add(
        verb,
        re.compile(rf"https://us21\.api\.mailchimp\.com/3\.0{re.escape(path)}(\?.*)?$"),
        status=204 if answer is None else 200,
        **({} if answer is None else {"json": answer}),
    )
    result = call(client_for(key=KEY))
    return result, wire.calls[-1].request


def test_no_method_of_the_port_is_left_out() -> None:
    port = {name for name in dir(mailchimp.MailChimp) if not name.startswith("_")}
    assert port == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_method_sends_and_parses_exactly_this(name: str, wire: responses.RequestsMock) -> None:
    result, request = asked(name, wire)
    _call, _verb, _path, query, body, _answer = CALLS[name]
    sent = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    assert {key: sent.get(key) for key in query} == query
    assert (json.loads(request.body) if request.body else None) == body
    assert result == RESULTS.get(name)


@pytest.mark.parametrize("name", CALLS)
def test_a_collection_is_requested_in_pages_of_1000_without_links(
    name: str, wire: responses.RequestsMock
) -> None:
    _result, request = asked(name, wire)
    sent = dict(parse_qsl(urlsplit(request.url).query))
    if request.method != "GET" or name in {"sender_domains", "webhooks"}:
        return
    assert ("fields" in sent) != ("exclude_fields" in sent)
    assert sent.get("count", "1000") == "1000"


@pytest.mark.skipif(not API_DESCRIPTION.exists(), reason="MailChimp's description is not at hand")
@pytest.mark.parametrize("name", CALLS)
def test_every_request_matches_mailchimps_api_description(
    name: str, wire: responses.RequestsMock, openapi: dict[str, Any]
) -> None:
    _result, request = asked(name, wire)
    parts = urlsplit(request.url)
    operation = _operation(openapi, request.method.lower(), parts.path)
    known = {each["name"]: each for each in _query_parameters(openapi, operation)}
    for key, value in parse_qsl(parts.query):
        if key in _NOT_DESCRIBED:
            continue
        assert key in known
        assert value in known[key]["schema"].get("enum", [value])
    if request.body:
        content = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(
            json.loads(request.body), {**content, "components": openapi["components"]}
        )


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(API_DESCRIPTION.read_text(encoding="utf-8"))
    return found


def _operation(openapi: dict[str, Any], verb: str, path: str) -> dict[str, Any]:
    """The most literal path that fits: a placeholder would match an action's name too."""
    fitting = [
        template
        for template, operations in openapi["paths"].items()
        if verb in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    ]
    assert fitting, f"{verb} {path} is not described"
    chosen = min(fitting, key=lambda template: template.count("{"))
    found: dict[str, Any] = openapi["paths"][chosen][verb]
    return found


def _query_parameters(openapi: dict[str, Any], operation: dict[str, Any]) -> Iterator[Any]:
    for each in operation.get("parameters", ()):
        if "$ref" in each:
            each = openapi["components"]["parameters"][each["$ref"].rpartition("/")[2]]
        if each["in"] == "query":
            yield each


def test_a_test_mail_to_nobody_is_never_sent(wire: responses.RequestsMock) -> None:
    """MailChimp has been seen to take an empty list for the whole audience."""
    with pytest.raises(Refused):
        client_for(key=KEY).send_test_mail("c1", [])
    assert not wire.calls
