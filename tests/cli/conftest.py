"""An installation that `flask cxmc doctor` finds nothing wrong with."""

import pytest
from flask import Flask

from cxmc_ext.services import Services
from cxmc_ext.testing import Clock, ManualQueue
from tests.support.installation import Installation


@pytest.fixture
def installation(app: Flask, connected: Services, queue: ManualQueue, clock: Clock) -> Installation:
    return Installation(app, connected, queue, clock)
