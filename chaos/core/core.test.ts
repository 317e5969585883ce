import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { ENDED_KEPT_MAX, FaultBook, OPEN_MAX, type FaultRecord } from '#chaos/core/book.ts';
import { formatLine, replay } from '#chaos/core/journal.ts';
import { fixedLease, isExpired, remainingMs, renew, renewedLease } from '#chaos/core/lease.ts';
import { choice, integer, readParameters, share, text } from '#chaos/core/parameters.ts';
import { parseDemoFile, targetNamed } from '#chaos/core/targets.ts';
import { readUndoAction, type UndoAction } from '#chaos/core/undo.ts';

test('a lease ends without renewal; a fixed one whatever happens', () => {
  const lease = renewedLease(1000, 200);
  assert.deepEqual(
    [remainingMs(lease, 1150), isExpired(lease, 1199), isExpired(lease, 1200)],
    [50, false, true],
  );
  assert.equal(remainingMs(renew(lease, 1150), 1150), 200);
  assert.equal(isExpired(renew(lease, 1200), 1200), true, 'what has ended does not come back');
  assert.equal(remainingMs(renew(fixedLease(0, 500), 400), 400), 100);
});

test('parameters: defaults, text from a command line, every problem at once', () => {
  const set = {
    status: integer({ min: 400, max: 599, unit: '', default: 500, doc: '' }),
    share: share(''),
    how: choice(['refuse', 'silent'], ''),
    path: text({ pattern: /^\/?/, expected: 'a path', default: '', doc: '' }),
  };
  const values = { status: 503, share: 0.5, how: 'refuse', path: '' };
  assert.deepEqual(readParameters(set, { status: '503', share: 0.5 }), { values });
  const read = readParameters(set, { status: 200, share: 'much', hwo: 'silent', how: '' });
  assert.deepEqual('problems' in read && read.problems, [
    'hwo is not known here; did you mean how?',
    'status: expected a whole number from 400 to 599, got 200',
    'share: expected a number from 0 to 1, got "much"',
    'how: expected one of refuse, silent, got ""',
  ]);
  for (const wrong of ['', ' ', 'NaN', Number.NaN, null, [], 0.5])
    assert.ok('problems' in readParameters(set, { status: wrong }), String(wrong));
});

const PROCESS = { pid: 4711, startTicks: 99 };
const ACTIONS: readonly UndoAction[] = [
  { kind: 'continue', process: PROCESS },
  { kind: 'data-limit', process: PROCESS, soft: 'unlimited' },
  { kind: 'write', file: '/x/clock', text: '+0\n' },
  { kind: 'remove', file: '/x/.ballast' },
];

test('undo actions survive a file; what is none is not done', () => {
  for (const action of ACTIONS) assert.deepEqual(readUndoAction(JSON.parse(JSON.stringify(action))), action);
  const wrong: readonly unknown[] = [
    null,
    'continue',
    { kind: 'continue' },
    { kind: 'continue', process: { pid: 1, startTicks: 5 } },
    { kind: 'continue', process: { pid: -1, startTicks: 5 } },
    { kind: 'continue', process: { pid: 4711.5, startTicks: 5 } },
    { kind: 'continue', process: { pid: 4711, startTicks: '5' } },
    { kind: 'data-limit', process: PROCESS, soft: '5 --nofile=0' },
    { kind: 'remove' },
    { kind: 'exec', file: 'x' },
  ];
  for (const value of wrong) assert.equal(readUndoAction(value), undefined, JSON.stringify(value));
});

test('the journal tells what is left, a torn last line included', () => {
  const begin = (id: string) => formatLine({ event: 'begin', atMs: 1, id, fault: 'pause', target: 'quotes' });
  const arm = (id: string) =>
    formatLine({ event: 'arm', atMs: 2, id, undo: { kind: 'continue', process: PROCESS } });
  const end = (id: string) => formatLine({ event: 'end', atMs: 3, id, why: 'request' });
  const whole = begin('a') + arm('a') + end('a') + begin('b') + arm('b') + arm('b') + begin('c');
  const undo = { kind: 'continue', process: PROCESS } as const;
  assert.deepEqual(replay(whole), {
    unfinished: [
      { id: 'b', fault: 'pause', target: 'quotes', undo: [undo, undo] },
      { id: 'c', fault: 'pause', target: 'quotes', undo: [] },
    ],
    unreadable: 0,
  });
  // Cut anywhere, what was armed in full is found.
  for (let length = 0; length <= whole.length; length += 1) {
    const { unfinished, unreadable } = replay(whole.slice(0, length));
    const armed = whole
      .slice(0, length)
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.includes('"b"')).length;
    const found = unfinished.find(({ id }) => id === 'b');
    assert.ok((found?.undo.length ?? 0) >= armed - 1, `${length}`);
    assert.ok(unreadable <= 1);
  }
  const lost = replay(arm('d'));
  assert.equal(lost.unfinished[0]?.undo.length, 1, 'armed is armed, though its beginning is lost');
});

test('demo.json: what it does not say is refused', () => {
  const file = (changes: object): string =>
    JSON.stringify({ version: 1, targets: { quotes: { ...PROCESS, port: 80 } }, ...changes });
  const demo = parseDemoFile('demo.json', file({ supervisor: PROCESS }));
  const quotes = { name: 'quotes', process: PROCESS, port: 80, proxy: 'quotes', dataDir: undefined };
  assert.deepEqual(targetNamed(demo, 'quotes'), quotes);
  assert.throws(() => targetNamed(demo, 'qoutes'), /did you mean quotes\?/);
  const wrong = ['', '[]', 'null', file({ version: 2 }), file({ targets: [] }), file({ targets: { a: {} } })];
  for (const text of [...wrong, file({ targets: { a: { ...PROCESS, port: 0 } } })])
    assert.throws(
      () => parseDemoFile('demo.json', text),
      (error) => isCoded(error, 'PLIM_DEMO_FILE'),
      text,
    );
});

const RECORD: FaultRecord = {
  id: 'a',
  fault: 'pause',
  target: 'quotes',
  claim: 'process',
  parameters: {},
  sham: false,
  startedMs: 0,
  endedMs: undefined,
  endedBy: undefined,
};

test('one fault at a time, unless asked for; none while blocked; never too many', () => {
  const book = new FaultBook();
  const other = { target: 'billing', claim: 'process' };
  const refuses = (alongside: boolean, wanted = other): void =>
    assert.throws(
      () => book.admit(wanted, alongside),
      (error) => isCoded(error, 'PLIM_FAULT_REFUSED'),
    );
  book.admit(other, false);
  book.open(RECORD, renewedLease(0, 100));
  refuses(false);
  book.admit(other, true);
  book.admit({ target: 'quotes', claim: 'none' }, true);
  refuses(true, { target: 'quotes', claim: 'process' });
  book.block(true);
  refuses(true);
  book.block(false);
  for (let count = 1; count < OPEN_MAX; count += 1)
    book.open({ ...RECORD, id: `${count}` }, renewedLease(0, 100));
  refuses(true);
});

test('the book forgets the oldest of what is over, and nothing that is on', () => {
  const book = new FaultBook();
  book.open({ ...RECORD, id: 'on' }, fixedLease(0, 1e9));
  for (let count = 0; count < ENDED_KEPT_MAX + 5; count += 1) {
    book.open({ ...RECORD, id: `${count}` }, renewedLease(0, 100));
    book.close(`${count}`, 1, 'request');
  }
  assert.equal(book.ended.length, ENDED_KEPT_MAX);
  assert.equal(book.find('4'), undefined);
  assert.equal(book.find('on')?.endedMs, undefined);
});

test('a fault that is being taken back has no lease left to run out', () => {
  const book = new FaultBook();
  book.open(RECORD, renewedLease(0, 100));
  assert.equal(book.nextExpiryMs(), 100);
  assert.deepEqual(book.expired(100), ['a']);
  book.ending('a');
  assert.deepEqual(
    [book.nextExpiryMs(), book.expired(1000), book.renew('a', 50)],
    [undefined, [], undefined],
  );
});
