"""A stream takes the filters of the list, words among them, and passes over what cannot be read, as the list does."""

from __future__ import annotations

import pytest

from notifications.alerts.schemas import AlertFilters, AlertQuery
from services.vocabulary import Scope
from services.web.lists import ListQuery
from tests.notifications.alerts.stream.steps import id_of, told
from tests.notifications.alerts.test_unreadable import DAMAGES, three
from tests.notifications.service import NotificationsService, an_episode, an_organisation
from tests.support.streams import Listen, Serve


def test_the_stream_takes_every_filter_of_the_list() -> None:
    beside = {"after", *ListQuery.model_fields}
    assert AlertFilters.model_fields.keys() == AlertQuery.model_fields.keys() - beside


async def test_words_of_names_of_units_and_organisations_narrow_a_stream(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    await service.register_organisations(an_organisation("A1", "Bưu điện Quan Hóa"))
    unit = an_episode(path=("38", "BHXH-CT", "15142"), unit_name="Xã Cẩm Thạch")
    owned = an_episode(path=(), unit_name=None, scope=Scope(organisation_code="A1"), organisations=("A1",))
    served = await serve()
    by_unit, by_organisation = await listen(served, text="cam thach"), await listen(served, text="BUU DIEN quan hoa")
    for listener in (by_unit, by_organisation):
        assert await listener.kinds() == ["reload"]
    await service.handle(unit.fell_behind(), owned.fell_behind())
    assert ("alert", await id_of(service, unit)) in await told(by_unit)
    events = [event for event in await by_organisation.until_id() if event.event == "alert"]
    assert [(event.json["id"], event.json["owner_name"]) for event in events] == [
        (await id_of(service, owned), "Bưu điện Quan Hóa")
    ]


async def test_that_an_organisation_is_renamed_tells_to_read_anew(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    await service.register_organisations(an_organisation("A1", "Bưu điện Quan Hóa"))
    listener = await listen(await serve(), text="hoi xuan")
    await listener.until_id()
    await service.register_organisations(an_organisation("A1", "Bưu cục Hồi Xuân", version=2))
    assert await listener.kinds() == ["reload"]


@pytest.mark.parametrize("damage", ["no figures", "a path that is none"])
async def test_a_stream_tells_of_the_others(
    service: NotificationsService, damage: str, serve: Serve, listen: Listen
) -> None:
    others, damaged = await three(service, DAMAGES[damage])
    listener = await listen(await serve())
    await listener.until_id()
    await damaged.send("resolution", version=2, reason="The unit is no more")
    await others[0].do("resolution", reason="The unit is no more")
    assert await told(listener) == [("alert", others[0].id)]
