"""The OpenAPI documents of the three services; `python -m tests.openapi.documents FOLDER` writes them down."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import FastAPI
from sqlalchemy.engine import make_url

from drive.hosting.configuration import SETTINGS
from drive.hosting.services import SERVICES, ServiceName, create_app
from services.clock import SystemClock
from services.observability import Metrics
from services.persistence.database import Database
from services.runtime import Runtime
from services.security.tokens import Tokens

Document: TypeAlias = Mapping[str, Any]
_NOWHERE = make_url("postgresql+asyncpg://nobody@127.0.0.1:1/none")
"""A document needs no database."""
KEY = b"k" * 32
"""What signs tokens for these services."""


@cache
def app_of(service: ServiceName) -> FastAPI:
    """The service, without a database."""
    settings = SETTINGS[service](data_dir=Path(tempfile.gettempdir()), secret_keys="A" * 43)
    return create_app(Runtime(settings, SystemClock(), Database(_NOWHERE), Tokens([KEY]), Metrics()))


@cache
def document_of(service: ServiceName) -> Document:
    """As the service answers it."""
    return app_of(service).openapi()


def operations_of(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`METHOD /path` and the operation, those for the operator apart."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/v1/"):
                yield f"{method.upper()} {path}", operation


def schemas_in(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything in the document that has a type, and where it is; examples are none of it."""
    if isinstance(node, Mapping):
        if isinstance(node.get("type"), str):
            yield place, node
        for name, inner in node.items():
            if name not in ("example", "examples"):
                yield from schemas_in(inner, f"{place}/{name}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from schemas_in(inner, f"{place}/{number}")


def main(folder: str) -> None:
    """Write a file for each service."""
    for service in SERVICES:
        text = json.dumps(document_of(service), ensure_ascii=False, indent=2)
        (Path(folder) / f"{service}.json").write_text(text)


if __name__ == "__main__":
    main(sys.argv[1])
