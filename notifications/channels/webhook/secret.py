"""Signing secrets of webhooks."""

from __future__ import annotations

import base64
import os

_SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh signing secret in the form of Standard Webhooks: `whsec_` and base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()
