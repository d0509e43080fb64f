"""The audit has a name for everything it records, which is not what a progress panel says."""

from dataclasses import replace

import pytest

from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.operation_kinds import OperationKind
from cxmc_ext.domain.operations import kinds_with
from cxmc_ext.services import Services
from cxmc_ext.web.i18n import localizer_for_language
from cxmc_ext.web.presentation.audit_labels import AUDIT_LABELS, action_label


def test_everything_that_is_recorded_has_a_name() -> None:
    assert AUDIT_LABELS.keys() == {*AuditAction, *kinds_with(lambda spec: spec.is_audited)}


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Unschedule the campaign"),
        ("de", "Planung der Kampagne aufheben"),
        ("fr", "Annuler la planification de la campagne"),
        ("nl", "De planning van de campagne annuleren"),
    ],
)
def test_a_finished_action_is_not_told_as_going_on(
    services: Services, language: str, label: str
) -> None:
    localizer = localizer_for_language(language, replace(services.settings, locale="en"))
    assert action_label(localizer, OperationKind.UNSCHEDULE) == label
    names = [action_label(localizer, action) for action in AUDIT_LABELS]
    assert not [name for name in names if " wird " in name or " werden " in name]


def test_an_action_of_another_release_keeps_its_name(services: Services) -> None:
    assert action_label(localizer_for_language("", services.settings), "teleport") == "teleport"
