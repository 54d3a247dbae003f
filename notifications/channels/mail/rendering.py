"""Templates (Jinja2): the built-in ones, and those of an operator that take their place."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from jinja2 import ChoiceLoader, FileSystemLoader, TemplateError, TemplateSyntaxError

from notifications.channels.mail.sandbox import environment, rendered
from services.errors import Invalid

log = structlog.get_logger(__name__)

BUILT_IN: Final = Path(__file__).with_name("templates")
NAMES: Final = tuple(sorted(file.name for file in BUILT_IN.iterdir() if not file.name.startswith("_")))
"""Those that an operator may replace; the others are parts of them."""
LANGUAGES: Final = ("vi", "en")


class Renderer:
    """Renders by name: in the folder `LANGUAGE/NAME` comes first, then `NAME`, then the built-in one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._built_in = environment(FileSystemLoader(BUILT_IN))
        own = ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(BUILT_IN)]) if folder else None
        self._own = environment(own) if own else self._built_in

    def render(self, name: str, language: str, **values: Any) -> str:
        """The text. Where an operator's template fails, the built-in one takes its place and an error is logged: an
        alert that looks plain is better than none."""
        try:
            return self.strictly(name, language, **values)
        except Exception as error:
            if self._own is self._built_in:
                raise
            log.error("template_failed", template=name, language=language, reason=place_of(error, self._folder))
            return self._built_in.get_template(name).render(**values)

    def strictly(self, name: str, language: str, **values: Any) -> str:
        """The text, by the template that comes first; raises whatever that raises."""
        return rendered(self._own.select_template([f"{language}/{name}", name]), self._folder, values)

    def check(self, samples: Callable[[Renderer], Iterator[tuple[str, Callable[[], object]]]]) -> None:
        """Render every sample. Raises Invalid, with file and line, at the first that fails, or that does or makes too
        much."""
        if not self._folder:
            return
        self._check_names(self._folder)
        for what, render in samples(self):
            try:
                render()
            except Exception as error:
                raise Invalid(f"DRIVE_TEMPLATES_DIR: {place_of(error, self._folder)} ({what})") from error

    def _check_names(self, folder: Path) -> None:
        known = {Path(name) for name in NAMES} | {Path(each, name) for each in LANGUAGES for name in NAMES}
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.relative_to(folder) not in known:
                named = f"{', '.join(NAMES)}, each alone or in vi/ or en/"
                raise Invalid(f"DRIVE_TEMPLATES_DIR: {file}: no template has this name: there are {named}")


def place_of(error: Exception, folder: Path | None) -> str:
    """File, line and what is wrong."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}: {error.message}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(folder) in frame.filename]
    where = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
    said = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    return f"{where}{said}"
