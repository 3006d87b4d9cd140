# Builds the service in one stage and runs it, alone and without root, in another.
FROM rust:1.95-slim-bookworm AS build
# SQLite and PostgreSQL's client library are compiled from source that comes with the crates; the latter speaks TLS by
# the system's OpenSSL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libssl-dev make perl pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked --features tls --bin levy-ledger

FROM debian:bookworm-slim
# Webhooks at https addresses are held against the authorities that the image trusts; OpenSSL is for PostgreSQL's TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin levy \
    && install -d -o levy -g levy -m 0750 /data
COPY --from=build /build/target/release/levy-ledger /usr/local/bin/levy-ledger
USER levy
WORKDIR /data
VOLUME /data
EXPOSE 8080
# As environment variables, so that other commands run in the container find the same ledger.
ENV LEVY_LEDGER_LISTEN=0.0.0.0:8080 LEVY_LEDGER_DATABASE_URL=sqlite:/data/levy-ledger.db
# bash speaks enough HTTP to ask /livez, so the image needs no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /livez HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["levy-ledger"]
CMD ["serve"]
