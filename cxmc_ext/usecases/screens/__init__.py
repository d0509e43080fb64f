"""What each screen shows, from our own rows; no MailChimp calls."""
