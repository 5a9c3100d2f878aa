# Two images: `worker` carries Claude Code and git, for containers that do work; `cli` (the last, and
# so the default) carries the executable alone.
#
#   docker build --build-arg SOURCE_COMMIT="$(git rev-parse --short=12 HEAD)" -t claude-orchestrator .
#   docker build --target worker -t claude-orchestrator-worker .

ARG DEBIAN=bookworm

FROM node:24-${DEBIAN}-slim AS build
WORKDIR /build
# The dependencies first: they change seldom, and their layer is the largest.
COPY package.json package-lock.json .npmrc ./
COPY packaging ./packaging
RUN npm ci --no-progress
COPY tsconfig.json tsconfig.library.json mod.ts LICENSE ./
COPY scripts ./scripts
COPY templates ./templates
COPY src ./src
COPY cmd ./cmd
ARG SOURCE_COMMIT=unknown
ARG SOURCE_DATE=unknown
RUN npm run build && dist/claude-orchestrator --version

FROM debian:${DEBIAN}-slim AS base
# libstdc++6 is all that the executable links beyond libc; tini is process 1: it reaps what agents leave
# behind and passes signals on.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libstdc++6 tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home --uid 10001 orchestrator
COPY --from=build /build/dist/claude-orchestrator /usr/local/bin/claude-orchestrator
COPY --from=build /build/LICENSE /usr/share/doc/claude-orchestrator/LICENSE
RUN ln -s claude-orchestrator /usr/local/bin/cco
WORKDIR /home/orchestrator
ENTRYPOINT ["tini", "--", "claude-orchestrator"]
CMD ["--help"]
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
  CMD ["claude-orchestrator", "status", "--timeout", "8s", "--quiet"]

FROM base AS worker
RUN apt-get update \
  && apt-get install -y --no-install-recommends bash git jq openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=orchestrator --group=orchestrator /workspace
# Claude Code is one binary, in the package of its platform; the lockfile pins its version.
COPY --from=build /build/node_modules/@anthropic-ai/claude-code-linux-*/claude /usr/local/bin/claude
ENV DISABLE_AUTOUPDATER=1
USER orchestrator
WORKDIR /workspace

FROM base AS cli
USER orchestrator
