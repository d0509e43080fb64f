"""CXMC_API_ROOT decides where calls go; it accepts loopback and MailChimp only."""

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import SetupError
from tests.support.mailchimp_clients import settings_for


@pytest.mark.parametrize(
    "root",
    [
        "https://evil.example",
        "http://us1.api.mailchimp.com",
        "https://us1.api.mailchimp.com.evil.example",
        "https://evil.example/us1.api.mailchimp.com",
        "https://127.0.0.1.evil.example",
        "http://169.254.169.254/latest",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "https://us1.api.mailchimp.com@evil.example",
    ],
)
def test_a_root_that_is_neither_loopback_nor_mailchimp_is_refused(root: str) -> None:
    with pytest.raises(SetupError, match="CXMC_API_ROOT"):
        settings_for(CXMC_API_ROOT=root)


@pytest.mark.parametrize(
    "root", ["", "http://127.0.0.1:5001/3.0", "http://[::1]:1", "https://us1.api.mailchimp.com/3.0"]
)
def test_loopback_and_mailchimp_are_accepted(root: str) -> None:
    assert settings_for(CXMC_API_ROOT=root).api_root == root


@pytest.mark.parametrize("raw", ["soon", "", "1.5", "-1", "9" * 40, None])
def test_an_invalid_number_is_refused_with_a_message(raw: object) -> None:
    with pytest.raises(SetupError, match="CXMC_TICK_SECONDS must be a whole number"):
        settings_for(CXMC_TICK_SECONDS=raw)


def test_settings_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/configure.md says. Flask turns what looks like JSON into numbers and booleans."""
    app, fernet = Flask("mine"), Fernet.generate_key().decode()
    variables = {
        "REDIS_URL": "redis://redis:6379/0",
        "SECRET_KEYS": f"{fernet},{fernet}",
        "MAX_CONNECTIONS": "4",
        "REQUIRE_PAID_PLAN": "false",
        "METRICS_TOKEN": "9876543210987654",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"FLASK_CXMC_{name}", value)
    app.config.from_prefixed_env()
    settings = read_settings(app.config)
    assert (settings.redis_url, settings.max_connections) == ("redis://redis:6379/0", 4)
    assert (settings.secret_keys, settings.require_paid_plan) == ((fernet, fernet), False)
    assert settings.metrics_token == variables["METRICS_TOKEN"]
