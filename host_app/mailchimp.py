"""The extension object of the demo, imported where its methods are needed."""

from cxmc_ext import CxMailChimp
from host_app.host import DemoHost

mailchimp = CxMailChimp(host=DemoHost)
