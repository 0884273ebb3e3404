# syntax=docker/dockerfile:1
# Debian's slim image rather than Alpine: it is what the tests run on, and glibc is what Node's own builds are made for.
ARG NODE_IMAGE=node:20-slim

# Everything that building needs, and nothing of it in the end.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY scripts ./scripts
COPY migrations ./migrations
COPY playbooks ./playbooks
COPY src ./src
RUN npm run build
# What only compilers and debuggers read is more than half of what is installed.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
 && rm -f dist/.tsbuildinfo dist/.built dist/.bundled dist/.code-cache dist/.web

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    FIXPOINT_DATA_DIR=/var/lib/fixpoint \
    FIXPOINT_PLAYBOOKS_DIR=/app/playbooks
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/migrations ./migrations
COPY package.json ./
COPY playbooks ./playbooks
# The program's files belong to root and are read-only to the program; only its data folder is its own.
RUN install -d -o node -g node -m 0700 /var/lib/fixpoint \
 && ln -s /app/dist/cli.bundle.mjs /usr/local/bin/fixpoint
USER node
VOLUME /var/lib/fixpoint
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`,{signal:AbortSignal.timeout(2500)}).then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "dist/main.bundle.mjs"]
