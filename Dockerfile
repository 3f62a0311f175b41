# The image of the service: docs/container.md says how to run it.
#
# The base can be another that has Python 3.11 or later:
#   docker build --build-arg PYTHON_IMAGE=python:3.13-slim-trixie --tag concertim-cluster-builder:latest .
# For what is released, name it by its digest (name@sha256:...): a tag is moved now and then.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm


FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# What changes seldom comes first. Every file is checked against its hash; nothing is compiled.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /build \
 && /build/bin/pip install --quiet --no-compile --require-hashes --only-binary :all: -r requirements/build.txt
# The packages' own tests are a sixth of their size.
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --quiet --no-compile --require-hashes --only-binary :all: \
        -r requirements/runtime.txt \
 && find /opt/venv/lib -type d -name tests -prune -exec rm -r {} +

# Bytecode is made once, here, so that the first answer does not wait for it: none can be written in a container whose
# file system is read-only. Nor does it depend on time stamps, which copying from image to image may change.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

COPY pyproject.toml README.md ./
COPY schemas schemas
COPY builder builder
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
 && pip --python /opt/venv/bin/python install --quiet --no-compile --no-deps --no-index /wheel/*.whl \
 && pip --python /opt/venv/bin/python check \
 && python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib/python3*/site-packages/builder

# The examples are available, and enabled by the same relative links that an operator makes.
COPY cluster-types-examples /app/instance/cluster-types-available
RUN mkdir -p /app/log /app/instance/cluster-types-enabled \
 && cd /app/instance/cluster-types-enabled \
 && for type in ../cluster-types-available/*; do ln -s "$type" .; done \
 && chmod -R u=rwX,go=rX /app \
 && chmod g+w /app/log
COPY docker/healthcheck.py /app/healthcheck.py
RUN chmod 0644 /app/healthcheck.py


FROM ${PYTHON_IMAGE}
# Nothing that installs software stays, and the standard library is compiled as the rest is.
RUN library="$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && rm -rf "$library"/ensurepip "$library"/site-packages/* /usr/local/bin/pip* \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$library"

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=42378 \
    INSTANCE_DIR=/app/instance \
    LOG_DIR=/app/log
WORKDIR /app
EXPOSE 42378
# Any user will do, with any group: nothing is written but what is mounted to be (/app/log is open to group 0).
USER 10001:0
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-IS", "/app/healthcheck.py"]
# A signal that comes before Python has a handler for it would be lost on the first process of a container, and `docker
# stop` would end in a kill, or else it would end the process: they are held back until cluster-builder takes them.
ENTRYPOINT ["env", "--block-signal=TERM,INT,HUP", "--ignore-signal=USR1,USR2", "cluster-builder"]
CMD ["serve"]

# Last, since they differ from build to build. The arguments that begin with BUILD_ are those of the Concertim playbook.
ARG PYTHON_IMAGE
ARG VERSION=unreleased
ARG REVISION=unknown
ARG BUILD_DATE=
ARG BUILD_VERSION=${VERSION}
ARG BUILD_REVISION=${REVISION}
LABEL org.opencontainers.image.title="concertim-cluster-builder" \
      org.opencontainers.image.description="Launches clusters on OpenStack from cluster type definitions that are loaded live from disk" \
      org.opencontainers.image.created="${BUILD_DATE}" \
      org.opencontainers.image.version="${BUILD_VERSION}" \
      org.opencontainers.image.revision="${BUILD_REVISION}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"
