import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { QueryAborted } from '#promql/engine/budget.ts';
import { QUERIES_AT_ONCE_MAX, QUERIES_WAITING_MAX, Turns } from '#server/prometheus/turns.ts';

test('so many run at once, the rest in order, and no more than so many wait', async () => {
  const turns = new Turns();
  const gate = Promise.withResolvers<void>();
  const started: number[] = [];
  const run = (index: number): Promise<void> =>
    turns.run(() => {
      started.push(index);
      return gate.promise;
    }, undefined);
  const most = QUERIES_AT_ONCE_MAX + QUERIES_WAITING_MAX;
  const all = Array.from({ length: most }, (_, index) => run(index));
  await Promise.resolve();
  assert.equal(started.length, QUERIES_AT_ONCE_MAX);
  await assert.rejects(run(most), (error) => isCoded(error, 'PLIM_OVERLOADED'));
  gate.resolve();
  await Promise.all(all);
  assert.deepEqual(
    started,
    Array.from({ length: most }, (_, index) => index),
  );
  await run(most);
});

test('who gives up waiting does not run and leaves the place to others', async () => {
  const turns = new Turns();
  const gate = Promise.withResolvers<void>();
  const running = Array.from({ length: QUERIES_AT_ONCE_MAX }, () => turns.run(() => gate.promise, undefined));
  const gone = new AbortController();
  const ran: string[] = [];
  const record = (name: string) => async (): Promise<void> => void ran.push(name);
  const given = turns.run(record('given up'), gone.signal);
  const next = turns.run(record('next'), undefined);
  gone.abort(new Error('gone'));
  await assert.rejects(given, QueryAborted);
  gate.resolve();
  await Promise.all([...running, next]);
  assert.deepEqual(ran, ['next']);
});

test('a task that fails gives its place back', async () => {
  const turns = new Turns();
  for (let index = 0; index < QUERIES_AT_ONCE_MAX * 2; index += 1) {
    await assert.rejects(
      turns.run(() => Promise.reject(new Error('no')), undefined),
      /no/,
    );
  }
  assert.equal(await turns.run(() => Promise.resolve(1), undefined), 1);
});
