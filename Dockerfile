# Gatepost in an image: docker build -t gatepost . && docker run --rm -v "$PWD:/work" gatepost run
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ARG EXTRAS=all
COPY . /source
# What compiles stays behind in this stage.
RUN python -m venv --without-pip /opt/gatepost \
  && python -m pip --python /opt/gatepost/bin/python install --no-cache-dir --disable-pip-version-check \
    --constraint /source/constraints-dev.txt "/source[${EXTRAS}]"

FROM python:${PYTHON}
# git for the collector of that name and for --trusted-ref; pip and setuptools are tools for building.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git \
  && rm -rf /var/lib/apt/lists/* \
  && python -m pip uninstall --yes --quiet setuptools wheel pip \
  && useradd --uid 10001 --create-home --shell /usr/sbin/nologin gatepost
COPY --from=build /opt/gatepost /opt/gatepost
ENV PATH=/opt/gatepost/bin:$PATH \
  PYTHONDONTWRITEBYTECODE=1 \
  MLFLOW_DISABLE_TELEMETRY=true \
  GX_ANALYTICS_ENABLED=false
USER 10001
WORKDIR /work
ENTRYPOINT ["gatepost"]
CMD ["--help"]
