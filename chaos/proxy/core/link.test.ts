import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { Link } from '#chaos/proxy/core/link.ts';
import { STAGE_BYTES_MAX, type StreamToxicSetting } from '#chaos/proxy/core/stage.ts';
import { TOXIC_TYPES } from '#chaos/proxy/core/toxics/registry.ts';
import type { AttributeValue } from '#chaos/proxy/core/toxics/toxic.ts';

function set(type: string, given: Record<string, AttributeValue> = {}, toxicity = 1): StreamToxicSetting {
  const kind = TOXIC_TYPES.get(type);
  assert.ok(kind?.layer === 'stream');
  const defaults = kind.attributes.map(({ name, otherwise }) => [name, otherwise]);
  return { kind, toxicity, attributes: { ...Object.fromEntries(defaults), ...given } };
}

/** A link whose far end writes down what comes out, and when. */
class Rig {
  readonly clock = new SimulatedClock();
  readonly out: string[] = [];
  readonly held = { bytes: 0 };
  isOpen = true;
  rooms = 0;
  readonly link: Link;

  constructor(...chain: StreamToxicSetting[]) {
    this.link = new Link({
      chain,
      world: { clock: this.clock, random: seededRandom(1), held: this.held },
      sink: {
        accepts: () => this.isOpen,
        push: ({ data }) => this.out.push(`${this.clock.monotonicMs()} ${new TextDecoder().decode(data)}`),
        end: (ending) => this.out.push(`${this.clock.monotonicMs()} <${ending}>`),
      },
      onRoom: () => (this.rooms += 1),
    });
  }

  send(text: string): this {
    this.link.push({ data: new TextEncoder().encode(text), atMs: this.clock.monotonicMs() });
    return this;
  }

  /** Moves time and gives what has come out since the last call. */
  after(ms: number): string[] {
    this.clock.advance(ms);
    return this.out.splice(0);
  }

  finish(): this {
    this.link.end('fin');
    return this;
  }
}

test('no toxic: everything passes at once', () => {
  const rig = new Rig();
  assert.deepEqual(rig.send('a').send('b').finish().after(0), ['0 a', '0 b', '0 <fin>']);
});

test('noop: everything passes at once', () => {
  const rig = new Rig(set('noop'), set('noop'));
  assert.deepEqual(rig.send('a').finish().after(0), ['0 a', '0 <fin>']);
});

test('latency counts from the arrival of each chunk, and the end is not delayed further', () => {
  const rig = new Rig(set('latency', { latency: 100 }));
  rig.send('a').after(30);
  rig.send('b').finish();
  assert.deepEqual(rig.after(69), []);
  assert.deepEqual(rig.after(1), ['100 a']);
  assert.deepEqual(rig.after(30), ['130 b', '130 <fin>']);
});

test('two latencies add up for a stream as for a single chunk', () => {
  const rig = new Rig(set('latency', { latency: 100 }), set('latency', { latency: 100 }));
  rig.send('a').after(50);
  rig.send('b');
  assert.deepEqual(rig.after(200), ['200 a', '250 b']);
});

test('latency with jitter stays in [latency − jitter, latency + jitter) and keeps the order', () => {
  const rig = new Rig(set('latency', { latency: 100, jitter: 50 }));
  const delays: number[] = [];
  for (let number = 0; number < 200; number += 1) {
    const startedMs = rig.clock.monotonicMs();
    const [line = ''] = rig.send('x').after(150);
    delays.push(Number(line.split(' ')[0]) - startedMs);
  }
  assert.ok(Math.min(...delays) >= 50 && Math.min(...delays) < 55, `${Math.min(...delays)}`);
  assert.ok(Math.max(...delays) < 150 && Math.max(...delays) >= 145, `${Math.max(...delays)}`);
  rig.send('1').send('2').send('3');
  assert.equal(
    rig
      .after(200)
      .map((line) => line.at(-1))
      .join(''),
    '123',
  );
});

test('a jitter above the latency never delays by less than nothing', () => {
  const rig = new Rig(set('latency', { latency: 0, jitter: 10 }));
  for (let number = 0; number < 20; number += 1) rig.send('x');
  assert.equal(rig.after(10).length, 20);
});

test('latency takes 1,024 chunks and then holds the sender back until there is room', () => {
  const rig = new Rig(set('latency', { latency: 100 }));
  for (let number = 0; number < 1024; number += 1) rig.send('x');
  assert.equal(rig.link.accepts(), true, 'one is in hand, 1,023 wait');
  rig.send('x');
  assert.equal(rig.link.accepts(), false);
  assert.equal(rig.rooms, 0);
  rig.after(100);
  assert.equal(rig.link.accepts(), true);
  assert.equal(rig.rooms, 1);
  assert.equal(rig.held.bytes, 0);
});

test('a stage holds a bounded number of bytes', () => {
  const rig = new Rig(set('latency', { latency: 100 }));
  const data = new Uint8Array(STAGE_BYTES_MAX / 4);
  for (let number = 0; number < 5; number += 1) rig.link.push({ data, atMs: 0 });
  assert.equal(rig.link.accepts(), false);
  assert.equal(rig.held.bytes, STAGE_BYTES_MAX);
  rig.link.discard();
  assert.equal(rig.held.bytes, 0);
});

test('bandwidth: small chunks wait for their own time, the rounding error carries over', () => {
  const rig = new Rig(set('bandwidth', { rate: 1 }));
  rig.send('x'.repeat(50)).send('y'.repeat(50));
  assert.deepEqual(
    rig.after(100).map((line) => line.slice(0, 5)),
    ['50 xx', '100 y'],
  );
});

test('bandwidth: large chunks leave in portions of 100 ms', () => {
  const rig = new Rig(set('bandwidth', { rate: 1 }));
  rig.send('x'.repeat(250)).finish();
  assert.deepEqual(
    rig.after(1000).map((line) => `${line.split(' ')[0]} ${line.split(' ')[1]?.length}`),
    ['100 100', '200 100', '250 50', '250 5'],
  );
});

test('bandwidth: rate 0 stalls, and removal lets go of what it holds', () => {
  const rig = new Rig(set('bandwidth', { rate: 0 }));
  rig.send('a');
  assert.deepEqual(rig.after(60_000), []);
  rig.link.remove(0);
  assert.deepEqual(rig.send('b').after(0), ['60000 a', '60000 b']);
});

test('bandwidth: a change lets the rest of the chunk go', () => {
  const rig = new Rig(set('bandwidth', { rate: 1 }));
  rig.send('x'.repeat(500)).after(100);
  rig.link.update(0, set('bandwidth', { rate: 100 }));
  assert.deepEqual(
    rig.after(0).map((line) => line.length),
    ['100 '.length + 400],
  );
});

test('slow_close: only the end is late', () => {
  const rig = new Rig(set('slow_close', { delay: 100 }));
  assert.deepEqual(rig.send('a').finish().after(99), ['0 a']);
  assert.deepEqual(rig.after(1), ['100 <fin>']);
});

test('slow_close: removal ends at once, a change counts anew', () => {
  const rig = new Rig(set('slow_close', { delay: 100 }));
  rig.finish().after(50);
  rig.link.update(0, set('slow_close', { delay: 100 }));
  assert.deepEqual(rig.after(99), []);
  rig.link.remove(0);
  assert.deepEqual(rig.after(0), ['149 <fin>']);
});

test('timeout: swallows, and closes after that time without a chunk', () => {
  const rig = new Rig(set('timeout', { timeout: 100 }));
  rig.send('a').after(60);
  rig.send('b');
  assert.deepEqual(rig.after(99), []);
  assert.deepEqual(rig.after(1), ['160 <close>']);
});

test('timeout 0 never closes by itself; the end of the stream and removal do', () => {
  const ended = new Rig(set('timeout'));
  ended.send('a');
  assert.deepEqual(ended.after(600_000), []);
  assert.deepEqual(ended.finish().after(0), ['600000 <fin>']);
  const removed = new Rig(set('timeout'));
  removed.send('a');
  removed.link.remove(0);
  assert.deepEqual(removed.send('b').after(0), ['0 <close>']);
});

test('timeout swallows although the receiver is full', () => {
  const rig = new Rig(set('timeout'));
  rig.isOpen = false;
  rig.send('a').send('b');
  assert.equal(rig.link.accepts(), true);
});

test('reset_peer waits for the first data, then its time, then resets', () => {
  const rig = new Rig(set('reset_peer', { timeout: 100 }));
  assert.deepEqual(rig.after(1000), []);
  rig.send('a');
  assert.deepEqual(rig.after(99), []);
  assert.deepEqual(rig.after(1), ['1100 <reset>']);
});

test('reset_peer takes the end for data; at 0 it resets at once; a full receiver does not stop it', () => {
  assert.deepEqual(new Rig(set('reset_peer')).finish().after(0), ['0 <reset>']);
  const full = new Rig(set('reset_peer'));
  full.isOpen = false;
  assert.deepEqual(full.send('a').after(0), ['0 <reset>']);
});

test('reset_peer only closes a connection that is older than itself', () => {
  const rig = new Rig();
  rig.link.add(set('reset_peer'));
  assert.deepEqual(rig.send('a').after(0), ['0 <close>']);
});

test('reset_peer removed while it waits resets at once; nothing hangs', () => {
  const rig = new Rig(set('reset_peer', { timeout: 60_000 }));
  rig.send('a').after(10);
  rig.link.remove(0);
  assert.deepEqual(rig.after(0), ['10 <reset>']);
});

test('slicer cuts into pieces of about the average size and loses nothing', () => {
  const rig = new Rig(set('slicer', { average_size: 64, size_variation: 16 }));
  const text = Array.from({ length: 1000 }, (_, index) => index % 10).join('');
  const pieces = rig
    .send(text)
    .after(0)
    .map((line) => line.split(' ')[1] ?? '');
  assert.equal(pieces.join(''), text);
  for (const piece of pieces) assert.ok(piece.length <= 80, `${piece.length}`);
  assert.ok(pieces.length > 1000 / 80);
});

test('slicer: microseconds of delay after each piece add up to their time', () => {
  const rig = new Rig(set('slicer', { average_size: 1, delay: 250 }));
  rig.send('x'.repeat(40)).finish();
  assert.equal(rig.after(8).length, 36, 'four pieces a millisecond, and four at the start');
  assert.deepEqual(rig.after(2).at(-1), '10 <fin>');
});

test('slicer: sizes that cannot be met still end', () => {
  for (const given of [{}, { average_size: -5 }, { average_size: 2, size_variation: 50 }]) {
    const pieces = new Rig(set('slicer', given)).send('abcdefgh').after(0);
    assert.equal(pieces.map((line) => line.split(' ')[1]).join(''), 'abcdefgh');
  }
});

test('slicer: removal sends the rest in one piece', () => {
  const rig = new Rig(set('slicer', { average_size: 1, delay: 1000 }));
  rig.send('abcd').after(1);
  rig.link.remove(0);
  assert.deepEqual(rig.send('e').after(0), ['1 cd', '1 e']);
});

test('limit_data passes the first bytes, then closes', () => {
  const rig = new Rig(set('limit_data', { bytes: 5 }));
  assert.deepEqual(rig.send('abc').send('defg').send('h').after(0), ['0 abc', '0 de', '0 <close>']);
  assert.deepEqual(new Rig(set('limit_data', { bytes: 3 })).send('abc').after(0), ['0 abc', '0 <close>']);
  assert.deepEqual(new Rig(set('limit_data')).send('abc').after(0), ['0 <close>']);
});

test('limit_data counts a connection through changes of the limit', () => {
  const rig = new Rig(set('limit_data', { bytes: 100 }));
  rig.send('abc').after(0);
  rig.link.update(0, set('limit_data', { bytes: 5 }));
  assert.deepEqual(rig.send('defg').after(0), ['0 de', '0 <close>']);
  const lowered = new Rig(set('limit_data', { bytes: 100 }));
  lowered.send('abc').after(0);
  lowered.link.update(0, set('limit_data', { bytes: 2 }));
  assert.deepEqual(lowered.after(0), [], 'closes with the next data, not before');
  assert.deepEqual(lowered.send('d').after(0), ['0 <close>']);
});

test('byte_flip damages about its share of bytes, one bit each, the same for the same seed', () => {
  const damage = (): number[] => {
    const bytes: number[] = [];
    const link = new Link({
      chain: [set('byte_flip', { probability: 0.01 })],
      world: { clock: new SimulatedClock(), random: seededRandom(7), held: { bytes: 0 } },
      sink: { accepts: () => true, push: ({ data }) => bytes.push(...data), end: () => {} },
      onRoom: () => {},
    });
    for (let number = 0; number < 100; number += 1) link.push({ data: new Uint8Array(100), atMs: 0 });
    return bytes;
  };
  const first = damage();
  const flipped = first.filter((byte) => byte !== 0);
  assert.equal(first.length, 10_000);
  assert.ok(flipped.length > 60 && flipped.length < 150, `${flipped.length}`);
  for (const byte of flipped) assert.equal(Math.log2(byte) % 1, 0);
  assert.deepEqual(damage(), first);
});

test('byte_flip at 0 touches nothing, at 1 everything', () => {
  assert.deepEqual(new Rig(set('byte_flip')).send('abc').after(0), ['0 abc']);
  const [line] = new Rig(set('byte_flip', { probability: 1 })).send('aaa').after(0);
  assert.doesNotMatch(line ?? '', /a/);
});

test('toxicity is drawn for each connection', () => {
  const random = seededRandom(3);
  let swallowed = 0;
  for (let number = 0; number < 2000; number += 1) {
    swallowed += 1;
    const link = new Link({
      chain: [set('timeout', {}, 0.3)],
      world: { clock: new SimulatedClock(), random, held: { bytes: 0 } },
      sink: { accepts: () => true, push: () => (swallowed -= 1), end: () => {} },
      onRoom: () => {},
    });
    link.push({ data: new Uint8Array(1), atMs: 0 });
  }
  assert.ok(swallowed > 500 && swallowed < 700, `${swallowed} of 2,000 at 0.3`);
});

test('toxicity is drawn again when the toxic changes and when its neighbour comes or goes', () => {
  const rig = new Rig(set('latency', { latency: 1_000_000 }, 0.5));
  const passed = { update: 0, neighbour: 0 };
  for (let number = 0; number < 300; number += 1) {
    rig.link.update(0, set('latency', { latency: 1_000_000 }, 0.5));
    rig.out.length = 0;
    passed.update += rig.send('x').after(0).length;
    rig.link.add(set('noop'));
    rig.out.length = 0;
    passed.neighbour += rig.send('x').after(0).length > 0 ? 1 : 0;
    rig.link.remove(1);
  }
  for (const count of Object.values(passed)) assert.ok(count > 100 && count < 200, JSON.stringify(passed));
});

test('removing a timeout closes a connection whichever way it was drawn, as upstream', () => {
  const rig = new Rig(set('timeout', {}, 0));
  rig.send('a');
  rig.link.remove(0);
  assert.deepEqual(rig.after(0), ['0 a', '0 <close>']);
});

test('a new toxic goes to the end; what the last one has in hand does not meet it', () => {
  const rig = new Rig(set('latency', { latency: 100 }));
  rig.send('a').send('b').after(50);
  rig.link.add(set('bandwidth', { rate: 0 }));
  assert.deepEqual(rig.after(1000), ['50 a'], 'b waits in the latency and then meets the stall');
  rig.link.remove(1);
  assert.deepEqual(rig.after(0), ['1050 b']);
});

test('removal from the middle keeps bytes and their order', () => {
  const rig = new Rig(set('slicer', { average_size: 1 }), set('latency', { latency: 100 }), set('noop'));
  rig.send('abc').after(10);
  rig.link.remove(1);
  assert.deepEqual(rig.send('d').finish().after(0), ['10 a', '10 b', '10 c', '10 d', '10 <fin>']);
});

test('a toxic that closes lets those behind it run out, and swallows what comes after', () => {
  const rig = new Rig(set('limit_data', { bytes: 2 }), set('latency', { latency: 100 }));
  rig.send('abc').send('d');
  assert.deepEqual(rig.after(100), ['100 ab', '100 <close>']);
  rig.link.remove(0);
  rig.link.add(set('noop'));
  assert.deepEqual(rig.send('e').after(1000), []);
});

test('a full receiver holds a chain back; when it has room all goes on in order', () => {
  const rig = new Rig(set('noop'), set('noop'));
  rig.isOpen = false;
  rig.send('a').send('b');
  assert.equal(rig.link.accepts(), false);
  assert.deepEqual(rig.after(0), []);
  rig.isOpen = true;
  rig.link.sinkHasRoom();
  assert.deepEqual(rig.after(0), ['0 a', '0 b']);
  assert.ok(rig.rooms > 0);
});

/** One random history of sending, changing toxics and blocking; what was sent and what came out. */
function history(seed: number): { readonly sent: string; readonly received: string } {
  const kinds = [
    set('latency', { latency: 20, jitter: 20 }),
    set('bandwidth', { rate: 2 }),
    set('slicer', { average_size: 3, size_variation: 2, delay: 300 }),
    set('slow_close', { delay: 10 }),
    set('noop'),
  ];
  const random = seededRandom(seed);
  const rig = new Rig();
  const chain: StreamToxicSetting[] = [];
  let sent = '';
  const add = (): void => {
    const setting = kinds[random.below(kinds.length)] ?? set('noop');
    if (chain.length >= 4) return;
    chain.push(setting);
    rig.link.add(setting);
  };
  const change = (): void => {
    const index = random.below(4);
    const setting = chain[index];
    if (setting !== undefined) rig.link.update(index, setting);
  };
  const remove = (): void => {
    const index = random.below(4);
    if (chain.splice(index, 1).length > 0) rig.link.remove(index);
  };
  const block = (): void => void (rig.isOpen = !rig.isOpen);
  const send = (): void => {
    if (!rig.link.accepts()) return;
    const text = String.fromCharCode(97 + random.below(26)).repeat(1 + random.below(9));
    sent += text;
    rig.send(text);
  };
  const actions = [add, change, remove, block, send, send, send, send];
  for (let step = 0; step < 150; step += 1) {
    actions[random.below(actions.length)]?.();
    rig.clock.advance(random.below(5));
    if (rig.isOpen) rig.link.sinkHasRoom();
  }
  rig.isOpen = true;
  rig.link.sinkHasRoom();
  const lines = rig.finish().after(60_000);
  return { sent, received: lines.map((line) => line.split(' ')[1] ?? '').join('') };
}

test('no history of changes loses, doubles or reorders a byte', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { sent, received } = history(seed);
    assert.equal(received, `${sent}<fin>`, `seed ${seed}`);
  }
});
