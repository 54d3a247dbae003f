"""Templates (Jinja2): the built-in ones, and those of an operator that take their place."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.channels.mail.layout import columns, wrap
from services.errors import Invalid

log = structlog.get_logger(__name__)

BUILT_IN: Final = Path(__file__).with_name("templates")
NAMES: Final = tuple(sorted(file.name for file in BUILT_IN.iterdir() if not file.name.startswith("_")))
"""Those that an operator may replace; the others are parts of them."""
LANGUAGES: Final = ("vi", "en")
_MOST_ROUNDS: Final = 1000
_MOST_SECONDS: Final = 2.0
"""For a template with sample data; a built-in one takes some milliseconds."""


class Renderer:
    """Renders by name: in the folder `LANGUAGE/NAME` comes first, then `NAME`, then the built-in one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._built_in = _environment(FileSystemLoader(BUILT_IN))
        own = ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(BUILT_IN)]) if folder else None
        self._own = _environment(own) if own else self._built_in

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
        return self._own.select_template([f"{language}/{name}", name]).render(**values)

    def check(self, samples: Callable[[Renderer], Iterator[tuple[str, Callable[[], object]]]]) -> None:
        """Render every sample. Raises Invalid, with file and line, at the first that fails, or takes too long."""
        if not self._folder:
            return
        self._check_names(self._folder)
        for what, render in samples(self):
            begun = monotonic()
            try:
                render()
            except Exception as error:
                raise Invalid(f"DRIVE_TEMPLATES_DIR: {place_of(error, self._folder)} ({what})") from error
            if monotonic() - begun > _MOST_SECONDS:
                raise Invalid(f"DRIVE_TEMPLATES_DIR: {what} takes more than {_MOST_SECONDS:.0f} s: do less in it")

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


def _environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals = {"range": _short_range}
    environment.filters |= {"wrap": wrap, "columns": columns}
    return environment


def _short_range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > _MOST_ROUNDS:
        raise OverflowError(f"range has {_MOST_ROUNDS} numbers at most")
    return found
