"""What the settings accept, as text from the environment and as values in Python."""

import pytest

from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import SetupError

SECRETS = ["a-secret-of-22-letters", "b-secret-of-22-letters"]


@pytest.mark.parametrize("given", [", ".join(SECRETS), SECRETS, tuple(SECRETS), iter(SECRETS)])
def test_several_values_are_a_text_or_a_list(given: object) -> None:
    assert read_settings({"CXMC_WEBHOOK_SECRETS": given}).webhook_secrets == tuple(SECRETS)


@pytest.mark.parametrize("nothing", ["", " , ", [], None])
def test_no_values_are_none(nothing: object) -> None:
    assert read_settings({"CXMC_WEBHOOK_SECRETS": nothing}).webhook_secrets == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com",
        "https://10.0.0.7",
        "https://192.168.1.2:8443",
        "https://[fd00::1]",
        "https://169.254.1.1",
        "https://crm",
        "https://crm.local",
        "https://crm.internal/app",
        "https://user@crm.example.com",
        "https://crm.example.com?a=1",
        "crm.example.com",
        "ftp://crm.example.com",
    ],
)
def test_an_address_that_mailchimp_cannot_reach_is_no_public_one(url: str) -> None:
    with pytest.raises(SetupError, match="CXMC_PUBLIC_URL must be the https address"):
        read_settings({"CXMC_PUBLIC_URL": url})


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({}, ""),
        (
            {"CXMC_PUBLIC_URL": "https://crm.example.com/app/"},
            "https://crm.example.com/app/cxmc/webhook/a-secret-of-22-letters",
        ),
        ({"CXMC_PUBLIC_URL": "http://127.0.0.1:5000"}, ""),
        (
            {
                "CXMC_PUBLIC_URL": "http://127.0.0.1:5000",
                "CXMC_API_ROOT": "http://127.0.0.1:5010/3.0",
            },
            "http://127.0.0.1:5000/cxmc/webhook/a-secret-of-22-letters",
        ),
    ],
)
def test_the_webhooks_address_is_public_or_that_of_a_stand_ins_machine(
    config: dict[str, str], url: str
) -> None:
    assert read_settings({"CXMC_WEBHOOK_SECRETS": SECRETS, **config}).webhook_url == url


def test_without_webhook_secrets_they_follow_from_the_secret_keys() -> None:
    """Each of them, so that a webhook works while CXMC_SECRET_KEYS is being rotated."""
    config = {"CXMC_PUBLIC_URL": "https://crm.example.com", "CXMC_SECRET_KEYS": "new, old"}
    new, old = read_settings(config).webhook_secrets
    assert (len(new), len(old), new != old) == (32, 32, True)
    assert read_settings({**config, "CXMC_SECRET_KEYS": "old"}).webhook_secrets == (old,)
    assert read_settings({"CXMC_SECRET_KEYS": "old"}).webhook_secrets == ()
