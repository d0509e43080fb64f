"""What the settings accept, as text from the environment and as values in Python."""

import pytest

from cxmc_ext.config import read_settings

SECRETS = ["a-secret-of-22-letters", "b-secret-of-22-letters"]


@pytest.mark.parametrize("given", [", ".join(SECRETS), SECRETS, tuple(SECRETS), iter(SECRETS)])
def test_several_values_are_a_text_or_a_list(given: object) -> None:
    assert read_settings({"CXMC_WEBHOOK_SECRETS": given}).webhook_secrets == tuple(SECRETS)


@pytest.mark.parametrize("nothing", ["", " , ", [], None])
def test_no_values_are_none(nothing: object) -> None:
    assert read_settings({"CXMC_WEBHOOK_SECRETS": nothing}).webhook_secrets == ()
