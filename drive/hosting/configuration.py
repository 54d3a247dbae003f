"""The settings of all services, read together: for whatever runs or reaches more than one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from drive.hosting.services import SERVICES, ServiceName
from enrolment_api.settings import EnrolmentSettings
from notifications.settings import NotificationsSettings
from services.settings import ServiceSettings, Settings
from targets_api.settings import TargetsSettings

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SETTINGS: Final[Mapping[ServiceName, type[ServiceSettings]]] = {
    "enrolment": EnrolmentSettings,
    "targets": TargetsSettings,
    "notifications": NotificationsSettings,
}


@dataclass(frozen=True)
class Configuration:
    """`common` is what every process has; each service's own settings hold the same and more."""

    common: Settings
    services: Mapping[ServiceName, ServiceSettings]

    def api_url(self, service: ServiceName) -> str:
        """Where the service answers."""
        return _http(self.common.host, self.services[service].api_port)

    def worker_url(self, service: ServiceName) -> str:
        """Where the service's worker reports its health."""
        return _http(self.common.host, self.services[service].worker_port)

    def addresses(self) -> dict[ServiceName, str]:
        """The URL of each service's API."""
        return {service: self.api_url(service) for service in SERVICES}

    def database(self, service: ServiceName) -> URL | None:
        """The service's database, or None where PostgreSQL is embedded."""
        return self.services[service].database()

    def database_setting(self, service: ServiceName) -> str:
        """The variable that says where that is."""
        return self.services[service].database_setting()

    def changed(self, **changes: Any) -> Configuration:
        """The same but for these fields, each in all settings that have it."""
        return Configuration(
            _changed(self.common, changes), {name: _changed(one, changes) for name, one in self.services.items()}
        )


def read_configuration(environment: Mapping[str, str] | None = None) -> Configuration:
    """The settings in the environment of this process, or in the given one alone. Raises ValidationError."""
    return Configuration(
        _read(Settings, environment), {service: _read(SETTINGS[service], environment) for service in SERVICES}
    )


def _read(kind: type[Any], environment: Mapping[str, str] | None) -> Any:
    return kind() if environment is None else kind.model_validate(dict(environment))


def _changed(settings: Any, changes: Mapping[str, Any]) -> Any:
    known = {name: value for name, value in changes.items() if name in type(settings).model_fields}
    return settings.model_copy(update=known)


def _http(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
