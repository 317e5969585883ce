/** The broker: topics of records for the services to tell each other what happened. */
import { metrics, serve } from '@plimsoll/sdk';
import { Log, LOG_SCHEMA } from '#sample-services/broker/log.ts';
import { brokerRoutes } from '#sample-services/broker/routes.ts';
import { Waiters } from '#sample-services/broker/waiters.ts';
import { repeat } from '#sample-services/lib/background.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { answerProblems, createApp } from '#sample-services/lib/http.ts';
import { openDatabase } from '#sample-services/lib/sqlite.ts';

const CLEAN_EVERY_MS = 10_000;
const LAG_EVERY_MS = 1000;
/** 500 records of the largest size. */
const BODY_BYTES_MAX = 6 * 1024 * 1024;

const env = new Environment(process.env);
const address = readAddress(env);
const directory = env.text('DATA_DIR');
env.check();

const waiters = new Waiters();
const database = openDatabase({ directory, name: 'broker', schema: LOG_SCHEMA });
const log = new Log(database, Date.now, (topics) => waiters.wake(topics));

const lagging = metrics.gauge({
  name: 'freight_broker_lag_records',
  help: 'Records a group has still to read.',
  labelNames: ['topic', 'group'],
});
const measuring = repeat('measuring the lag', LAG_EVERY_MS, () => {
  for (const { topic, group, lag } of log.positions()) lagging.set({ topic, group }, lag);
});
const cleaning = repeat('deleting old records', CLEAN_EVERY_MS, () => void log.deleteOld());

// Polls that wait for news would hold up the stop until their time is over.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => waiters.close());

const app = createApp({ bodyBytesMax: BODY_BYTES_MAX });
brokerRoutes(app, log, waiters);
answerProblems(app);
await serve(app, {
  ...address,
  onStop: async () => {
    await Promise.all([measuring.stop(), cleaning.stop()]);
    database.close();
  },
});
