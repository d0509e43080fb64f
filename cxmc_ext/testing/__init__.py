"""For tests, an integrator's and our own: a CRM in memory, a queue and a clock driven by hand, a contract."""

from cxmc_ext.testing.contract import HostContract, HostSandbox
from cxmc_ext.testing.fakes import Clock, ManualQueue
from cxmc_ext.testing.memory import MemoryHost
from cxmc_ext.testing.multi_account import (
    MemoryMultiAccountHost,
    MultiAccountContract,
    MultiAccountSandbox,
)

__all__ = [
    "Clock",
    "HostContract",
    "HostSandbox",
    "ManualQueue",
    "MemoryHost",
    "MemoryMultiAccountHost",
    "MultiAccountContract",
    "MultiAccountSandbox",
]
