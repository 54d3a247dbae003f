# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir "uv>=0.13"
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY docs/errors.md docs/errors.md
COPY services services
COPY enrolment_api enrolment_api
COPY targets_api targets_api
COPY notifications notifications
COPY migrations migrations
COPY drive drive
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home drive
COPY --from=build --chown=root:root /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DRIVE_HOST=0.0.0.0 DRIVE_DATA_DIR=/home/drive/data
USER drive
WORKDIR /home/drive
ENTRYPOINT ["drive"]
CMD ["--help"]
