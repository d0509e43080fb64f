"""The desk of somebody who imports campaigns."""

import pytest

from cxmc_ext.domain.people import PersonKind, User
from tests.support.campaign_import import ANNA, BRAM
from tests.support.recruiter import Recruiter


@pytest.fixture
def importer(recruiter: Recruiter, admin_user: User) -> Recruiter:
    """The administrator's desk; two people of the CRM share Anna's address."""
    recruiter.user = admin_user
    recruiter.host.add_person(ANNA, first_name="Anna")
    recruiter.host.add_person(ANNA.upper(), PersonKind.CONTACT, first_name="Ans")
    recruiter.host.add_person(BRAM, first_name="Bram")
    return recruiter
