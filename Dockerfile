# syntax=docker/dockerfile:1

FROM python:3.11.14-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/production.txt .
RUN pip install --no-deps --require-hashes -r production.txt
WORKDIR /portal
COPY . .
# The files that browsers load are part of the image; the settings of a local machine are enough to gather them.
RUN PORTAL_VAR=/tmp/var PORTAL_STATIC=/portal/served python manage.py collectstatic --noinput

FROM python:3.11.14-slim-trixie
RUN useradd --system --uid 10001 --home-dir /var/lib/portal --create-home portal
COPY --from=build /opt/venv /opt/venv
COPY --from=build /portal /portal
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORTAL_ENV=production \
    PORTAL_VAR=/var/lib/portal \
    PORTAL_STATIC=/portal/served
WORKDIR /portal
USER portal
VOLUME /var/lib/portal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
