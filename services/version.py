"""The version of what is installed, as pyproject.toml names it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

VERSION: Final = version("drive")
