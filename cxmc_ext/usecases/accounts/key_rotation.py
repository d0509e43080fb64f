"""Encrypts the stored API key, and the webhook's, with the first of several CXMC_SECRET_KEYS."""

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys, audit


def rotate_key(services: Services, actor: User) -> bool:
    """Encrypts the account's API key anew. Safe to repeat, and while workers run.

    Args:
        services: Those of the account.
        actor: Who is named in the audit.

    Returns:
        False if no key is stored.

    Raises:
        SetupError: None of the secrets decrypts the stored key.
    """
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref)
    accounts.lock(session, account.id)
    session.refresh(account)
    if not account.sealed_key:
        session.rollback()
        return False
    columns = ("sealed_key", "sealed_webhook_key")
    sealed = {name: getattr(account, name) for name in columns if getattr(account, name)}
    values = {name: api_keys.reseal(services, account.id, old) for name, old in sealed.items()}
    accounts.update_columns(session, account.id, **values)
    audit.log(services, account.id, AuditAction.KEY_ROTATION, actor)
    session.commit()
    return True
