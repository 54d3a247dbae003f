"""Typed clients that openapi-python-client makes of the documents, as partners would."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from drive.hosting.services import ServiceName
from services.web.table_body import CSV, XLSX
from tests.openapi.documents import document_of


def package_of(service: ServiceName) -> str:
    """The name of the client's package."""
    return f"generated_{service}"


def generate(service: ServiceName, folder: Path) -> subprocess.CompletedProcess[str]:
    """Make the client of a service in the folder; a warning is an error."""
    document, settings = folder / f"{service}.json", folder / "settings.json"
    document.write_text(json.dumps(document_of(service)))
    of_files = dict.fromkeys((CSV, XLSX), "application/octet-stream")
    settings.write_text(json.dumps({"post_hooks": [], "content_type_overrides": of_files}))
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    paths = ["--path", str(document), "--config", str(settings), "--output-path", str(folder / package_of(service))]
    return subprocess.run([*generator, *paths], capture_output=True, text=True, check=False, timeout=60)


class Generated:
    """A generated client: `await client.call("enrolments.record_enrolment", body=…)`, `client.model("SignUp", {…})`."""

    def __init__(self, service: ServiceName, authenticated: Any) -> None:
        self._package = package_of(service)
        self._client = authenticated

    def model(self, name: str, body: dict[str, Any]) -> Any:
        """A body of the type of that name."""
        return getattr(self._module("models"), name).from_dict(body)

    def enumeration(self, name: str, word: str) -> Any:
        """A word of an enumeration."""
        return getattr(self._module("models"), name)(word)

    async def call(self, operation: str, *path: str, **given: Any) -> Any:
        """What the operation answers, parsed."""
        return await self._module(f"api.{operation}").asyncio(*path, client=self._client, **given)

    def _module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self._package}.{name}")
