"""“Log in with MailChimp” as the extension uses it."""

from typing import Protocol


class Login(Protocol):
    """“Log in with MailChimp” (OAuth 2). Raises only `MailChimpError`."""

    def exchange_code(self, code: str, redirect_uri: str, account_row: int) -> str:
        """Exchanges the code of a login for a token: `POST /oauth2/token`. A code can be used once.

        Args:
            code: What MailChimp's login page gave to the browser.
            redirect_uri: Where the login page sent the browser.
            account_row: `Account.id`.

        Returns:
            The token, which does not expire.
        """

    def datacenter(self, token: str, account_row: int) -> str:
        """Reads which datacenter the account of a token is in: `GET /oauth2/metadata`.

        Returns:
            What MailChimp names, unchecked.
        """
