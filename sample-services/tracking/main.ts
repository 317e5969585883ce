/** Tracking: takes in what carriers report, and knows where each shipment is. */
import { logger, metrics, serve } from '@plimsoll/sdk';
import { repeat } from '#sample-services/lib/background.ts';
import { readMilestoneEvent, TRACKING_EVENTS } from '#sample-services/lib/core/freight.ts';
import { CITY_NAMES } from '#sample-services/lib/core/geography.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { HttpBus } from '#sample-services/lib/http-bus.ts';
import { answerProblems, createApp, pathPart } from '#sample-services/lib/http.ts';
import { Outbox } from '#sample-services/lib/outbox.ts';
import { openDatabase } from '#sample-services/lib/sqlite.ts';
import {
  milestoneAnswer,
  TRACKING_SCHEMA,
  TrackingStore,
  type PositionReport,
  type Report,
} from '#sample-services/tracking/store.ts';

const CHECK_EVERY_MS = 1000;
const CLEAN_EVERY_MS = 5000;
const POSITIONS_MAX = 500;
/** That many positions, with room to spare. */
const BODY_BYTES_MAX = 256 * 1024;

const env = new Environment(process.env);
const address = readAddress(env);
const directory = env.text('DATA_DIR');
const bus = new HttpBus(env.url('BROKER_URL'));
const positionAgeMsMax = 1000 * env.integer('POSITION_AGE_S_MAX', { min: 1, max: 86_400, instead: 30 });
env.check();

const database = openDatabase({ directory, name: 'tracking', schema: TRACKING_SCHEMA });
const outbox = new Outbox(database, bus, TRACKING_EVENTS);
const store = new TrackingStore(database, outbox);

const milestones = metrics.counter({
  name: 'freight_milestones_total',
  help: 'Milestones reported, without repetitions.',
  labelNames: ['milestone'],
});
const checks = metrics.counter({
  name: 'freight_position_checks_total',
  help: 'Shipments on the road, checked every second: last position young enough (fresh) or not (stale).',
  labelNames: ['result'],
});
for (const result of ['fresh', 'stale']) checks.inc({ result }, 0);

function checkFreshness(): void {
  const { fresh, stale } = store.freshness(Date.now(), positionAgeMsMax);
  checks.inc({ result: 'fresh' }, fresh);
  checks.inc({ result: 'stale' }, stale);
}

function clean(): void {
  const lost = store.deleteOld(Date.now());
  if (lost > 0) logger.warn({ trips: lost }, 'trips given up: nothing was heard of them');
}

function readReport(body: unknown): Report {
  const event = readMilestoneEvent(body);
  const input = new Input(body);
  const rest = {
    origin: input.oneOf('origin', CITY_NAMES),
    destination: input.oneOf('destination', CITY_NAMES),
    accepted_ms: input.integer('accepted_ms', 0, Number.MAX_SAFE_INTEGER),
  };
  input.check();
  return { ...event, ...rest };
}

function readPositions(body: unknown): readonly PositionReport[] {
  const input = new Input(body);
  const entries = input.list('positions', POSITIONS_MAX);
  input.check();
  return entries.map((entry) => {
    const fields = new Input(entry);
    const position = {
      shipment_id: fields.text('shipment_id', 40),
      lat: fields.number('lat', -90, 90),
      lon: fields.number('lon', -180, 180),
      at_ms: fields.integer('at_ms', 0, Number.MAX_SAFE_INTEGER),
    };
    fields.check();
    return position;
  });
}

const app = createApp({ bodyBytesMax: BODY_BYTES_MAX });
app.post('/milestones', (request, response) => {
  const report = readReport(request.body);
  outbox.assertRoom();
  const result = store.addReport(report, Date.now());
  if (result === 'added') milestones.inc({ milestone: report.milestone });
  response.status(result === 'added' ? 201 : 200).json({});
});
app.post('/positions', (request, response) => {
  store.addPositions(readPositions(request.body), Date.now());
  response.json({});
});
app.get('/trips', (_request, response) => {
  response.json({ trips: store.open() });
});
app.get('/shipments/:id', (request, response) => {
  const id = pathPart(request, 'id');
  const trip = store.find(id);
  if (trip === undefined)
    throw new Problem(404, 'Not found', { detail: 'nothing was reported of this shipment' });
  const { lat, lon, reported_ms: reportedMs } = trip;
  response.json({
    milestones: store.milestonesOf(id).map(milestoneAnswer),
    position: lat === null ? null : { lat, lon, at: new Date(Number(reportedMs)).toISOString() },
  });
});
answerProblems(app);

const work = [
  outbox.start(),
  repeat('checking positions', CHECK_EVERY_MS, checkFreshness),
  repeat('deleting old trips', CLEAN_EVERY_MS, clean),
];
await serve(app, {
  ...address,
  onStop: async () => {
    await Promise.all(work.map((background) => background.stop()));
    database.close();
  },
});
