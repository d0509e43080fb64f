"""Every Host we have keeps the contract: Acme's from the README, the demo's, the one in memory."""

import tempfile
from pathlib import Path

from cxmc_ext.testing import HostContract, HostWorld, TenantContract, TenantWorld
from host_app import create_app
from tests.kit.worlds import AcmeWorld, DemoWorld, HoldingWorld, MemoryWorld, TwoMemories, config


class TestMemoryHost(HostContract):
    transactional = False

    def make(self) -> HostWorld:
        return MemoryWorld()


class TestAcmeHost(HostContract):
    def make(self) -> HostWorld:
        return AcmeWorld()


class TestTenantsInMemory(TenantContract):
    transactional = False

    def make(self) -> TenantWorld:
        return TwoMemories()


class TestAcmeHolding(TenantContract):
    def make(self) -> TenantWorld:
        return HoldingWorld()


class TestDemoHost(HostContract):
    def make(self) -> HostWorld:
        folder = tempfile.TemporaryDirectory()
        app = create_app({"INSTANCE": Path(folder.name), **config(Path(folder.name))})
        return DemoWorld(app, folder)
