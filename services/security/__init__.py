"""Secret keys, bearer tokens, and sealing of secrets at rest."""
