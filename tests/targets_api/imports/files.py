"""Files of targets, as tests send them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from httpx import Response
from openpyxl import Workbook

from services.web.table_body import CSV, XLSX
from tests.targets_api.builders import TargetsService

HEADER: Final = "unit_code,scheme,measure,value,period"
COUNTS: Final = ("rows", "set", "revised", "same", "refused", "left")


async def send(service: TargetsService, *lines: str, **query: str) -> Response:
    """Send the lines as CSV."""
    return await send_bytes(service, "\r\n".join(lines).encode(), **query)


async def send_bytes(service: TargetsService, content: bytes, kind: str = CSV, **query: str) -> Response:
    """Send a file of that media type."""
    headers = {"Content-Type": kind}
    return await service.http.post("/v1/targets/imports", content=content, params=query, headers=headers)


async def send_workbook(service: TargetsService, workbook: Workbook, **query: str) -> Response:
    """Send a workbook."""
    file = BytesIO()
    workbook.save(file)
    return await send_bytes(service, file.getvalue(), XLSX, **query)


def a_workbook(rows: Sequence[Sequence[Any]]) -> Workbook:
    """A workbook with these rows."""
    workbook = Workbook()
    for row in rows:
        workbook.worksheets[0].append(list(row))
    return workbook


def counts(answer: Response) -> dict[str, int]:
    """How many rows, and what became of them; those that are none are left out."""
    said = answer.json()
    return {name: said[name] for name in COUNTS if said[name]}


def refusals(answer: Response) -> dict[int, tuple[str, list[str]]]:
    """The rows that were refused: type of the problem, and columns."""
    return {
        line["line"]: (
            line["problem"]["type"].rpartition("/")[2],
            [error["pointer"] for error in line["problem"]["errors"]],
        )
        for line in answer.json()["lines"]
        if line["result"] == "refused"
    }
