"""What the screens show, as frozen values: read from our own rows and the Host, never from MailChimp."""
