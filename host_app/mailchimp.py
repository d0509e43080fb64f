"""The extension object of this app. Import it where its methods are needed."""

from cxmc_ext import CxMailChimp
from host_app.host import DemoHost

mailchimp = CxMailChimp(host=DemoHost)
