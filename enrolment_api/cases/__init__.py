"""Cases of identity: sign-ups that name another person than is known for their personal ID, until it is decided."""
