import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, type LogLine } from '#dashboards/console/core/logs/line.ts';
import {
  LINES_MAX,
  NO_LINES,
  TAIL_LINES_MAX,
  withArrived,
  withPage,
  withWaitingShown,
  type LineList,
} from '#dashboards/console/core/logs/list.ts';

function line(id: number, atMs = id): LogLine {
  const unixNanos = `${1_800_000_000_000 + atMs}000000`;
  return lineOf({
    id: String(id),
    unixNanos,
    observedUnixNanos: unixNanos,
    severityNumber: 9,
    severityText: '',
    eventName: '',
    body: `line ${id}`,
    traceId: null,
    spanId: null,
    attributes: {},
    resource: { 'service.name': 'quotes' },
    scope: { name: '', version: '' },
  });
}

/** Newest first. */
function lines(from: number, to: number): readonly LogLine[] {
  return Array.from({ length: to - from }, (_, index) => line(to - 1 - index));
}

const ids = ({ lines: shown }: LineList): readonly string[] => shown.map(({ id }) => id);

test('pages go below, and the last one has no next', () => {
  const first = withPage(NO_LINES, lines(3, 6), 'older');
  assert.deepEqual([ids(first), first.next], [['5', '4', '3'], 'older']);
  const second = withPage(first, lines(0, 3), null);
  assert.deepEqual([ids(second), second.next, second.cut], [['5', '4', '3', '2', '1', '0'], null, undefined]);
});

test('lines of the same time keep the order of the server over pages', () => {
  const first = withPage(NO_LINES, [line(9, 1), line(8, 1)], 'older');
  assert.deepEqual(ids(withPage(first, [line(7, 1), line(6, 1)], null)), ['9', '8', '7', '6']);
});

test('what arrives waits; shown it stands above, each line once', () => {
  const before = withPage(NO_LINES, lines(0, 3), null);
  const waiting = withArrived(withArrived(before, lines(2, 5), 0), lines(4, 6), 0);
  assert.deepEqual(ids(waiting), ['2', '1', '0']);
  assert.deepEqual(
    waiting.waiting.map(({ id }) => id),
    ['5', '4', '3'],
  );
  const shown = withWaitingShown(waiting, LINES_MAX);
  assert.deepEqual([ids(shown), shown.waiting], [['5', '4', '3', '2', '1', '0'], []]);
});

test('a line that arrived before the page that has it does not wait any more', () => {
  const early = withArrived(NO_LINES, lines(2, 5), 0);
  const loaded = withPage(early, lines(0, 4), null);
  assert.deepEqual([ids(loaded), loaded.waiting.map(({ id }) => id)], [['3', '2', '1', '0'], ['4']]);
});

test('nothing new leaves the list as it is', () => {
  const before = withPage(NO_LINES, lines(0, 3), null);
  assert.equal(withArrived(before, lines(0, 3), 0), before);
  assert.equal(withWaitingShown(before, LINES_MAX), before);
});

test('a late line takes its place in time', () => {
  const before = withPage(NO_LINES, [line(3), line(1)], null);
  assert.deepEqual(ids(withWaitingShown(withArrived(before, [line(2)], 0), LINES_MAX)), ['3', '2', '1']);
});

test('scrolling ends at the limit and says so', () => {
  const full = withPage(withPage(NO_LINES, lines(100, LINES_MAX), 'a'), lines(0, 100), 'b');
  assert.deepEqual([full.lines.length, full.next, full.cut], [LINES_MAX, null, 'by-limit']);
});

test('a tail keeps a bounded number and lets older ones go', () => {
  const before = withPage(NO_LINES, lines(0, TAIL_LINES_MAX), 'older');
  const after = withWaitingShown(
    withArrived(before, lines(TAIL_LINES_MAX, TAIL_LINES_MAX + 10), 0),
    TAIL_LINES_MAX,
  );
  assert.equal(after.lines.length, TAIL_LINES_MAX);
  assert.deepEqual([after.lines[0]?.id, after.next, after.cut], [`${TAIL_LINES_MAX + 9}`, null, 'by-tail']);
});

test('more waiting than is kept leaves a gap: what was below goes', () => {
  const before = withPage(NO_LINES, lines(0, 10), 'older');
  const many = withArrived(before, lines(10, TAIL_LINES_MAX + 30), 7);
  assert.deepEqual([many.waiting.length, many.skipped], [TAIL_LINES_MAX, 27]);
  const after = withWaitingShown(many, LINES_MAX);
  assert.deepEqual(
    [after.lines.length, after.lines.at(-1)?.id, after.cut],
    [TAIL_LINES_MAX, '30', 'by-tail'],
  );
});
