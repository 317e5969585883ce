/** The documents store under kill -9: every span acknowledged by the journal is there once. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { sleep } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { childPort } from '#base/real/rpc-ports.ts';
import { connectRpc, type Remote } from '#base/rpc.ts';
import { seededRandom } from '#base/sim/random.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import type { DocumentsStore } from '#storage/embedded/documents/start.ts';
import { span, spansRecord, traceId } from '#test/contract/traces.ts';

const KILLS = 5;
const SPANS_PER_RECORD = 20;
const TRACES = 10;
const PROGRAM = fileURLToPath(new URL('../support/documents-child.ts', import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly store: Remote<DocumentsStore>;
}

function start(folder: string): Child {
  const child = fork(PROGRAM, [join(folder, 'journal'), join(folder, 'documents')], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return { process: child, store: connectRpc<DocumentsStore>(childPort(child), 'documents') };
}

async function stop(child: Child, signal: NodeJS.Signals): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return;
  const ended = once(child.process, 'exit');
  child.process.kill(signal);
  await ended;
}

/** Writes records until told to stop; counts those that were acknowledged. */
function startWriting(journal: DiskJournalWriter): { readonly done: () => Promise<number> } {
  let going = true;
  const written = (async () => {
    let count = 0;
    for (; going; count += 1) {
      const spans = Array.from({ length: SPANS_PER_RECORD }, (_, index) => {
        const number = count * SPANS_PER_RECORD + index;
        return span((number % TRACES) + 1, number);
      });
      await journal.append({ ...spansRecord({ service: 'shop' }, spans), tenant: DEFAULT_TENANT });
      await sleep(systemClock, 8);
    }
    return count * SPANS_PER_RECORD;
  })();
  return {
    done: () => {
      going = false;
      return written;
    },
  };
}

async function caughtUp(child: Child, items: number): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 20_000;
  for (;;) {
    const { cursor } = await child.store.status();
    if (cursor.delivered['otlp-traces'] >= items) return;
    assert.ok(
      systemClock.monotonicMs() < deadlineMs,
      `only ${cursor.delivered['otlp-traces']} of ${items} came`,
    );
    await sleep(systemClock, 20);
  }
}

async function sealedSomething(child: Child): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 20_000;
  while ((await child.store.status()).bytes === 0) {
    assert.ok(systemClock.monotonicMs() < deadlineMs, 'nothing is ever sealed');
    await sleep(systemClock, 20);
  }
}

test(`after ${KILLS} kills -9 every acknowledged span is there exactly once`, async () => {
  const seed = Number(process.env['PLIMSOLL_SEED'] ?? systemRandom.below(2 ** 32));
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-kill-'));
  const journal = await openDiskJournal({
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    directory: join(folder, 'journal'),
    config: DEFAULT_JOURNAL_CONFIG,
  });
  const writing = startWriting(journal);
  let child = start(folder);
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await child.store.status();
      // On a busy machine a life may be too short for a seal; the later ones wait for one.
      if (kill >= KILLS / 2) await sealedSomething(child);
      await sleep(systemClock, random.below(400));
      await stop(child, 'SIGKILL');
      child = start(folder);
    }
    const spans = await writing.done();
    await caughtUp(child, spans);
    assert.ok(spans > 1000, `${spans} spans`);
    const status = await child.store.status();
    assert.ok(status.bytes > 0, 'something was sealed');
    let found = 0;
    for (let trace = 1; trace <= TRACES; trace += 1) {
      const got = await child.store.trace(traceId(trace));
      const ids = new Set(got?.spans.map((one) => one.spanId));
      assert.equal(ids.size, got?.spans.length, `each span of trace ${trace} once (seed ${seed})`);
      found += ids.size;
    }
    assert.equal(found, spans, `no span is missing (seed ${seed})`);
  } finally {
    await writing.done();
    await stop(child, 'SIGKILL');
    await journal[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
