"""Tables as files: the answers of a route, page by page, as CSV or XLSX.

What JSON the route answers is read first, the whole table in as many pages as it has, so that every check and every
refusal is that of the route. Then the file is made of it while it is sent (ADR 51).
"""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import IO, Any, Final, TypeAlias
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.errors import Invalid
from services.files.columns import Cells
from services.files.csv_writing import csv_chunks
from services.files.xlsx_writing import write_xlsx
from services.pages import MOST
from services.runtime import AnyRuntime
from services.web.accept import accepted
from services.web.etag import NOT_SHARED, is_known
from services.web.table_body import CSV, XLSX
from services.web.tables import Table

MOST_ROWS: Final = 50_000
MOST_PERSONS: Final = 10_000
"""Where rows are of persons: they wait in memory, since they must not lie on a disk in clear."""
JSON: Final = "application/json"
OFFERS: Final = (JSON, CSV, XLSX)
_IN_MEMORY: Final = 1 << 20
_CHUNK: Final = 1 << 16
_ENDINGS: Final = {CSV: "csv", XLSX: "xlsx"}
_TYPES: Final = {CSV: "text/csv; charset=utf-8; header=present", XLSX: XLSX}
_VARY: Final = (b"vary", b"Accept")

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


async def answered(
    request: Request,
    table: Table,
    handle: Handler,
    parameters: Callable[[], Set[str]],
    cache_control: str = NOT_SHARED,
    *,
    of_persons: bool = False,
) -> Response:
    """What the route answers, in the form that is wanted most. `parameters` are those that its query may have. Raises
    NotAcceptable, and Invalid for a table of more rows than MOST_ROWS, or MOST_PERSONS."""
    media_type = accepted(request, OFFERS)
    if media_type == JSON:
        response = await handle(request)
    else:
        response = await _file(request, _Answers(table, of_persons, "limit" in parameters()), handle, media_type)
        response.headers["Cache-Control"] = cache_control
    response.raw_headers.append(_VARY)
    return response


@dataclass
class _Answers:
    """The answers to a request and to those for the pages after it, one a line."""

    table: Table
    of_persons: bool
    is_paged: bool
    lines: IO[bytes] = field(init=False)
    digest: Any = field(default_factory=lambda: blake2b(digest_size=16))
    n: int = 0

    def __post_init__(self) -> None:
        in_memory = io.BytesIO() if self.of_persons else None
        self.lines = in_memory or tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is let go

    def add(self, body: bytes) -> str | None:
        """Keep one; where the next page begins. Raises Invalid where there are too many rows by now."""
        answer = orjson.loads(body)
        self.n += len(self.table.records(answer))
        most = MOST_PERSONS if self.of_persons else MOST_ROWS
        if self.n > most:
            remedy = f"a file has up to {most:,} rows, and these are more: narrow the list, or read it as JSON"
            raise Invalid.field("/query", remedy)
        self.digest.update(body)
        self.lines.write(body + b"\n")
        after: str | None = answer.get("next")
        return after

    def etag(self, media_type: str) -> str:
        """Differs where an answer, the form or the columns do."""
        names = ",".join(column.name for column in self.table.columns)
        self.digest.update(f"{media_type} {names}".encode())
        return f'"{self.digest.hexdigest()}"'

    def rows(self) -> Iterator[Cells]:
        """Of all of them."""
        self.lines.seek(0)
        for line in self.lines:
            yield from self.table.rows(orjson.loads(line))


async def _file(request: Request, answers: _Answers, handle: Handler, media_type: str) -> Response:
    columns = answers.table.columns
    refusal = await _read(request, handle, answers)
    if refusal is not None:
        return refusal
    etag = answers.etag(media_type)
    if is_known(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    name = f'attachment; filename="{_name(request)}.{_ENDINGS[media_type]}"'
    content = csv_chunks(columns, answers.rows()) if media_type == CSV else _xlsx(request, answers)
    headers = {"ETag": etag, "Content-Disposition": name}
    return StreamingResponse(content, headers=headers, media_type=_TYPES[media_type])


async def _read(request: Request, handle: Handler, answers: _Answers) -> Response | None:
    """Ask for one page after the other; what is answered in place of one, if anything. With `limit` there is one."""
    query = dict(request.query_params)
    more = {"limit": str(MOST)} if answers.is_paged and "limit" not in query else {}
    while True:
        response = await handle(_asking(request, {**query, **more}))
        if response.status_code != 200 or response.media_type != JSON:
            return response
        after = answers.add(bytes(response.body))
        if not more or after is None:
            return None
        more["after"] = after


def _asking(request: Request, query: dict[str, str]) -> Request:
    """The request with another query, for JSON that is not compared with what the client has."""
    headers = [(name, value) for name, value in request.scope["headers"] if name not in (b"if-none-match", b"accept")]
    return Request({**request.scope, "query_string": urlencode(query).encode(), "headers": headers}, request.receive)


async def _xlsx(request: Request, answers: _Answers) -> AsyncIterator[bytes]:
    """The file; one is made at a time, in a thread, since 50,000 rows take several seconds."""
    on_disk = not answers.of_persons
    with tempfile.TemporaryFile() if on_disk else io.BytesIO() as file:
        async with request.app.state.large_bodies.turn():
            await asyncio.to_thread(write_xlsx, file, answers.table.columns, answers.rows(), on_disk=on_disk)
        file.seek(0)
        for chunk in iter(partial(file.read, _CHUNK), b""):
            yield chunk


def _name(request: Request) -> str:
    """The path, and the day that the table is of."""
    runtime: AnyRuntime = request.app.state.runtime
    path = re.sub(r"[^A-Za-z0-9._-]+", "-", request.url.path.removeprefix("/v1/"))
    return f"{path[:120]}_{request.query_params.get('on', runtime.clock.today())}"
