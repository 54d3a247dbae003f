"""Find what shares are based on: who is not covered yet, what was signed up in the last period, weights, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from services.persistence.unit_of_work import ReadSession
from targets_api.allocation import queries
from targets_api.allocation.queries import Counted, Result
from targets_api.domain.allocation import Bases, SharesDoNotFit, few
from targets_api.domain.shares import last_period
from targets_api.domain.sharing_out import Receiver, SharingOut, per_unit
from targets_api.domain.target import Target, counted_kind
from targets_api.hierarchy.queries import organisation_paths


async def find_bases(
    session: ReadSession, target: Target, asked: SharingOut, receivers: Sequence[Receiver], today: date
) -> Bases:
    """By key, in what proportion the receivers share. Raises SharesDoNotFit where a baseline is missing."""
    if asked.to == "organisations_per_unit":
        return await _per_unit(session, target, asked, receivers, today)
    keys = [receiver.key for receiver in receivers]
    if asked.by == "last_result":
        results = await _results_below(session, target, asked, keys)
        return {key: Fraction(results[key]) for key in keys}
    free = [key for key in keys if key not in asked.bounds.pinned]
    given = await _given(session, target, asked, free, today)
    return {key: given.get(key, Fraction(0)) for key in keys}


async def _per_unit(
    session: ReadSession, target: Target, asked: SharingOut, receivers: Sequence[Receiver], today: date
) -> Bases:
    units = list(dict.fromkeys(str(receiver.scope.unit_code) for receiver in receivers))
    organisations = list(dict.fromkeys(str(receiver.scope.organisation_code) for receiver in receivers))
    receiving = await _receiving(session, await _results(session, target, units), organisations)
    by_pair: Counter[tuple[str, str]] = Counter()
    for result, organisation in receiving:
        by_pair[str(result.unit_code), organisation] += result.n
    if asked.by == "last_result":
        of_units: Bases = {unit: Fraction(sum(by_pair[unit, each] for each in organisations)) for unit in units}
    else:
        of_units = await _given(session, target, asked, units, today)
    return per_unit(of_units, by_pair, organisations)


async def _given(
    session: ReadSession, target: Target, asked: SharingOut, keys: Sequence[str], today: date
) -> Mapping[str, Fraction]:
    """What is the basis whatever was signed up."""
    if asked.by == "uncovered":
        return await _uncovered(session, target, keys, today)
    return dict.fromkeys(keys, Fraction(1)) if asked.weights is None else asked.weights


async def _uncovered(session: ReadSession, target: Target, units: Sequence[str], today: date) -> dict[str, Fraction]:
    stocks = await queries.stocks_of(session, units, target.scheme, today)
    unknown = {code for stock in stocks for code in stock.without_baseline}
    unknown |= {stock.code for stock in stocks if stock.population is None}
    if unknown:
        detail = (
            f"no baseline of {target.scheme} for {few(unknown)}: PUT /v1/units/{{code}}/baselines, or pin their shares"
        )
        raise SharesDoNotFit.field("/by", detail)
    return {stock.code: Fraction(max(0, (stock.population or 0) - (stock.covered or 0))) for stock in stocks}


async def _results_below(session: ReadSession, target: Target, asked: SharingOut, keys: Sequence[str]) -> Counter[str]:
    unit = target.scope.unit_code
    units = keys if asked.to == "units" else [unit] if unit else None
    results = await _results(session, target, units)
    if asked.to == "organisations":
        found = await _receiving(session, results, keys)
    else:
        found = [(each, each.collector_code if asked.to == "collectors" else str(each.unit_code)) for each in results]
    summed: Counter[str] = Counter()
    for result, key in found:
        summed[key] += result.n
    return summed


async def _results(session: ReadSession, target: Target, units: Collection[str] | None) -> list[Result]:
    """What was signed up in the scope of the target in the period before its own; in each of the units, if any."""
    scope = target.scope
    counted = Counted(target.scheme, counted_kind(target.measure), *last_period(target.starts_on, target.ends_on))
    if units is None:
        results = await queries.results_of_organisation(session, str(scope.organisation_code), counted)
    else:
        results = await queries.results_of_units(session, units, counted)
    if scope.organisation_code:
        results = [each for each, _ in await _receiving(session, results, [scope.organisation_code])]
    return [each for each in results if scope.collector_code in (None, each.collector_code)]


async def _receiving(
    session: ReadSession, results: Sequence[Result], organisations: Collection[str]
) -> list[tuple[Result, str]]:
    """The results of these organisations and of those below them, each with the one of these that it belongs to."""
    paths = await organisation_paths(session, {result.organisation_code for result in results})
    wanted = frozenset(organisations)
    of = {code: next((each for each in path if each in wanted), None) for code, path in paths.items()}
    found = ((result, of.get(result.organisation_code)) for result in results)
    return [(result, organisation) for result, organisation in found if organisation is not None]
