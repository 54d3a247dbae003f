"""Every event that crosses the broker: the classes of events of this package, which differ in their type.

A changed meaning is a new version, never a changed old one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, Final, Union

from pydantic import Discriminator, TypeAdapter

from services.contracts.envelope import Event, type_of


def _event_types() -> dict[str, type[Event]]:
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        if module.name != __name__:
            import_module(module.name)
    classes = [kind for kind in Event.__subclasses__() if kind.__module__.startswith(f"{package}.")]
    return {type_of(kind): kind for kind in classes if kind.is_published}


EVENT_TYPES: Final[Mapping[str, type[Event]]] = _event_types()
_ANY: Any = Annotated[Union[tuple(EVENT_TYPES.values())], Discriminator("type")]  # noqa: UP007
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(_ANY)
EVENTS: Final[TypeAdapter[list[Event]]] = TypeAdapter(list[_ANY])
