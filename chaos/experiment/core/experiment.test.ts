import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatProblem } from '#base/problem.ts';
import { findAll, parseJsonPath } from '#chaos/experiment/core/json-path.ts';
import type { Tolerance } from '#chaos/experiment/core/model.ts';
import { parseExperiment } from '#chaos/experiment/core/parse.ts';
import { isTolerated, type Answer } from '#chaos/experiment/core/tolerance.ts';
import { FAULTS } from '#chaos/faults/registry.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'experiments');

for (const name of readdirSync(SHIPPED)) {
  test(`the shipped ${name} is taken without a complaint`, () => {
    const { experiment, problems } = parseExperiment(name, readFileSync(join(SHIPPED, name), 'utf8'), FAULTS);
    assert.deepEqual(problems.map(formatProblem), []);
    assert.ok(experiment !== undefined && experiment.method.length > 0);
  });
}

const GOOD = `title: t
configuration: { path: /livez }
steady-state-hypothesis:
  probes:
    - { type: probe, name: p, tolerance: [200, 204], provider: { type: http, url: '\${gateway}\${path}' } }
method:
  - type: action
    name: break
    provider: { type: plimsoll, fault: http-error, target: quotes, arguments: { share: 0.5 }, for: 20 }
    pauses: { before: 0.5, after: 2s }
lease: 1s
`;

test('an experiment is read with its defaults, numbers of seconds and all', () => {
  const { experiment, problems } = parseExperiment('x.yaml', GOOD, FAULTS);
  assert.deepEqual(problems, []);
  assert.deepEqual(experiment?.method, [
    {
      kind: 'fault',
      name: 'break',
      pauseBeforeMs: 500,
      pauseAfterMs: 2000,
      fault: 'http-error',
      target: 'quotes',
      parameters: { status: 500, share: 0.5, method: '', path: '' },
      forMs: 20_000,
    },
  ]);
  assert.deepEqual(experiment.hypothesis.probes[0]?.tolerance, { kind: 'equals', values: [200, 204] });
  assert.deepEqual([experiment.leaseMs, experiment.sham, experiment.recoverMs], [1000, false, 30_000]);
});

const STEP = `title: t
method:
  - { type: action, name: n, provider: PROVIDER }
`;
const BAD: readonly (readonly [what: string, source: string, problem: RegExp])[] = [
  ['an empty file', '', /x\.yaml: the file is empty/],
  [
    'a misspelt key',
    `${GOOD}exspect: {}\n`,
    /x\.yaml:12:1: exspect is not known here; did you mean expect\?/,
  ],
  ['no method', 'title: t\n', /method is missing/],
  [
    'no such fault',
    STEP.replace('PROVIDER', '{ type: plimsoll, fault: reboot }'),
    /x\.yaml:3:5: provider\.fault: .*got reboot/,
  ],
  ['no target', STEP.replace('PROVIDER', '{ type: plimsoll, fault: cut }'), /provider\.target/],
  [
    'a wrong parameter',
    STEP.replace('PROVIDER', '{ type: plimsoll, fault: latency, target: a, arguments: { latency: -1 } }'),
    /latency: expected a whole number of ms from 0 to 60000, got -1/,
  ],
  [
    'a provider of others',
    STEP.replace('PROVIDER', '{ type: process }'),
    /expected one of plimsoll, http, got "process"/,
  ],
  [
    'a name that stands for nothing',
    STEP.replace('PROVIDER', "{ type: http, url: 'http://${host}/' }"),
    /\$\{host\} stands for nothing/,
  ],
  ['a request to nowhere', STEP.replace('PROVIDER', '{ type: http }'), /provider\.url is missing/],
  ['secrets', `${GOOD}secrets: {}\n`, /secrets is not supported yet; put plain texts/],
  ['a lease for ever', GOOD.replace('lease: 1s', 'lease: 1h'), /x\.yaml:11:8: expected a duration/],
  [
    'a range upside down',
    GOOD.replace('[200, 204]', '{ type: range, range: [5, 1] }'),
    /two numbers in this order/,
  ],
  [
    'a pattern that is none',
    GOOD.replace('[200, 204]', "{ type: regex, pattern: '(' }"),
    /is no regular expression/,
  ],
  ['a filter', GOOD.replace('[200, 204]', "{ type: jsonpath, path: '$[?(@.a)]' }"), /without filters/],
];

for (const [what, source, problem] of BAD) {
  test(`${what} is refused with its place`, () => {
    const { experiment, problems } = parseExperiment('x.yaml', source, FAULTS);
    assert.equal(experiment, undefined);
    assert.match(problems.map(formatProblem).join('\n'), problem);
  });
}

const ANSWER: Answer = { status: 200, body: '{"data":[{"up":1},{"up":0}]}', tookMs: 120, error: undefined };
const TOLERANCES: readonly (readonly [Tolerance | undefined, boolean])[] = [
  [undefined, true],
  [{ kind: 'equals', values: [200] }, true],
  [{ kind: 'equals', values: [201, 204] }, false],
  [{ kind: 'equals', values: [ANSWER.body] }, true],
  [{ kind: 'range', min: 100, max: 120, target: 'took_ms' }, true],
  [{ kind: 'range', min: 500, max: 599, target: 'status' }, false],
  [{ kind: 'regex', pattern: /"up":1/, target: 'body' }, true],
  [{ kind: 'regex', pattern: /^5/, target: 'status' }, false],
  [{ kind: 'jsonpath', path: '$.data[*].up', expect: 0 }, true],
  [{ kind: 'jsonpath', path: '$.data[-1].up', expect: 1 }, false],
  [{ kind: 'jsonpath', path: '$.data[2]', expect: undefined }, false],
  [{ kind: 'jsonpath', path: '$.data[1].up', expect: undefined }, true],
];

test('tolerances', () => {
  for (const [tolerance, tolerated] of TOLERANCES)
    assert.equal(isTolerated(tolerance, ANSWER), tolerated, JSON.stringify(tolerance));
});

test('no answer is tolerated only where status 0 is asked for', () => {
  const none: Answer = { status: 0, body: '', tookMs: 3, error: 'ECONNREFUSED' };
  for (const [tolerance] of TOLERANCES) assert.equal(isTolerated(tolerance, none), false);
  assert.equal(isTolerated({ kind: 'equals', values: [0] }, none), true);
});

test('paths into JSON', () => {
  const value = { a: { 'b-c': [1, { d: null }] }, __proto__: null };
  assert.deepEqual(findAll(value, '$'), [value]);
  assert.deepEqual(findAll(value, "$.a['b-c'][0]"), [1]);
  assert.deepEqual(findAll(value, '$.a.b-c[-1].d'), [null]);
  assert.deepEqual(findAll(value, '$.*.*[*]'), [1, { d: null }]);
  for (const path of ['$.a.x', '$.a[0]', '$.constructor', 'a', '$..a', '$.a['])
    assert.deepEqual(findAll(value, path), [], path);
  assert.equal(parseJsonPath('$..a'), undefined);
});
