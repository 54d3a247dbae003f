"""The signing secrets of routes: made by their channel, sealed at rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notifications.channels.signing_secrets import SigningSecrets
from services.security.sealing import SecretLost


@dataclass(frozen=True, slots=True)
class RouteSecrets:
    """`new` makes a secret for a route of this channel; None where the channel does not sign."""

    box: SigningSecrets
    new: Callable[[str], str | None]

    def seal(self, secret: str | None, route_name: str) -> str | None:
        """The secret as it is stored."""
        return self.box.seal(secret, route_name) if secret else None

    def reseal(self, sealed: str | None, route_name: str) -> str | None:
        """The secret sealed with the first key, so that an older key may be removed; None where no key opens it."""
        try:
            return self.seal(self.box.open(sealed, route_name), route_name) if sealed else None
        except SecretLost:
            return None

    def holds(self, sealed: str | None, secret: str, route_name: str) -> bool:
        """Whether what is sealed is this secret; False where no key opens it."""
        try:
            return sealed is not None and self.box.open(sealed, route_name) == secret
        except SecretLost:
            return False
