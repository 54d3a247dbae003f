"""With alerts:own a stream tells of own alerts alone, and of one that is an own one no longer nothing but its id."""

from __future__ import annotations

from dataclasses import replace

from services.vocabulary import Scope
from tests.notifications.alerts.stream.steps import id_of, token, told
from tests.notifications.service import NotificationsService, an_episode
from tests.support.streams import Listen, Serve

OF_CT = Scope("15142", "CT")


async def test_own_alerts_are_told_and_no_others(service: NotificationsService, serve: Serve, listen: Listen) -> None:
    own = an_episode(scope=OF_CT, organisations=("CT", "VNPOST"))
    foreign = an_episode(scope=Scope("15142", "NL"), organisations=("NL", "VNPOST"))
    served = await serve()
    ct, above = [await listen(served, token=token(service, org, "alerts:own")) for org in ("CT", "VNPOST")]
    await ct.until_id()
    await above.until_id()
    await service.handle(foreign.fell_behind())
    assert await told(above) == [("alert", await id_of(service, foreign))]
    await service.handle(own.fell_behind())
    assert await told(ct) == [("alert", await id_of(service, own))]


async def test_an_alert_that_belongs_to_another_organisation_now_is_gone_for_the_one_before(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    lag = an_episode(scope=Scope(collector_code="C-1"), path=(), organisations=("CT", "VNPOST"))
    await service.handle(lag.fell_behind())
    alert_id = await id_of(service, lag)
    served = await serve()
    listeners = [await listen(served, token=token(service, org, "alerts:own")) for org in ("CT", "NL", "VNPOST")]
    before, after, above = listeners
    for listener in listeners:
        await listener.until_id()
    last_id = before.last_id
    moved = replace(lag, organisations=("NL", "VNPOST"))
    await service.handle(moved.worsened())
    gone = [event for event in await before.until_id() if event.event]
    assert [(event.event, event.json) for event in gone] == [("gone", {"id": alert_id})]
    assert await told(after) == [("alert", alert_id)]
    assert await told(above) == [("alert", alert_id)]
    again = await listen(served, token=token(service, "CT", "alerts:own"), last_id=last_id)
    assert await told(again) == [("gone", alert_id)]
    await service.handle(moved.recovered())
    assert await told(after) == [("alert", alert_id)]
    own = an_episode(scope=OF_CT, organisations=("CT",))
    await service.handle(own.fell_behind())
    assert await told(before) == [("alert", await id_of(service, own))]


async def test_a_stream_ends_with_its_token(service: NotificationsService, serve: Serve, listen: Listen) -> None:
    served = await serve()
    for scope in ("alerts:read", "alerts:own"):
        listener = await listen(served, token=token(service, "CT", scope, seconds=60))
        await listener.until_id()
        service.advance(seconds=120)
        await listener.until_end()


async def test_who_may_only_write_or_has_no_token_listens_to_nothing(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    assert (await listen(served, token=token(service, scope="alerts:write"))).answer.status_code == 403
    assert (await listen(served, token="none")).answer.status_code == 401
