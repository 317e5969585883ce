import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptedOf,
  changeOf,
  deliveredTo,
  lagMs,
  LOOKS_MAX,
  PICTURE_LOOKS,
  rateOf,
  ratesOver,
  withLook,
  type Look,
} from '#dashboards/console/core/pipeline/history.ts';
import { exporterView, failingText, type ExporterLine } from '#dashboards/console/core/pipeline/exporters.ts';
import { equation, reasonsText, type LedgerLine } from '#dashboards/console/core/pipeline/ledger-words.ts';
import { derivedRate, meanSyncMs, receiversOf } from '#dashboards/console/core/pipeline/receivers.ts';
import { refusalsOf } from '#dashboards/console/core/pipeline/refusals.ts';
import { journalFill, pipelineSays } from '#dashboards/console/core/pipeline/sentence.ts';
import { parsePrometheusText } from '#dashboards/console/core/prometheus-text.ts';

function look(second: number, accepted: number, held: number): Look {
  const row = { signal: 's', consumer: 'c', accepted, delivered: accepted - held, held };
  return { atMs: second * 1000, accepted: { s: accepted }, rows: [row], bytes: 0 };
}

test('a rate is the change over the window', () => {
  const looks = Array.from({ length: 30 }, (_, second) => look(second, second * 100, 0));
  assert.equal(rateOf(looks, acceptedOf), 100);
  assert.equal(rateOf(looks, deliveredTo('c')), 100);
  assert.equal(rateOf(looks, deliveredTo('other')), 0);
  assert.equal(rateOf(looks.slice(0, 1), acceptedOf), null);
  assert.equal(rateOf([], acceptedOf), null);
  assert.equal(changeOf(looks, acceptedOf), 2900);
  assert.equal(changeOf(looks.slice(0, 1), acceptedOf), null);
  const picture = ratesOver(looks.slice(0, 3), acceptedOf);
  assert.deepEqual([picture.length, picture.slice(-4)], [PICTURE_LOOKS, [null, null, 100, 100]]);
});

test('looks are bounded, in order, and begin anew with another data folder', () => {
  let looks: readonly Look[] = [];
  for (let second = 0; second < LOOKS_MAX + 20; second += 1) looks = withLook(looks, look(second, second, 0));
  assert.equal(looks.length, LOOKS_MAX);
  assert.equal(withLook(looks, look(1, 1_000_000, 0)), looks);
  assert.equal(withLook(looks, look(1000, 3, 0)).length, 1);
});

test('lag is since when what is held came in', () => {
  const looks = Array.from({ length: 20 }, (_, second) => look(second, second * 10, 0));
  assert.equal(lagMs(looks, 'c'), 0);
  assert.equal(lagMs([...looks, look(20, 200, 50)], 'c'), 5000);
  assert.equal(lagMs([...looks, look(20, 200, 55)], 'c'), 6000);
  assert.equal(lagMs([look(20, 200, 50)], 'c'), null);
  assert.equal(lagMs([], 'c'), null);
});

function line(change: Partial<LedgerLine> = {}): LedgerLine {
  const zero = { signal: 'otlp-traces', consumer: 'documents', dropped: {}, held: 0, residual: 0 };
  return { ...zero, accepted: 1_234_567, delivered: 1_234_567, ...change };
}

test('the equation is written out', () => {
  const text = equation(line({ delivered: 1_234_530, dropped: { retention: 30 }, held: 7 }));
  assert.equal(
    text.replaceAll(/\s/g, ' '),
    'accepted 1 234 567 = delivered 1 234 530 + dropped 30 (retention 30) + held 7, residual 0',
  );
});

test('the pipeline tells the worst first', () => {
  const journal = { state: 'open', bytes: 1, bytesMax: 100, heldBytes: 0, node: null };
  const says = (change: object) =>
    pipelineSays({
      journal,
      rows: [line()],
      worst: { consumer: 'documents', lagMs: 0 },
      rate: 12,
      exporters: [],
      nowMs: 0,
      ...change,
    });
  assert.deepEqual([says({}).tone, says({}).text.includes('at 12 /s')], ['ok', true]);
  assert.equal(says({ rate: 0 }).text.includes('Nothing comes in now'), true);
  assert.equal(says({ rows: [line({ accepted: 0, delivered: 0 })] }).tone, 'idle');
  assert.equal(says({ rows: [line({ residual: 3 })] }).tone, 'burning');
  assert.equal(says({ journal: { ...journal, state: 'full' } }).tone, 'burning');
  assert.equal(says({ journal: { ...journal, bytes: 90 } }).tone, 'ticket');
  assert.match(says({ worst: { consumer: 'documents', lagMs: 14_000 } }).text, /documents is 14 s behind/);
  assert.match(says({ worst: { consumer: 'alerting', lagMs: null } }).text, /more than a minute behind/);
});

test('a journal on Kafka fills with what is unread, one on disk with what is there', () => {
  const journal = { state: 'open', bytes: 300, bytesMax: 100, heldBytes: 5 };
  assert.equal(journalFill({ ...journal, node: 'a' }), 0.05);
  assert.equal(journalFill({ ...journal, node: null }), 3);
  assert.equal(journalFill({ ...journal, bytesMax: 0, node: 'a' }), 0);
});

const FAILING: ExporterLine = {
  name: 'otlphttp/archive',
  consumer: 'otlphttp-archive',
  state: { kind: 'failing', sinceUnixMs: 60_000, failures: 20, error: 'ECONNREFUSED' },
};

test('an exporter is told with what waits for it, in the figures of its own rows', () => {
  const rows = [
    line({ consumer: 'otlphttp-archive', delivered: 4, held: 6, dropped: { rejected: 2 } }),
    line({
      signal: 'otlp-logs',
      consumer: 'otlphttp-archive',
      delivered: 1,
      held: 0,
      dropped: { rejected: 3 },
    }),
    line({ held: 1000 }),
  ];
  const page = parsePrometheusText(
    'plimsoll_exporter_lag_seconds{exporter="otlphttp/archive"} 7.5\nplimsoll_exporter_held_bytes{exporter="otlphttp/archive"} 900\n',
  );
  const view = exporterView(FAILING, rows, page);
  assert.deepEqual(
    [view.sends, view.delivered, view.held, view.dropped, view.lagMs, view.heldBytes],
    ['sends spans and log records', 5, 6, 5, 7500, 900],
  );
  assert.equal(reasonsText(rows), '5 refused by the destination');
  const early = exporterView({ ...FAILING, state: { kind: 'sending' } }, [], undefined);
  assert.deepEqual([early.sends, early.lagMs], ['sends to another server', undefined]);
});

test('a destination that takes nothing is told before the lag it makes', () => {
  assert.ok(FAILING.state.kind === 'failing');
  assert.match(failingText(FAILING.state, 480_000), /^for 7 min.*, 20 tries$/);
  const says = pipelineSays({
    journal: { state: 'open', bytes: 1, bytesMax: 100, heldBytes: 1, node: null },
    rows: [line({ consumer: 'otlphttp-archive', held: 6 }), line({ held: 1000 })],
    exporters: [FAILING],
    worst: { consumer: 'otlphttp-archive', lagMs: null },
    rate: 12,
    nowMs: 480_000,
  });
  assert.equal(says.tone, 'ticket');
  assert.match(says.text, /otlphttp\/archive does not take what it is sent, for 7 min.* 6 items wait/);
  const behind = pipelineSays({
    journal: { state: 'open', bytes: 1, bytesMax: 100, heldBytes: 1, node: null },
    rows: [line({ consumer: 'otlphttp-archive', held: 6 })],
    exporters: [{ ...FAILING, state: { kind: 'sending' } }],
    worst: { consumer: 'otlphttp-archive', lagMs: 9000 },
    rate: 12,
    nowMs: 480_000,
  });
  assert.match(behind.text, /what it sends is late/);
});

const METRICS = `
plimsoll_receiver_requests_total{receiver="otlp",status="200"} 100
plimsoll_receiver_requests_total{receiver="otlp",status="429"} 3
otelcol_receiver_accepted_spans_total{receiver="otlp",transport="http"} 1000
otelcol_receiver_accepted_metric_points_total{receiver="prometheus",transport="http"} 5000
plimsoll_receiver_refused_requests_total{receiver="otlp",code="PLIM_JOURNAL_FULL"} 3
otelcol_receiver_refused_spans_total{receiver="otlp"} 2
plimsoll_scrapes_total{job="a",outcome="ok"} 10
plimsoll_scrapes_total{job="a",outcome="unreachable"} 4
plimsoll_alerting_late_events_total{direction="past"} 0
plimsoll_journal_sync_duration_seconds_sum 1
plimsoll_journal_sync_duration_seconds_count 100
plimsoll_receiver_refused_requests_total{receiver="otlp",code="PLIM_INTERNAL"} 1
`;

test('who refuses what and why, losses first', () => {
  const refusals = refusalsOf(parsePrometheusText(METRICS));
  assert.deepEqual(
    refusals.map(({ who, count, what, lost }) => [who, count, what, lost]),
    [
      ['scrape of a', 4, 'scrapes', true],
      ['receiver otlp', 2, 'spans', true],
      ['receiver otlp', 3, 'requests', false],
      ['receiver otlp', 1, 'request', false],
    ],
  );
  assert.match(refusals[2]?.why ?? '', /429/);
  assert.match(refusals[3]?.why ?? '', /PLIM_INTERNAL/);
});

test('receivers with their rates, out of two looks', () => {
  const before = parsePrometheusText(METRICS);
  const after = parsePrometheusText(
    METRICS.replace(
      'accepted_spans_total{receiver="otlp",transport="http"} 1000',
      'accepted_spans_total{receiver="otlp",transport="http"} 1400',
    )
      .replace('duration_seconds_sum 1', 'duration_seconds_sum 1.5')
      .replace('duration_seconds_count 100', 'duration_seconds_count 200'),
  );
  const looks = [
    { atMs: 0, page: before },
    { atMs: 4000, page: after },
  ];
  const [scrapes, otlp] = receiversOf(looks);
  assert.deepEqual(
    [scrapes?.name, scrapes?.rate, scrapes?.answered, scrapes?.refused],
    ['prometheus', 0, 10, 4],
  );
  assert.deepEqual([otlp?.name, otlp?.rate, otlp?.answered, otlp?.refused], ['otlp', 100, 100, 3]);
  assert.equal(meanSyncMs(looks), 5);
  assert.equal(meanSyncMs(looks.slice(0, 1)), null);
  assert.deepEqual(receiversOf([]), []);
  const withLedger = [100, 500].map((items, index) => ({
    atMs: index * 4000,
    page: parsePrometheusText(`plimsoll_ledger_accepted_items{signal="s"} ${items}`),
  }));
  assert.equal(derivedRate(withLedger, [{ rate: 60 }]), 40);
  assert.equal(derivedRate(withLedger, [{ rate: 200 }]), 0);
  assert.equal(derivedRate(withLedger, [{ rate: null }]), null);
});
