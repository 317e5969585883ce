import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '#chaos/prove/core/judge.ts';
import type { RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import { reportHtml } from '#chaos/prove/core/report-html.ts';
import { reportJson, type ReportContext } from '#chaos/prove/core/report-json.ts';
import { escapeHtml, seconds, timeOfDay, times } from '#chaos/prove/core/report-text.ts';
import { recordedRun, RUN_START_MS } from '#test/support/recorded-run.ts';

const RUN = recordedRun({
  faults: [
    { id: 'errors', target: 'quotes', failed: 0.5 },
    { id: 'kill', target: 'dispatch', failed: 1 },
  ],
});

const CONTEXT: ReportContext = {
  startedAt: '2026-11-21T08:20:08Z',
  tookMs: 123_456,
  commit: '0123456789abcdef',
  machine: {
    cpus: 2,
    cpuModel: 'Some CPU',
    memoryBytes: 8 * 1024 ** 3,
    system: 'Linux 6.18',
    node: '24.21.0',
  },
};

function html(run: RecordedRun): string {
  return reportHtml(judge(run), [run], CONTEXT);
}

/** Elements that were opened and not closed, or the other way round. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', , end] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)\b([^>]*?)(\/?)>/g)) {
    if (['meta', 'br'].includes(name) || end === '/') continue;
    if (slash === '') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else open.push(`/${name}`);
  }
  return open;
}

test('the page stands alone: no script, no address, one timeline a fault', () => {
  const page = html(RUN);
  assert.deepEqual(unbalanced(page), []);
  assert.doesNotMatch(page, /<script|https?:|@import|url\(/);
  assert.equal(page.match(/<svg class="timeline"/g)?.length, 2);
  for (const text of [
    '● Passed.',
    '2 of 2',
    'divided by 60',
    '2 × Some CPU',
    '0123456789abcdef',
    'prefers-color-scheme',
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a failed proof says why', () => {
  const page = html({ ...RUN, pages: [] });
  assert.deepEqual(unbalanced(page), []);
  for (const text of ['▲ Failed.', 'nobody was paged', '▲ missed', 'No page came.', '0 of 2']) {
    assert.ok(page.includes(text), text);
  }
});

test('an empty run has no figures, and a page all the same', () => {
  const page = html({ ...RUN, slos: [], pages: [], phases: [], users: { ...RUN.users, endedMs: [] } });
  assert.deepEqual(unbalanced(page), []);
  assert.ok(page.includes('nothing to count'));
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('whatever a name or a page says, it stays text', () => {
  const evil = `<img src=x onerror="alert('1')">`;
  const run: RecordedRun = {
    ...RUN,
    kind: evil,
    phases: RUN.phases.map((phase) => ({ ...phase, title: evil })),
    pages: RUN.pages.map((page) => ({
      ...page,
      labels: { ...page.labels, alertname: evil, slo_id: evil },
      annotations: { suspect: evil, suspect_reason: evil },
    })),
  };
  const stray = {
    ...run,
    pages: [{ ...run.pages[0], receivedMs: 0, startsAt: evil }, ...run.pages],
  } as RecordedRun;
  for (const page of [html(run), html(stray)]) {
    assert.doesNotMatch(page, /<img/);
    assert.ok(page.includes(escapeHtml(evil)));
  }
});

test('the JSON holds the verdict and on what it was reached', () => {
  const report = JSON.parse(reportJson(judge(RUN), CONTEXT)) as Record<string, unknown>;
  assert.equal(report['version'], 1);
  assert.equal(report['passed'], true);
  assert.equal(report['commit'], CONTEXT.commit);
  assert.deepEqual(Object.keys(report).toSorted(), [
    'commit',
    'limits',
    'machine',
    'passed',
    'reasons',
    'score',
    'startedAt',
    'tookMs',
    'version',
    'worlds',
  ]);
});

test('figures have three digits and a unit; what is missing is a dash', () => {
  assert.deepEqual([0, 1.234, -0.5, 51.84, 518.4, null].map(seconds), [
    '0.00 s',
    '1.23 s',
    '−0.50 s',
    '51.8 s',
    '518 s',
    '–',
  ]);
  assert.equal(times(1.5), '1.50×');
  assert.equal(timeOfDay(RUN_START_MS + 120), '22:13:20.120');
});
