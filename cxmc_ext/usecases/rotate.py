"""After a new first value in CXMC_SECRET_KEYS: seals the stored API key with it."""

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.values import Action, User
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit, keyring


def rotate(services: Services, actor: User) -> bool:
    """False when no key is stored. Repeating it is harmless, also while workers run.

    :raises SetupError: when none of the values opens the stored key.
    """
    session = services.session()
    account = accounts.of_ref(session, services.account_ref)
    accounts.lock(session, account.id)
    session.refresh(account)
    if not account.key_sealed:
        session.rollback()
        return False
    accounts.store(session, account.id, key_sealed=keyring.resealed(services, account))
    audit.note(services, account.id, Action.ROTATE, actor)
    session.commit()
    return True
