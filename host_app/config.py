"""Where the CRM's settings come from: the environment first, then what the demo command wrote down."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEMO_FILE = "demo.json"
_PREFIX = "CXMC_"


def instance_dir() -> Path:
    """Where the data lives: `instance/` beside the code, or CRM_INSTANCE."""
    return Path(os.environ.get("CRM_INSTANCE") or ROOT / "instance").resolve()


def read_config(instance: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of one app; `given` wins over the environment, that over the demo's file."""
    config: dict[str, Any] = {
        "SESSION_COOKIE_NAME": "crm_session",  # cookies are shared by all ports of a host
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a tab may stay open over night
        "CXMC_TIME_ZONE": "Europe/Amsterdam",
        **_from_environment({**_demo_file(instance), **os.environ}),
        **given,
    }
    config.setdefault("SQLALCHEMY_DATABASE_URI", f"sqlite:///{instance / 'crm.db'}")
    if not config.get("SECRET_KEY"):
        config["SECRET_KEY"] = _keep_secret(instance / "secret_key")
    return config


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    names = {
        "DATABASE_URL": "SQLALCHEMY_DATABASE_URI",
        "REDIS_URL": "CXMC_REDIS_URL",
        "SECRET_KEY": "SECRET_KEY",
    }
    found: dict[str, Any] = {names[k]: v for k, v in env.items() if k in names and v}
    found |= {k: v for k, v in env.items() if k.startswith(_PREFIX)}
    if "SQLALCHEMY_DATABASE_URI" in found:
        found["SQLALCHEMY_DATABASE_URI"] = _driver(found["SQLALCHEMY_DATABASE_URI"])
    return found


def _driver(url: str) -> str:
    """Hosting companies hand out postgres://, which SQLAlchemy does not know."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


def _demo_file(instance: Path) -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads((instance / DEMO_FILE).read_text())
    except FileNotFoundError:
        return {}
    return kept


def _keep_secret(path: Path) -> str:
    """Made by whoever comes first, the same for all processes afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_hex(32))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text()
