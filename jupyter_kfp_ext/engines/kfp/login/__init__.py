"""Logins that last: by OpenID Connect, or by a user name and password at a web page."""
