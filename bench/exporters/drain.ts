/**
 * One run: items wait at a sender whose destination is away; then it is opened.
 * Measured is from there until the destination has all of them, once each.
 */
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import type { Destination } from '#bench/exporters/destinations.ts';
import { Gate } from '#bench/exporters/gate.ts';
import type { Load } from '#bench/exporters/payload.ts';
import type { Sender } from '#bench/exporters/senders.ts';

/** What the sender does beside exporting is done by then. */
const SETTLE_MS = 2000;
const DRAIN_MS_MAX = 180_000;
const POLL_MS = 50;
/** What would come twice comes within this. */
const AFTER_MS = 700;

export interface Drained {
  readonly items: number;
  /** Of the sender's processes. */
  readonly cpuSeconds: number;
  /** From the first connection on; up to 50 ms too long. */
  readonly seconds: number;
}

/** @throws Error when the destination has less or more than was sent */
export async function drain(
  destination: Destination,
  load: Load,
  start: (url: string) => Promise<Sender>,
): Promise<Drained> {
  await using gate = await Gate.before(destination.url);
  const sender = await start(gate.url);
  try {
    await fill(sender.otlpHttp + load.path, load.bodies);
    await pause(SETTLE_MS);
    const before = await destination.taken();
    const cpuBefore = cpuSecondsOfTree(sender.pid);
    const openedMs = performance.now();
    await gate.open();
    while ((await destination.taken()) - before < load.items) {
      if (performance.now() - openedMs > DRAIN_MS_MAX)
        throw new Error(`${(await destination.taken()) - before} of ${load.items} items arrived`);
      await pause(POLL_MS);
    }
    const endMs = performance.now();
    const cpuSeconds = cpuSecondsOfTree(sender.pid) - cpuBefore;
    await pause(AFTER_MS);
    const arrived = (await destination.taken()) - before;
    if (arrived !== load.items) throw new Error(`${load.items} items were sent, ${arrived} arrived`);
    return { items: load.items, cpuSeconds, seconds: (endMs - (gate.firstMs ?? openedMs)) / 1000 };
  } finally {
    await sender.stop();
  }
}

/** One request after the other: metrics must arrive in their order. */
async function fill(url: string, bodies: Iterable<Uint8Array>): Promise<void> {
  for (const body of bodies) {
    const headers = { 'content-type': 'application/x-protobuf' };
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
