# The server, the worker and the command line in one image:
#   docker build -t orchestrion .
#   docker run orchestrion --help
# See "In a container" in docs/operations.md for what each of them needs.

FROM python:3.11-slim AS build
RUN python -m venv /opt/orchestrion
ENV PATH=/opt/orchestrion/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
# The dependencies are a layer of their own: a change of the code does not install them again.
COPY requirements/runtime.lock requirements/
RUN pip install --require-hashes --requirement requirements/runtime.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/orchestrion orchestrion
COPY --from=build /opt/orchestrion /opt/orchestrion
ENV PATH=/opt/orchestrion/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ORCHESTRION_DATA=/var/lib/orchestrion/data \
    ORCHESTRION_LOG_FORMAT=json
USER orchestrion
WORKDIR /var/lib/orchestrion
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["orchestrion"]
# Without an identity provider the server listens on the container's loopback alone (docs/callers.md); with one:
# serve --host 0.0.0.0
CMD ["serve"]
