"""The keys with which a migration seals what was in clear."""

from collections.abc import Sequence

from alembic import context

from migrations.errors import NotRun


def secret_keys() -> Sequence[bytes]:
    """Those of the installation. Raises NotRun where whoever migrates has given none, and OSError."""
    load = context.config.attributes.get("load_secret_keys")
    if load is None:
        raise NotRun(
            "this database holds personal data in clear, and no keys are given to seal it with: `drive migrate`"
        )
    keys: Sequence[bytes] = load()
    return keys
