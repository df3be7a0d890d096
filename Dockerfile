# Images of Parquetry: `cli` runs any command, `worker` is the same with a worker's defaults.
#
#   docker build --target worker --build-arg COMMIT=$(git rev-parse HEAD) -t parquetry-worker .
#   docker build --target cli -t parquetry .
#
# For a release, give NODE_IMAGE with its digest (…@sha256:…). All npm packages come from package-lock.json: the build
# uses `npm ci`, and the package that it makes has the same versions in its npm-shrinkwrap.json.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
# Without scripts: the build is a step of its own, and no dependency needs its install script.
RUN --mount=type=cache,target=/root/.npm \
  npm ci --ignore-scripts --no-audit --no-fund
ARG COMMIT
ENV PARQUETRY_COMMIT=${COMMIT}
RUN npm run --silent package -- --out /out

FROM ${NODE_IMAGE} AS cli
# Temporal's client uses the system's certificates. tini forwards signals as process 1 and reaps the processes of
# `processor:` sources.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
# Unpacked, the package is a project of its own, and `npm ci` takes the versions of its npm-shrinkwrap.json. (npm ignores
# that file when it installs a tarball.)
RUN --mount=type=bind,from=build,source=/out,target=/out \
  --mount=type=cache,target=/root/.npm \
  mkdir /opt/parquetry \
  && tar --extract --file "$(ls /out/parquetry-*.tgz)" --directory /opt/parquetry --strip-components 1 \
  && npm ci --prefix /opt/parquetry --omit=dev --ignore-scripts --no-audit --no-fund \
  && chmod +x /opt/parquetry/bin/parquetry.js \
  && ln --symbolic /opt/parquetry/bin/parquetry.js /usr/local/bin/parquetry \
  # Temporal's client comes with the libraries of five platforms, and with their source.
  && bridge=/opt/parquetry/node_modules/@temporalio/core-bridge \
  && find "$bridge/releases" -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && rm -r "$bridge/sdk-core" \
  && groupadd --gid 10001 parquetry \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/parquetry parquetry \
  && install --directory --owner=10001 --group=10001 /var/lib/parquetry /data
# Everything that a process writes is here (stages, caches) or in /tmp: the root file system may be read-only. /data is
# for local lakes and archives.
ENV HOME=/var/lib/parquetry \
  NODE_ENV=production \
  PARQUETRY_HOME=/var/lib/parquetry \
  PARQUETRY_CACHE=/var/lib/parquetry/cache
VOLUME /var/lib/parquetry
WORKDIR /var/lib/parquetry
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["tini", "--", "parquetry"]
CMD ["--help"]

FROM cli AS worker
# Metrics and health are for the network of the container; publish them with care.
ENV PARQUETRY_METRICS=0.0.0.0:9464 \
  PARQUETRY_HEALTH=0.0.0.0:9465
EXPOSE 9464 9465
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9465/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["worker"]
