"""What is ranked by: the value of each candidate on the day of the ranking, and on the day that it is compared with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, get_args

from services.holidays import calendar_of
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of
from services.vocabulary import Measure
from targets_api.domain.main_target import main_target
from targets_api.domain.pace import Progress, Verdict, pace_of
from targets_api.domain.ranking import By
from targets_api.domain.rounding import cut
from targets_api.domain.target import STOCK_MEASURES, Target, counted_kind
from targets_api.hierarchy.queries import organisations_above
from targets_api.rankings.keys import Day, Period, Ranked, RankingKey, Values
from targets_api.rankings.queries import STOCKS, SUMS, TARGETS, Stock, Sums, TargetBegun


async def new_sign_ups(session: ReadSession, asked: Ranked) -> Values:
    """New sign-ups since the start; on a day before the start there is nothing to rank by."""
    start = asked.key.start
    periods = {(code, on): Period(code, None, start, on) for code, on in asked.days if on >= start}
    sums = await _sums(session, asked.key, periods.values())
    return {day: sums[period].new for day, period in periods.items()}


async def coverage(session: ReadSession, asked: Ranked) -> Values:
    """Persons covered of those who live there, as of each day."""
    stocks = await _stocks(session, asked.key, asked.days)
    return {day: found for day, stock in stocks.items() if (found := _coverage(stock)) is not None}


async def attained(session: ReadSession, asked: Ranked) -> Values:
    """The share of the way of the main target that is behind it."""
    return {day: verdict.attained for day, verdict in (await _verdicts(session, asked)).items()}


async def ratio(session: ReadSession, asked: Ranked) -> Values:
    """That share by the one that is expected; nothing where none is expected yet."""
    verdicts = await _verdicts(session, asked)
    return {day: verdict.ratio for day, verdict in verdicts.items() if verdict.ratio is not None}


VALUES: Final[Mapping[By, Callable[[ReadSession, Ranked], Awaitable[Values]]]] = {
    "ratio": ratio,
    "attained": attained,
    "new": new_sign_ups,
    "coverage": coverage,
}


async def _verdicts(session: ReadSession, asked: Ranked) -> dict[Day, Verdict]:
    begun = await _main_targets(session, asked)
    asked.main.update({code: each.target for (code, on), each in begun.items() if on == asked.key.on})
    progress = {**await _progress_of_stocks(session, asked, begun), **await _progress_of_flows(session, asked, begun)}
    calendar = calendar_of(day for each in begun.values() for day in (each.target.starts_on, each.target.ends_on))
    return {
        day: pace_of(begun[day].target, reached, day[1], asked.today, calendar) for day, reached in progress.items()
    }


async def _main_targets(session: ReadSession, asked: Ranked) -> dict[Day, TargetBegun]:
    """The target that counts of each candidate on each day, where there is one."""
    key = asked.key
    measures = [key.measure] if key.measure else list(get_args(Measure))
    columns = {**_keys(key, asked.days), "measures": measures, "today": asked.today}
    found = await _own(session, key, await session.all(TARGETS[key.kind], columns))
    by_day: dict[Day, dict[Target, TargetBegun]] = {}
    for each in found:
        by_day.setdefault(asked.days[each.place - 1], {})[each.target] = each
    return {day: each[main] for day, each in by_day.items() if (main := main_target(each))}


async def _own(session: ReadSession, key: RankingKey, found: list[TargetBegun]) -> list[TargetBegun]:
    """Without those for organisations that the reader may not know of."""
    named = {each.target.scope.organisation_code for each in found} - {None}
    if key.own_of is None or key.kind != "collector" or not named:
        return found
    above = await organisations_above(session, {code for code in named if code})
    return [
        each
        for each in found
        if (code := each.target.scope.organisation_code) is None or key.own_of in above.get(code, {code})
    ]


async def _progress_of_flows(
    session: ReadSession, asked: Ranked, begun: Mapping[Day, TargetBegun]
) -> dict[Day, Progress]:
    periods = {
        day: Period(day[0], _for(asked, each.target), each.target.starts_on, day[1])
        for day, each in begun.items()
        if each.target.measure not in STOCK_MEASURES
    }
    sums = await _sums(session, asked.key, periods.values())
    return {day: Progress(_counted(sums[period], begun[day].target)) for day, period in periods.items()}


def _for(asked: Ranked, target: Target) -> str | None:
    return target.scope.organisation_code if asked.key.kind == "collector" else None


def _counted(sums: Sums, target: Target) -> int:
    return sums.n_renewal if counted_kind(target.measure) == "renewal" else sums.n_new


async def _progress_of_stocks(
    session: ReadSession, asked: Ranked, begun: Mapping[Day, TargetBegun]
) -> dict[Day, Progress]:
    days = [day for day, each in begun.items() if each.target.measure in STOCK_MEASURES]
    stocks = await _stocks(session, asked.key, days)
    return {day: _reached(begun[day], stocks.get(day)) for day in days}


def _reached(begun: TargetBegun, stock: Stock | None) -> Progress:
    at_start = (begun.covered_at_start, begun.population, begun.measured_from, begun.population_at_start)
    progress = Progress(begun.covered_at_start, *at_start)
    return progress.of_stock(stock.covered, stock.population) if stock else progress


def _coverage(stock: Stock) -> float | None:
    if stock.population is None or stock.covered is None:
        return None
    return cut(int(stock.covered) / int(stock.population), 4)


async def _stocks(session: ReadSession, key: RankingKey, days: Sequence[Day]) -> dict[Day, Stock]:
    found = await session.all(STOCKS, _keys(key, days)) if days else []
    return {days[stock.place - 1]: stock for stock in found}


async def _sums(session: ReadSession, key: RankingKey, periods: Iterable[Period]) -> dict[Period, Sums]:
    asked = list(dict.fromkeys(periods))
    if not asked:
        return {}
    columns = columns_of((period._asdict() for period in asked), *Period._fields)
    found = await session.all(SUMS[key.kind], {**columns, "scheme": [key.scheme] * len(asked)})
    by_place = {sums.place: Sums(*map(int, sums)) for sums in found}
    return {period: by_place.get(place, Sums(place, 0, 0, 0)) for place, period in enumerate(asked, start=1)}


def _keys(key: RankingKey, days: Sequence[Day]) -> dict[str, list[object]]:
    return {
        "code": [code for code, _ in days],
        "scheme": [key.scheme] * len(days),
        "start": [key.start] * len(days),
        "on": [on for _, on in days],
    }
