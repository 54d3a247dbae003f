"""What a caller asks of a series, in the path and the query."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.errors import Invalid
from targets_api.domain.series import points_of
from targets_api.progress.parameters import PeriodQuery
from targets_api.progress.series.queries import SeriesKey
from targets_api.progress.series.schemas import MOST_POINTS, ByWord


class SeriesQuery(PeriodQuery):
    """A period of progress, and how long a point is."""

    by: ByWord = "month"

    def key(self, today: date, own_of: str | None) -> SeriesKey:
        """With the defaults. Raises Invalid as `days`, and where there are too many points."""
        days = self.days(today)
        points = sum(1 for _ in points_of(days, self.by))
        if points > MOST_POINTS:
            remedy = f"these would be {points:,} points, and {MOST_POINTS:,} are answered at most: ask for {_LONGER}"
            raise Invalid.field("/query/by", remedy)
        return SeriesKey(self.code, self.scheme, *days, own_of, self.by)


_LONGER: Final = "weeks or months, or for fewer days"
