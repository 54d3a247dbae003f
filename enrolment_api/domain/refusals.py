"""Why a sign-up is refused. Each names the field to mend; none repeats personal data."""

from __future__ import annotations
