"""The CRM's settings: from the environment, or from the file that the demo command writes."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEMO_FILE = "demo.json"
_EXTENSION_PREFIX = "CXMC_"


def instance_dir() -> Path:
    """The folder for the data: CRM_INSTANCE, or `instance/` next to the code."""
    return Path(os.environ.get("CRM_INSTANCE") or ROOT / "instance").resolve()


def read_config(instance: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of an app.

    Args:
        instance: The folder for the data.
        given: Settings that take precedence over the environment, which takes precedence over the demo's
            file.
    """
    config: dict[str, Any] = {
        "SESSION_COOKIE_NAME": "crm_session",  # Cookies are shared by all ports of a host.
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,  # As long as the session: a tab may stay open overnight.
        "CXMC_TIME_ZONE": "Europe/Amsterdam",
        **_from_environment({**_read_demo_file(instance), **os.environ}),
        **given,
    }
    config.setdefault("SQLALCHEMY_DATABASE_URI", f"sqlite:///{instance / 'crm.db'}")
    if not config.get("SECRET_KEY"):
        config["SECRET_KEY"] = _read_or_create_secret(instance / "secret_key")
    return config


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    setting_names = {
        "DATABASE_URL": "SQLALCHEMY_DATABASE_URI",
        "REDIS_URL": "CXMC_REDIS_URL",
        "SECRET_KEY": "SECRET_KEY",
    }
    settings: dict[str, Any] = {
        setting_names[name]: value
        for name, value in environment.items()
        if name in setting_names and value
    }
    settings |= {
        name: value for name, value in environment.items() if name.startswith(_EXTENSION_PREFIX)
    }
    if "SQLALCHEMY_DATABASE_URI" in settings:
        settings["SQLALCHEMY_DATABASE_URI"] = _with_driver(settings["SQLALCHEMY_DATABASE_URI"])
    return settings


def _with_driver(url: str) -> str:
    """Hosting providers use postgres://, which SQLAlchemy does not accept."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


def _read_demo_file(instance: Path) -> dict[str, str]:
    try:
        settings: dict[str, str] = json.loads((instance / DEMO_FILE).read_text())
    except FileNotFoundError:
        return {}
    return settings


def _read_or_create_secret(path: Path) -> str:
    """The first process creates the secret; all others read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new_file = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    new_file.touch(mode=0o600)
    new_file.write_text(secrets.token_hex(32))
    try:
        # A hard link, unlike a rename, fails if another process was faster.
        os.link(new_file, path)
    except FileExistsError:
        pass
    finally:
        new_file.unlink()
    return path.read_text()
