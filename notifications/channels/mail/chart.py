"""The way of a target as a picture: what was expected, and what was reached. It has no words and no ground of its own,
so that it needs no font, and fits light and dark mails; what it means stands around it. Pure, but for its drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

from resvg_py import svg_to_bytes

from notifications.messages.alert_snapshot import AlertSnapshot
from services.contracts.pace import PaceFigures

REACHED: Final = "#2f6fde"
EXPECTED: Final = "#8a8f98"
_WIDTH, _HEIGHT, _EDGE = 560, 170, 8
_HIGHEST: Final = 1.15
Size: TypeAlias = Literal["large", "small"]
_ZOOM: Final[Mapping[Size, float]] = {"large": 2.0, "small": 1.0}
"""A large one is shown 560 pixels wide, a small one 280, both on screens with two points a pixel."""
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Course:
    """The shares of the way that were expected and reached, each over the share of the period that was over."""

    expected: Sequence[Point]
    reached: Sequence[Point]


def course_of(alert: AlertSnapshot, before: Iterable[PaceFigures] = ()) -> Course:
    """From the figures of the alert now, and `before` at its changes; between them nothing is known, and a line is
    drawn."""
    days = max((alert.ends_on - alert.starts_on).days, 1)
    by_day = {each.on: each for each in (*before, alert.figures) if alert.starts_on <= each.on <= alert.ends_on}

    def place(day: date) -> float:
        return (day - alert.starts_on).days / days

    known: list[PaceFigures] = [by_day[day] for day in sorted(by_day)]
    expected = [(0.0, 0.0), *((place(each.on), _within(each.expected)) for each in known)]
    if expected[-1][0] < 1:
        expected.append((1.0, 1.0))
    return Course(expected, [(0.0, 0.0), *((place(each.on), _within(each.attained)) for each in known)])


def png_of(course: Course, size: Size = "large") -> bytes:
    """A PNG of some kilobytes. Raises ValueError where it cannot be drawn."""
    return bytes(svg_to_bytes(svg_string=svg_of(course), zoom=_ZOOM[size], skip_system_fonts=True))


def svg_of(course: Course) -> str:
    """The picture, 560 by 170."""
    levels = "".join(
        f'<path d="M{_EDGE} {_y(level):.1f}H{_WIDTH - _EDGE}" stroke="{EXPECTED}" stroke-opacity="{opacity}"/>'
        for level, opacity in ((0.0, 0.8), (0.5, 0.3), (1.0, 0.8))
    )
    x, y = course.reached[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" fill="none">{levels}'
        f'<polyline points="{_points(course.expected)}" stroke="{EXPECTED}" stroke-width="2.5" stroke-dasharray="6 4"/>'
        f'<polyline points="{_points(course.reached)}" stroke="{REACHED}" stroke-width="4" stroke-linejoin="round"/>'
        f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="6" fill="{REACHED}"/></svg>'
    )


def _points(line: Sequence[Point]) -> str:
    return " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in line)


def _x(share: float) -> float:
    return _EDGE + share * (_WIDTH - 2 * _EDGE)


def _y(share: float) -> float:
    return _HEIGHT - _EDGE - share / _HIGHEST * (_HEIGHT - 2 * _EDGE)


def _within(share: float) -> float:
    return min(max(share, 0.0), _HIGHEST)
