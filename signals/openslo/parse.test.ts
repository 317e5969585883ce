import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSloFile, parseSloFiles } from '#signals/openslo/parse.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { present } from '#base/invariant.ts';

const DAY = 86_400_000;

const MINIMAL = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
spec:
  service: quotes
  objectives:
    - target: 0.999
`;

/** The minimal file with lines put in place of others. */
function variant(...changes: readonly [from: string, to: string][]): string {
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the file holds ${from}`);
    return text.replace(from, to);
  }, MINIMAL);
}

function good(text: string): SloDocument {
  const { documents, problems } = parseSloFile('a.yaml', text);
  assert.deepEqual(problems, []);
  assert.equal(documents.length, 1);
  return present(documents[0], 'one document');
}

test('a minimal file gives an SLO with every default', () => {
  assert.deepEqual(good(MINIMAL), {
    id: 'quotes/availability',
    name: 'availability',
    displayName: 'availability',
    description: '',
    service: 'quotes',
    objective: 0.999,
    periodMs: 30 * DAY,
    selector: { service: 'quotes', operation: undefined, kinds: ['server', 'consumer'], attributes: {} },
    indicator: { kind: 'availability' },
    policies: [
      { severity: 'page', longWindowMs: 3_600_000, shortWindowMs: 300_000, factor: 14.4 },
      { severity: 'page', longWindowMs: 21_600_000, shortWindowMs: 1_800_000, factor: 6 },
      { severity: 'ticket', longWindowMs: DAY, shortWindowMs: 7_200_000, factor: 3 },
      { severity: 'ticket', longWindowMs: 3 * DAY, shortWindowMs: 21_600_000, factor: 1 },
    ],
    badEventsMin: 5,
    annotations: Object.create(null),
    definedAt: 'a.yaml:1',
  });
});

test('our additions stand under one annotation; other annotations go onto alerts', () => {
  const slo = good(
    variant([
      'spec:',
      `  annotations:
    runbook_url: https://runbooks.example/quotes
    plimsoll.dev/slo: |
      threshold: 300ms
      badEventsMin: 10
      spans:
        operation: POST /quotes
        kinds: [server]
        attributes: { http.route: /quotes, cached: false }
      burnPolicies:
        - { severity: page, long: 10m, short: 1m, factor: 20 }
        - { severity: ticket, long: 24h, budgetPercent: 10 }
spec:`,
    ]),
  );
  assert.deepEqual(slo.indicator, { kind: 'latency', thresholdMs: 300 });
  assert.equal(slo.badEventsMin, 10);
  assert.deepEqual(
    { ...slo.selector, attributes: { ...slo.selector.attributes } },
    {
      service: 'quotes',
      operation: 'POST /quotes',
      kinds: ['server'],
      attributes: { 'http.route': '/quotes', cached: 'false' },
    },
  );
  assert.deepEqual(slo.policies, [
    { severity: 'page', longWindowMs: 600_000, shortWindowMs: 60_000, factor: 20 },
    { severity: 'ticket', longWindowMs: DAY, shortWindowMs: DAY / 12, factor: 3 },
  ]);
  assert.deepEqual({ ...slo.annotations }, { runbook_url: 'https://runbooks.example/quotes' });
});

test('the annotation may also be a map, or a line of YAML in quotes', () => {
  const map = variant(['spec:', '  annotations:\n    plimsoll.dev/slo: { threshold: 2s }\nspec:']);
  const quoted = variant(['spec:', '  annotations:\n    plimsoll.dev/slo: "threshold: 2s"\nspec:']);
  for (const text of [map, quoted])
    assert.deepEqual(good(text).indicator, { kind: 'latency', thresholdMs: 2000 });
});

test('an indicator in OpenSLO form: ratio of spans', () => {
  const slo = good(
    variant([
      '  objectives:',
      `  indicator:
    metadata: { name: quote-requests }
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource: { type: plimsoll.dev/spans, spec: { threshold: 250ms } }
        total:
          metricSource: { type: plimsoll.dev/spans, spec: { service: gateway, operation: GET /quotes } }
  objectives:`,
    ]),
  );
  assert.equal(slo.selector.service, 'gateway');
  assert.equal(slo.service, 'quotes');
  assert.equal(slo.selector.operation, 'GET /quotes');
  assert.deepEqual(slo.indicator, { kind: 'latency', thresholdMs: 250 });
});

test('an SLI of its own document and file, by name; a thresholdMetric takes its value in seconds', () => {
  const sli = `apiVersion: openslo/v1
kind: SLI
metadata: { name: fast-enough }
spec:
  thresholdMetric:
    metricSource: { type: plimsoll.dev/spans, spec: { kinds: [server] } }
`;
  const slo = variant(
    ['  objectives:', '  indicatorRef: fast-enough\n  objectives:'],
    ['- target: 0.999', '- { target: 0.99, op: lte, value: 0.3 }'],
  );
  const service =
    'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: quotes }\nspec: { description: x }\n';
  const { documents, problems } = parseSloFiles([
    { file: 'b.yaml', text: `${service}---\n${slo}` },
    { file: 'sli.yaml', text: sli },
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(documents[0]?.indicator, { kind: 'latency', thresholdMs: 300 });
  assert.equal(documents[0]?.definedAt, 'b.yaml:6');
});

test('the windows follow the period', () => {
  const factors = (duration: string): number[][] => {
    const text = variant([
      '  objectives:',
      `  timeWindow: [{ duration: ${duration}, isRolling: true }]\n  objectives:`,
    ]);
    return good(text).policies.map((policy) => [
      policy.longWindowMs / 1000,
      policy.shortWindowMs / 1000,
      Number(policy.factor.toFixed(3)),
    ]);
  };
  assert.deepEqual(factors('28d')[0], [3600, 300, 13.44]);
  assert.deepEqual(factors('12h'), [
    [60, 5, 14.4],
    [360, 30, 6],
    [1440, 120, 3],
    [4320, 360, 1],
  ]);
});

test('percent is understood when it is called percent', () => {
  assert.equal(good(variant(['target: 0.999', 'targetPercent: 99.9'])).objective, 0.999);
});

/** What is wrong, and where and how it is said. */
const BAD: readonly [name: string, text: string, problem: string][] = [
  [
    'percent as ratio',
    variant(['0.999', '99.9']),
    '8:15 error target is a ratio: write 0.999, or targetPercent: 99.9',
  ],
  [
    '100 % as ratio',
    variant(['0.999', '1.0']),
    '8:15 error an objective of 100 % leaves no budget to spend; expected less than 1',
  ],
  [
    '100 %',
    variant(['target: 0.999', 'targetPercent: 100']),
    '8:22 error an objective of 100 % leaves no budget to spend; expected less than 100',
  ],
  [
    'ratio as percent',
    variant(['target: 0.999', 'targetPercent: 0.999']),
    '8:22 warning 0.999 % is less than one in a hundred; write 99.9, or target: 0.999',
  ],
  [
    'no target',
    variant(['target: 0.999', 'displayName: x']),
    '8:7 error target is missing; expected a ratio such as 0.999',
  ],
  [
    'both targets',
    variant(['target: 0.999', '{ target: 0.9, targetPercent: 90 }']),
    '8:37 error target and targetPercent exclude each other',
  ],
  [
    'a misspelt key',
    variant(['service:', 'sevrice:']),
    '6:3 error sevrice is not known here; did you mean service?',
  ],
  [
    'a misspelt kind',
    variant(['kind: SLO', 'kind: SLOs']),
    '2:7 error kind SLOs is not known here; did you mean SLO?',
  ],
  [
    'another version',
    variant(['openslo/v1', 'openslo/v1alpha']),
    '1:13 error expected apiVersion: openslo/v1, got "openslo/v1alpha"',
  ],
  [
    'calendar',
    variant([
      '  objectives:',
      '  timeWindow: [{ duration: 30d, calendar: { startTime: 2026-01-01 } }]\n  objectives:',
    ]),
    '7:43 error calendar windows are not supported yet; expected isRolling: true',
  ],
  [
    'not rolling',
    variant(['  objectives:', '  timeWindow: [{ duration: 30d, isRolling: false }]\n  objectives:']),
    '7:28 error calendar windows are not supported yet; expected isRolling: true',
  ],
  [
    'too long',
    variant(['  objectives:', '  timeWindow: [{ duration: 91d }]\n  objectives:']),
    '7:28 error expected a duration such as 30s, 5m or 1h30m, got "91d"',
  ],
  [
    'time slices',
    variant(['  objectives:', '  budgetingMethod: Timeslices\n  objectives:']),
    '7:20 error Timeslices is not supported yet; expected Occurrences',
  ],
  [
    'a misspelt method',
    variant(['  objectives:', '  budgetingMethod: Ocurrences\n  objectives:']),
    '7:20 error Ocurrences is not known here; did you mean Occurrences?',
  ],
  [
    'no SLI of that name',
    variant(['  objectives:', '  indicatorRef: fast\n  objectives:']),
    '7:17 error there is no SLI fast; no document of kind SLI has this name',
  ],
  [
    'a foreign source',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec: { thresholdMetric: { metricSource: { type: Prometheus } } }\n  objectives:',
    ]),
    '9:54 error metric source Prometheus is not supported yet; known are plimsoll.dev/spans and plimsoll.dev/counters',
  ],
  [
    'counters against spans',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec:\n      ratioMetric:\n        total: { metricSource: { type: plimsoll.dev/counters, spec: { metric: a_total } } }\n        bad: { metricSource: { type: plimsoll.dev/spans } }\n  objectives:',
    ]),
    '12:38 error good or bad and total are counted in the same way; expected plimsoll.dev/counters',
  ],
  [
    'counters that are the same',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec:\n      ratioMetric:\n        total: { metricSource: { type: plimsoll.dev/counters, spec: { metric: a_total } } }\n        bad: { metricSource: { type: plimsoll.dev/counters, spec: { metric: a_total } } }\n  objectives:',
    ]),
    '11:9 error bad and total are the same series',
  ],
  [
    'a metric that is no name',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec:\n      ratioMetric:\n        total: { metricSource: { type: plimsoll.dev/counters, spec: { metric: rate(a) } } }\n        bad: { metricSource: { type: plimsoll.dev/counters, spec: { metric: b_total } } }\n  objectives:',
    ]),
    '11:79 error expected the name of a counter in Prometheus form, got "rate(a)"',
  ],
  [
    'a threshold on counters',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec: { thresholdMetric: { metricSource: { type: plimsoll.dev/counters } } }\n  objectives:',
    ]),
    '9:54 error counters have no duration to compare; use ratioMetric',
  ],
  [
    'raw ratio',
    variant([
      '  objectives:',
      '  indicator:\n    metadata: { name: x }\n    spec: { ratioMetric: { raw: 1 } }\n  objectives:',
    ]),
    '9:33 error raw ratios are not supported yet',
  ],
  [
    'a misspelt annotation',
    variant(['spec:', '  annotations: { plimsoll.dev/sol: x }\nspec:']),
    '5:18 error plimsoll.dev/sol is not known here; did you mean plimsoll.dev/slo?',
  ],
  [
    'inside the annotation',
    variant([
      'spec:',
      '  annotations:\n    plimsoll.dev/slo: |\n      badEventsMin: 5\n      treshold: 300ms\nspec:',
    ]),
    '8:7 error treshold is not known here; did you mean threshold?',
  ],
  [
    'inside a quoted annotation',
    variant(['spec:', '  annotations:\n    plimsoll.dev/slo: "treshold: 1s"\nspec:']),
    '6:24 error treshold is not known here; did you mean threshold?',
  ],
  [
    'factor and percent',
    variant([
      'spec:',
      '  annotations: { plimsoll.dev/slo: { burnPolicies: [{ severity: page, long: 1h }] } }\nspec:',
    ]),
    '5:36 error exactly one of factor and budgetPercent is expected',
  ],
  [
    'a long short window',
    variant([
      'spec:',
      '  annotations: { plimsoll.dev/slo: { burnPolicies: [{ severity: page, long: 1h, short: 2h, factor: 2 }] } }\nspec:',
    ]),
    '5:36 error the short window is longer than the long one',
  ],
  [
    'a value without a threshold metric',
    variant(['target: 0.999', '{ target: 0.9, value: 0.3 }']),
    '8:29 error op and value belong to a thresholdMetric; this indicator has none',
  ],
  ['no document', 'hello\n', '1:1 error expected an OpenSLO document, got a scalar'],
  [
    'broken YAML',
    `${MINIMAL}  x: [\n`,
    '10:1 error Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
];

for (const [name, text, expected] of BAD) {
  test(`problem: ${name}`, () => {
    const { problems } = parseSloFile('bad.yaml', text);
    const found = problems.map(
      ({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}`,
    );
    assert.ok(found.includes(expected), `expected ${expected}\namong\n${found.join('\n')}`);
    assert.ok(problems.every(({ file }) => file === 'bad.yaml'));
  });
}

test('a pair that can never fire is warned about, and an SLO that can never page', () => {
  const { documents, problems } = parseSloFile('a.yaml', variant(['0.999', '0.90']));
  assert.equal(documents.length, 1, 'a warning keeps the SLO');
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      'the page pair 1h/5m can never fire: it wants a burn rate over 14.4, but at this objective a total outage burns at 10',
    ],
  );
  const loose = parseSloFile('a.yaml', variant(['0.999', '0.8'])).problems.map(({ message }) => message);
  assert.ok(loose.includes('nothing of this SLO can ever page'), loose.join('\n'));
});

test('an id defined twice is a problem at the second place', () => {
  const { documents, problems } = parseSloFiles([
    { file: 'a.yaml', text: MINIMAL },
    { file: 'b.yaml', text: MINIMAL },
  ]);
  assert.equal(documents.length, 1);
  assert.deepEqual(
    problems.map(({ file, line, message }) => `${file}:${line} ${message}`),
    ['b.yaml:1 quotes/availability is already defined at a.yaml:1'],
  );
});

test('one bad document does not hide the others', () => {
  const { documents, problems } = parseSloFile(
    'a.yaml',
    `${variant(['0.999', '7'])}---\n${variant(['name: availability', 'name: other'])}`,
  );
  assert.deepEqual(
    documents.map(({ id }) => id),
    ['quotes/other'],
  );
  assert.equal(problems.length, 1);
});

test('events the service counts itself: increases of series', () => {
  const slo = good(
    variant([
      '  objectives:',
      `  indicator:
    metadata: { name: fresh }
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: plimsoll.dev/counters
            spec: { metric: checks_total, labels: { result: fresh } }
        total:
          metricSource:
            type: plimsoll.dev/counters
            spec: { metric: checks_total }
  objectives:`,
    ]),
  );
  assert.deepEqual(slo.indicator, {
    kind: 'ratio',
    judgedIs: 'good',
    judged: { metric: 'checks_total', labels: Object.assign(Object.create(null), { result: 'fresh' }) },
    total: { metric: 'checks_total', labels: {} },
  });
});
