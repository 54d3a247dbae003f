"""What templates may do: nothing but make a text, of limited length and in limited time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import thread_time
from types import FrameType
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.channels.mail.layout import columns, wrap

MOST_SECONDS: Final = 2.0
"""Of a processor; a built-in template takes some milliseconds."""
LONGEST: Final = 4_000_000
"""Letters; HTML about 500 alerts has a tenth of it."""
_MOST_ROUNDS: Final = 1000
_LONGEST_MADE: Final = 100_000
_HIGHEST_POWER: Final = 100


class _Environment(ImmutableSandboxedEnvironment):
    """One whose operators make nothing huge; these cannot be stopped while they compute."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Raises OverflowError."""
        if operator == "**" and abs(right) > _HIGHEST_POWER:
            raise OverflowError(f"powers are {_HIGHEST_POWER} at most")
        for sequence, times in ((left, right), (right, left)):
            if hasattr(sequence, "__len__") and len(sequence) * times > _LONGEST_MADE:
                raise OverflowError(f"a text is made {_LONGEST_MADE} letters long at most")
        return super().call_binop(context, operator, left, right)


def environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    """Where templates are rendered."""
    made = _Environment(
        loader=loader,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals = {"range": _short_range}
    made.filters |= {"wrap": wrap, "columns": columns}
    return made


def rendered(template: Template, folder: Path | None, values: dict[str, Any]) -> str:
    """The text; the time of templates in the folder is limited. Raises TimeoutError, OverflowError."""
    parts, length = [], 0
    with _limited(folder):
        for part in template.generate(**values):
            length += len(part)
            if length > LONGEST:
                raise OverflowError(f"{template.name} makes more than {LONGEST} letters")
            parts.append(part)
    return "".join(parts)


@contextmanager
def _limited(folder: Path | None) -> Iterator[None]:
    """Ends a template at the line that it has come to. Python has no other way to end a loop in a thread."""
    if folder is None:
        yield
        return
    end, place = thread_time() + MOST_SECONDS, str(folder)

    def look(_: FrameType, __: str, ___: Any) -> Any:
        if thread_time() > end:
            raise TimeoutError(f"takes more than {MOST_SECONDS:.0f} s: do less in it")
        return look

    def begin(frame: FrameType, event: str, argument: Any) -> Any:
        return look(frame, event, argument) if frame.f_code.co_filename.startswith(place) else None

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        yield
    finally:
        sys.settrace(before)


def _short_range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > _MOST_ROUNDS:
        raise OverflowError(f"range has {_MOST_ROUNDS} numbers at most")
    return found
