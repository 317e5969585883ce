/** How a batch is repeated, with a producer that answers as told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '#base/sim/clock.ts';
import { DEFAULT_KAFKA_CONFIG } from '#journal/kafka/config.ts';
import type { OutgoingMessage } from '#journal/kafka/client.ts';
import { partsOf, sendUntil } from '#journal/kafka/sending.ts';
import { settingsOf } from '#journal/kafka/settings.ts';

const CONFIRMED = new Map([[0, 7]]);

test('a batch is repeated as it was until it is confirmed', async () => {
  const { sent, offsets } = await send([new Error('closed'), new Error('refused'), CONFIRMED]);
  assert.deepEqual(offsets, CONFIRMED);
  assert.equal(sent.length, 3);
  assert.deepEqual(sent[0], sent[2]);
});

test('it is given up when its time is over, or at once when it is refused as it is', async () => {
  await assert.rejects(send([new Error('closed'), new Error('still closed')], 0), /closed/);
  const tooLarge = Object.assign(new Error('no'), { type: 'MESSAGE_TOO_LARGE' });
  await assert.rejects(send([tooLarge, CONFIRMED]), /no/);
});

test('a body that is not what its kind says is kept whole or not at all', () => {
  const body = new TextEncoder().encode('no protobuf');
  const draft = { kind: 'otlp-logs', tenant: 't', items: 1, body } as const;
  assert.deepEqual(partsOf(draft, 100), [{ body, items: 1 }]);
  assert.equal(partsOf(draft, 5), undefined);
});

async function send(
  answers: readonly (Error | ReadonlyMap<number, number>)[],
  timeMs = 8000,
): Promise<{
  readonly sent: readonly (readonly OutgoingMessage[])[];
  readonly offsets: ReadonlyMap<number, number>;
}> {
  const clock = new SimulatedClock();
  const sent: (readonly OutgoingMessage[])[] = [];
  const rest = [...answers];
  const producer = {
    close: () => {},
    async send(messages: readonly OutgoingMessage[]) {
      sent.push(messages);
      const answer = rest.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no more');
      return answer;
    },
  };
  const facts = {
    partitions: [],
    replicas: 1,
    minInsyncReplicas: 1,
    messageBytesMax: 1,
    retentionBytes: undefined,
  };
  const record = {
    id: { node: 'n', epoch: 1, sequence: 1 },
    partition: 0,
    key: 'k',
    value: new Uint8Array(1),
    headers: {},
  };
  const offsets = await sendUntil(
    { facts, tails: new Map(), producer },
    { records: [record], accepted: new Map() },
    {
      settings: settingsOf(DEFAULT_KAFKA_CONFIG),
      config: DEFAULT_KAFKA_CONFIG,
      clock,
      deadlineMs: clock.monotonicMs() + timeMs,
      signal: new AbortController().signal,
      pause: () => Promise.resolve(),
      onTrouble: undefined,
    },
  );
  return { sent, offsets };
}
