"""Where this repository lies."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# MailChimp's published API description, at https://github.com/mailchimp/mailchimp-client-lib-codegen.
# It is not part of the repository; tests that compare with it are skipped where no copy lies beside it.
API_DESCRIPTION = ROOT.parent / "shared" / "mailchimp" / "openapi.json"
