# docker build -t pds_fdw . && docker run -e POSTGRES_PASSWORD=secret -p 5432:5432 pds_fdw
# Debian's PostgreSQL 17 with the extension, from the Debian package; compose.yaml adds the stand-ins for AWS.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS package
ENV DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS=nocheck
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends build-essential git >/dev/null
COPY . /srv/pds_fdw
WORKDIR /srv/pds_fdw
RUN apt-get build-dep -y -qq --no-install-recommends ./ >/dev/null
RUN dpkg-buildpackage -b -us -uc

FROM ${BASE} AS server
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data
COPY --from=package /srv/*.deb /tmp/
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends /tmp/postgresql-17-pds-fdw_*.deb \
	libsnappy1v5 ca-certificates >/dev/null && rm -rf /tmp/*.deb /var/lib/apt/lists/*
COPY docker/entrypoint /usr/local/bin/pds_fdw-server
RUN install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
USER postgres
EXPOSE 5432
VOLUME /var/lib/postgresql/data
# fast shutdown: SIGTERM would wait for the clients, until Docker kills the server
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --start-period=60s CMD ["pg_isready", "-q", "-h", "127.0.0.1"]
ENTRYPOINT ["/usr/local/bin/pds_fdw-server"]

FROM package AS stand-ins
RUN apt-get install -y -qq --no-install-recommends python3 python3-venv postgresql-client procps >/dev/null
ENTRYPOINT ["/srv/pds_fdw/docker/stand-ins"]

# what is built when no target is named
FROM server
