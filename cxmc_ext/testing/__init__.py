"""The test kit: a contract for your Host, a CRM in memory, a queue and a clock under your control."""

from cxmc_ext.testing.contract import HostContract
from cxmc_ext.testing.fakes import Clock, ManualQueue
from cxmc_ext.testing.memory import MemoryHost
from cxmc_ext.testing.multi_account import MemoryMultiAccountHost, MultiAccountContract
from cxmc_ext.testing.sandbox import AddressMarkerSandbox, HostSandbox, MultiAccountSandbox

__all__ = [
    "AddressMarkerSandbox",
    "Clock",
    "HostContract",
    "HostSandbox",
    "ManualQueue",
    "MemoryHost",
    "MemoryMultiAccountHost",
    "MultiAccountContract",
    "MultiAccountSandbox",
]
