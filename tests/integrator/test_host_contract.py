"""Every Host we have keeps the contract: Acme's from the README, the demo's, the one in memory."""

import tempfile
from pathlib import Path

from cxmc_ext.testing import HostContract, HostSandbox, MultiAccountContract, MultiAccountSandbox
from host_app import create_app
from tests.support import readme_code
from tests.support.demo_sandbox import DemoSandbox
from tests.support.sandboxes import (
    HoldingSandbox,
    MemoryMultiAccountSandbox,
    MemorySandbox,
    config,
)

# The class that docs/testing.md shows.
TestAcmeHost = readme_code.contract_names()["TestAcmeHost"]


class TestMemoryHost(HostContract):
    transactional = False

    def make(self) -> HostSandbox:
        return MemorySandbox()


class TestTenantsInMemory(MultiAccountContract):
    transactional = False

    def make(self) -> MultiAccountSandbox:
        return MemoryMultiAccountSandbox()


class TestAcmeHolding(MultiAccountContract):
    def make(self) -> MultiAccountSandbox:
        return HoldingSandbox()


class TestDemoHost(HostContract):
    def make(self) -> HostSandbox:
        folder = tempfile.TemporaryDirectory()
        app = create_app({"INSTANCE": Path(folder.name), **config(Path(folder.name))})
        return DemoSandbox(app, folder)
