# Two images. `worker` has git, a shell and Claude Code: for Workers and Leaders. `cli` (the last, and so
# the default) is the executable and what it links, on nothing: for one-shot commands. docs/containers.md
# says how to use them.
#
#   docker build --build-arg SOURCE_COMMIT="$(git rev-parse --short=12 HEAD)" -t claude-orchestrator .
#   docker build --target worker -t claude-orchestrator-worker .

ARG DEBIAN=bookworm

FROM node:24-${DEBIAN}-slim AS build
WORKDIR /build
# The dependencies first: they change seldom, and their layer is the largest.
COPY package.json package-lock.json .npmrc ./
COPY packaging/runtimes ./packaging/runtimes
RUN npm ci --no-progress
COPY tsconfig.json tsconfig.library.json mod.ts LICENSE ./
COPY packaging ./packaging
COPY scripts ./scripts
COPY templates ./templates
COPY src ./src
COPY cmd ./cmd
ARG SOURCE_COMMIT=unknown
ARG SOURCE_DATE=unknown
RUN npm run build && dist/claude-orchestrator --version

# libstdc++6 is all that the executable links beyond libc; tini is process 1: it passes signals on, and
# reaps what agents leave behind, which Node does not do for processes that it did not start.
FROM debian:${DEBIAN}-slim AS base
ARG TEAM_UID=10001
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libstdc++6 tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home --uid "$TEAM_UID" --shell /usr/sbin/nologin orchestrator
COPY --from=build /build/dist/claude-orchestrator /usr/local/bin/claude-orchestrator
COPY --from=build /build/LICENSE /usr/share/doc/claude-orchestrator/LICENSE
RUN ln -s claude-orchestrator /usr/local/bin/cco

# The parts of `base` that the executable needs, found by asking the linker.
FROM base AS parts
COPY packaging/container/collect_parts.sh /collect_parts.sh
RUN sh /collect_parts.sh /parts

FROM base AS worker
ARG TEAM_UID=10001
RUN apt-get update \
  && apt-get install -y --no-install-recommends bash git jq openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner="$TEAM_UID" --group="$TEAM_UID" /workspace
# Claude Code is one binary, in the package of its platform; the lockfile pins its version.
COPY --from=build /build/node_modules/@anthropic-ai/claude-code-linux-*/claude /usr/local/bin/claude
# Its user has no login shell; this is the one that Claude Code runs commands with.
ENV DISABLE_AUTOUPDATER=1 SHELL=/bin/bash
USER $TEAM_UID
WORKDIR /workspace
ENTRYPOINT ["tini", "--", "claude-orchestrator"]
CMD ["--help"]
# Not only that ZooKeeper answers: that this container's own member is in the team.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["claude-orchestrator", "status", "--here", "--timeout", "8s", "--quiet"]

FROM scratch AS cli
ARG TEAM_UID=10001
COPY --from=parts /parts /
ENV PATH=/usr/local/bin HOME=/home/orchestrator
USER $TEAM_UID
WORKDIR /home/orchestrator
ENTRYPOINT ["tini", "--", "claude-orchestrator"]
CMD ["--help"]
# A container of one command is there no longer than the command: what can fail is ZooKeeper.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["claude-orchestrator", "status", "--timeout", "8s", "--quiet"]
