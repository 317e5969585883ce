/** The broker's HTTP side: append, poll, commit. */
import { metrics } from '@plimsoll/sdk';
import type { Express, Request } from 'express';
import type { Log } from '#sample-services/broker/log.ts';
import type { Waiters } from '#sample-services/broker/waiters.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import type { NewRecord } from '#sample-services/lib/event-bus.ts';
import { pathPart } from '#sample-services/lib/http.ts';

const RECORDS_MAX = 500;
const VALUE_CHARS_MAX = 10_000;
const HEADERS_MAX = 10;
const WAIT_MS_MAX = 10_000;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** So that a typing mistake does not become state without end. */
const TOPICS = ['tracking-events', 'shipment-events'];

const appended = metrics.counter({
  name: 'freight_broker_records_total',
  help: 'Records appended.',
  labelNames: ['topic'],
});

export function brokerRoutes(app: Express, log: Log, waiters: Waiters): void {
  app.post('/topics/:topic/records', async (request, response) => {
    const topic = topicOf(request);
    const records = readRecords(request.body);
    const firstOffset = await log.append(topic, records);
    appended.inc({ topic }, records.length);
    response.status(201).json({ first_offset: firstOffset });
  });

  app.get('/topics/:topic/groups/:group/records', async (request, response) => {
    const [topic, group] = [topicOf(request), groupOf(request)];
    const recordsMax = queryNumber(request, 'max', RECORDS_MAX);
    let records = log.read(topic, group, recordsMax);
    if (records.length === 0) {
      if (waiters.isFull) throw new Problem(503, 'Service unavailable', { detail: 'too many polls wait' });
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      await waiters.wait(topic, queryNumber(request, 'wait_ms', WAIT_MS_MAX), gone.signal);
      if (gone.signal.aborted) return;
      records = log.read(topic, group, recordsMax);
    }
    response.json({ records });
  });

  app.post('/topics/:topic/groups/:group/offset', (request, response) => {
    const input = new Input(request.body);
    const nextOffset = input.integer('next_offset', 0, Number.MAX_SAFE_INTEGER);
    input.check();
    log.commitOffset(topicOf(request), groupOf(request), nextOffset);
    response.json({});
  });
}

function topicOf(request: Request): string {
  const topic = pathPart(request, 'topic');
  if (TOPICS.includes(topic)) return topic;
  throw new Problem(404, 'Not found', { detail: `the topics are: ${TOPICS.join(', ')}` });
}

function groupOf(request: Request): string {
  const group = pathPart(request, 'group');
  if (NAME.test(group)) return group;
  throw new Problem(400, 'Bad request', { detail: 'a group has a name like: billing' });
}

function queryNumber(request: Request, name: string, max: number): number {
  const text = request.query[name];
  if (text === undefined) return max;
  const value = typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= max) return value;
  throw new Problem(400, 'Bad request', { detail: `${name} must be a whole number from 0 to ${max}` });
}

function readRecords(body: unknown): readonly NewRecord[] {
  const input = new Input(body);
  const entries = input.list('records', RECORDS_MAX);
  input.check();
  return entries.map(readRecord);
}

function readRecord(entry: unknown): NewRecord {
  const input = new Input(entry);
  const id = input.text('id', 64);
  const key = input.text('key', 64);
  input.check();
  const { headers, value } = entry as { readonly headers?: unknown; readonly value?: unknown };
  if (value === undefined || JSON.stringify(value).length > VALUE_CHARS_MAX) {
    throw new Problem(400, 'Bad request', { detail: `a value has at most ${VALUE_CHARS_MAX} characters` });
  }
  return { id, key, headers: readHeaders(headers), value };
}

function readHeaders(headers: unknown): Readonly<Record<string, string>> {
  if (headers === undefined) return {};
  const entries = typeof headers === 'object' && headers !== null ? Object.entries(headers) : [];
  if (entries.length > HEADERS_MAX || entries.some(([, value]) => typeof value !== 'string')) {
    throw new Problem(400, 'Bad request', { detail: `headers are texts, at most ${HEADERS_MAX}` });
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
