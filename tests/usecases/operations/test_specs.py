"""Every kind of operation has a spec, steps and labels, and its payload survives the database."""

import json

import pytest

from cxmc_ext.domain.mailchimp import Audience, RemoteAccount
from cxmc_ext.domain.operation_payloads import (
    ConnectPayload,
    ErasedAddress,
    ErasurePayload,
    MailingPayload,
    Payload,
    SendRequest,
    ThrowawayPayload,
)
from cxmc_ext.domain.operations import OPERATION_SPECS, OperationKind, spec_of, without_secrets
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.worker.step_tables import STEPS

REMOTE = RemoteAccount(
    "a1", "Cedar", "r@cedar.example", "owner", "monthly", "UTC", {"city": "A"}, 1
)
PAYLOADS = [
    MailingPayload(send_request=SendRequest.ACCEPTED, create_requested_at=7, unscheduled=True),
    ThrowawayPayload(addresses=("a@b.example",), failure=Problem("busy", "why", {"n": "1"})),
    ConnectPayload(sealed_key="s", remote_account=REMOTE, audience=Audience("l1", 2, "CRM", 3)),
    ErasurePayload(
        addresses=(ErasedAddress("aa", "bb"),), person=PersonRef(PersonKind.CONTACT, "12")
    ),
]


@pytest.mark.parametrize("kind", OperationKind)
def test_a_kind_has_a_spec_and_steps(kind: OperationKind) -> None:
    assert kind in OPERATION_SPECS
    assert kind in STEPS or kind is OperationKind.FOLLOW_UP, "a follow-up needs no worker"


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
def test_a_payload_survives_the_database(payload: Payload) -> None:
    stored = json.loads(json.dumps(payload.to_json()))
    assert type(payload).from_json(stored) == payload


def test_unknown_fields_are_ignored_and_missing_ones_get_their_default() -> None:
    assert MailingPayload.from_json({"of_a_newer_release": 1}) == MailingPayload()


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        (OperationKind.CONNECT, {"sealed_key", "sealed_code"}),
        (OperationKind.TEST_MAIL, {"addresses"}),
        (OperationKind.ERASURE, {"addresses", "person"}),
        (OperationKind.SEND, set()),
    ],
)
def test_secrets_do_not_outlive_an_operation(kind: OperationKind, secret: set[str]) -> None:
    payload = spec_of(kind).payload().to_json()
    assert payload.keys() - without_secrets(kind, payload).keys() == secret
