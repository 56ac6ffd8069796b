# syntax=docker/dockerfile:1

# --- console: the web page ----------------------------------------------------------------------------------
FROM node:22-slim AS console

WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY web ./
RUN npm run build

# --- build: a virtual environment with the locked dependencies and the program ------------------------------
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/oneapi
WORKDIR /source

COPY requirements.txt ./
RUN /opt/oneapi/bin/pip install --no-deps --require-hashes -r requirements.txt

COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY src ./src
COPY --from=console /source/src/oneapi/console ./src/oneapi/console
RUN /opt/oneapi/bin/pip install --no-build-isolation --no-deps . \
    && /opt/oneapi/bin/pip uninstall --yes hatchling pip

# --- the image ----------------------------------------------------------------------------------------------
FROM python:3.12-slim

# tzdata: for TZ, the time zone of the log. wget: the health check in the original's compose file uses it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tzdata wget \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin oneapi \
    && install --directory --owner oneapi --group oneapi /data /app/logs

COPY --from=build /opt/oneapi /opt/oneapi

ENV PATH=/opt/oneapi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER oneapi
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM

# http.client, because it ignores HTTP_PROXY
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; server = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 3000), timeout=4); server.request('GET', '/api/status'); sys.exit(server.getresponse().status != 200)"]

ENTRYPOINT ["oneapi"]
