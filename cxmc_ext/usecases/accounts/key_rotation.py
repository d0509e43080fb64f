"""Encrypts the stored API key with the first of several CXMC_SECRET_KEYS, after a new one was added."""

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
    accounts.update_columns(session, account.id, sealed_key=api_keys.reseal(services, account))
    audit.log(services, account.id, AuditAction.KEY_ROTATION, actor)
    session.commit()
    return True
