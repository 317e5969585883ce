/** Live events at their limits: too many who listen, who does not read, who asks for what is not there. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { createMeter } from '#base/real/metrics.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { BACKLOG_BYTES_MAX, HEARTBEAT_MS } from '#server/http/event-stream.ts';
import type { PipelineView } from '#server/plimsoll/ledger.ts';
import { POLL_MS } from '#server/plimsoll/live-feed.ts';
import { METRICS } from '#signals/registry.ts';
import { openEventSource } from '#test/support/event-source.ts';
import { serveOwn } from '#test/support/own-origin.ts';
import { openRaw, rawRequest } from '#test/support/raw-http.ts';
import { until } from '#test/support/wait.ts';

/** For what comes at once unless the machine stalls. */
const WAIT_MS_MAX = 15_000;

/** A pipeline whose journal says in its state what is wanted. */
function pipelineOf(state: () => string): () => Promise<PipelineView> {
  return () =>
    Promise.resolve({
      journal: {
        state: state(),
        bytes: 0,
        bytesMax: 1,
        heldBytes: 0,
        node: undefined,
        records: 0,
        corruptRecords: 0,
        failedSyncs: 0,
        accepted: {} as PipelineView['journal']['accepted'],
      },
      rows: [],
      stores: [],
      exporters: [],
    });
}

async function sampleOf(meter: ReturnType<typeof createMeter>, name: string): Promise<unknown> {
  const family = (await meter.collect()).find((candidate) => candidate.name === name);
  return family?.samples.map(({ labels, value }) => [labels, value]);
}

test('retry at the beginning, heartbeats between, ids that rise', async (t) => {
  const clock = new SimulatedClock();
  let state = 'open';
  const url = await serveOwn(t, { clock, pipeline: pipelineOf(() => state) });
  using source = await openEventSource(`${url}/live?topics=pipeline`);
  equal(source.response.headers['content-type'], 'text/event-stream');
  equal(source.response.headers['cache-control'], 'no-store');
  await until('the present state', () => source.events.length === 1, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  match(source.text(), /^retry: 1000\n\n/);
  state = 'full';
  await clock.advanceAsync(POLL_MS);
  await until('the change', () => source.events.length === 2, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  deepEqual(
    source.events.map(({ event, data }) => [event, (data as PipelineView).journal.state]),
    [
      ['pipeline', 'open'],
      ['pipeline', 'full'],
    ],
  );
  ok(Number(source.events[1]?.id) > Number(source.events[0]?.id));
  await clock.advanceAsync(HEARTBEAT_MS);
  await until('a heartbeat', () => source.text().endsWith('\n\n:\n\n'), {
    timeoutMs: WAIT_MS_MAX,
    everyMs: 5,
  });
});

test('a topic that this process does not have is refused by name', async (t) => {
  const url = await serveOwn(t);
  for (const topics of ['slos', 'pipeline,nonsense', 'pipeline&topics=slos']) {
    const answer = await fetch(`${url}/live?topics=${topics}`);
    equal(answer.status, 400, topics);
    const { code, message } = (await answer.json()) as { code: string; message: string };
    equal(code, 'PLIM_PARAMETER');
    match(message, /known here: pipeline/);
  }
});

test('what cannot be asked is told as trouble, and no stack with it', async (t) => {
  const url = await serveOwn(t);
  using source = await openEventSource(`${url}/live`);
  await until('the trouble', () => source.events.length > 0, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  const [{ event, data } = { event: '', data: undefined }] = source.events;
  equal(event, 'trouble');
  deepEqual(data, {
    topic: 'pipeline',
    code: 'PLIM_INTERNAL',
    message: 'an internal error; the log has it',
  });
});

test('64 may listen; the next is told to come again, and may once one has left', async (t) => {
  const meter = createMeter();
  const url = await serveOwn(t, { meter, pipeline: pipelineOf(() => 'open') });
  const sources = await Promise.all(Array.from({ length: 64 }, () => openEventSource(`${url}/live`)));
  t.after(() => sources.forEach((source) => source[Symbol.dispose]()));
  const refused = await fetch(`${url}/live`);
  deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  equal(((await refused.json()) as { code: string }).code, 'PLIM_OVERLOADED');
  deepEqual(await sampleOf(meter, METRICS.liveRefusals.name), [[{ reason: 'full' }, 1]]);
  sources[0]?.[Symbol.dispose]();
  const left = async (): Promise<boolean> =>
    JSON.stringify(await sampleOf(meter, METRICS.liveListeners.name)) === '[[{},63]]';
  await until('one to have left', left, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  using again = await openEventSource(`${url}/live`);
  equal(again.response.statusCode, 200);
});

test('who does not read is closed; who reads beside it goes on', async (t) => {
  const clock = new SimulatedClock();
  const meter = createMeter();
  let turn = 0;
  const filler = 'x'.repeat(BACKLOG_BYTES_MAX / 2);
  const url = await serveOwn(t, { clock, meter, pipeline: pipelineOf(() => `${(turn += 1)} ${filler}`) });
  using reader = await openEventSource(`${url}/live`);
  using sleeper = await openRaw(url);
  sleeper.socket.pause();
  const { pathname } = new URL(url);
  await sleeper.send(rawRequest(`${pathname}/live`, {}, '', 'GET'));
  const listening = async (): Promise<string> =>
    JSON.stringify(await sampleOf(meter, METRICS.liveListeners.name));
  await until('both to listen', async () => (await listening()) === '[[{},2]]', {
    timeoutMs: WAIT_MS_MAX,
    everyMs: 5,
  });
  // What the kernel holds for a connection comes first: a few MiB.
  await until(
    'the sleeper to be closed',
    async () => {
      await clock.advanceAsync(POLL_MS);
      return (await listening()) === '[[{},1]]';
    },
    { timeoutMs: WAIT_MS_MAX, everyMs: 5, detail: () => `${turn} events of ${filler.length} bytes` },
  );
  deepEqual(await sampleOf(meter, METRICS.liveRefusals.name), [[{ reason: 'slow' }, 1]]);
  const seen = reader.events.length;
  await clock.advanceAsync(POLL_MS);
  await until('the reader to go on', () => reader.events.length > seen, {
    timeoutMs: WAIT_MS_MAX,
    everyMs: 5,
  });
});
