# One image for Plimsoll and for the sample services: which of them runs is said
# by the command. Node runs the sources as they are; only the console is built.
FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY sdk/package.json sdk/

FROM manifests AS console
RUN npm ci --ignore-scripts --include=dev
COPY tsconfig.json ./
COPY dashboards/console dashboards/console
RUN node dashboards/console/build.ts

FROM manifests AS packages
# The image brings its Node; the one among the packages is for machines without.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-*

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app ./
COPY plimsoll.yaml LICENSE ./
COPY alerting alerting
COPY base base
COPY bin bin
COPY chaos chaos
COPY collector collector
COPY dashboards dashboards
COPY deploy deploy
COPY journal journal
COPY promql promql
COPY sample-services sample-services
COPY sdk sdk
COPY server server
COPY signals signals
COPY storage storage
COPY --from=console /app/.build .build

# Nothing below /app belongs to the user: it writes to /data alone.
RUN mkdir /data && chown 65532:65532 /data
USER 65532:65532
EXPOSE 7300 4318
ENV HEALTH_URL=http://127.0.0.1:7300/-/ready
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch(process.env.HEALTH_URL).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["bin/plimsoll.ts", "up", "--config", "deploy/plimsoll-lite.yaml", "--data", "/data", "--insecure"]
