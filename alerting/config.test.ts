import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERTING_DEFAULT, alertingSchema, type AlertingConfig } from '#alerting/config.ts';
import { formatAlertmanagerConfig } from '#alerting/config-text.ts';
import type { Problem } from '#base/problem.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';

function read(text: string): { readonly config: AlertingConfig | undefined; readonly problems: Problem[] } {
  const parsed = parseYaml('plimsoll.yaml', text);
  const problems = [...parsed.problems];
  const root = present(parsed.roots[0], 'the text holds a document');
  return { config: alertingSchema.read(root, 'alerting', { file: 'plimsoll.yaml', problems }), problems };
}

const FULL = `
slos: ./slos
alertmanager:
  route:
    receiver: oncall
    group_by: [service]
    group_wait: 1s
    repeat_interval: 1h
    routes:
      - receiver: tickets
        matchers: [severity="ticket", 'service!~"test-.*"']
        continue: true
        group_interval: 5m
  receivers:
    - name: oncall
      webhook_configs:
        - url: http://127.0.0.1:9000/hook
          max_alerts: 10
          timeout: 2s
          http_config:
            authorization:
              credentials: t0ken
    - name: tickets
      webhook_configs:
        - url: http://127.0.0.1:9000/tickets
          send_resolved: false
`;

test('a whole configuration in Alertmanager form', () => {
  const { config, problems } = read(FULL);
  assert.deepEqual(problems, []);
  assert.equal(config?.slosDir, './slos');
  assert.equal(config.route.groupWaitMs, 1000);
  assert.equal(config.route.groupIntervalMs, 30_000, 'the shipped default');
  const child = config.route.routes[0];
  assert.deepEqual(child?.groupBy, ['service'], 'inherited');
  assert.equal(child.groupIntervalMs, 300_000);
  assert.equal(child.matchers.length, 2);
  assert.equal(child.continues, true);
  assert.deepEqual(
    config.receivers.map(({ name, webhooks }) => [name, webhooks.length]),
    [
      ['oncall', 1],
      ['tickets', 1],
      ['none', 0],
    ],
  );
  assert.equal(config.receivers[0]?.webhooks[0]?.authorization, 'Bearer t0ken');
  const text = formatAlertmanagerConfig(config);
  assert.doesNotMatch(text, /t0ken|9000/);
  assert.deepEqual(parseYaml('shown', text).problems, []);
});

test('nothing written: everything is recorded, nobody is told', () => {
  assert.deepEqual(read('{}').config, ALERTING_DEFAULT);
});

const BAD: readonly (readonly [what: string, text: string, pattern: RegExp, line: number])[] = [
  ['an unknown key', 'slo: x', /did you mean slos/, 1],
  [
    'another receiver type',
    'alertmanager:\n  receivers:\n    - name: a\n      slack_configs: []',
    /slack_configs is not supported yet/,
    4,
  ],
  ['inhibition', 'alertmanager:\n  inhibit_rules: []', /inhibit_rules is not supported yet/, 2],
  ['rules', 'rules: [a.yml]', /rules is not supported yet/, 1],
  [
    'a root with matchers',
    'alertmanager:\n  route:\n    matchers: [a=b]',
    /matchers is not supported yet/,
    3,
  ],
  ['a route to nobody', 'alertmanager:\n  route:\n    receiver: a', /receiver a, which is not defined/, 1],
  ['receivers without a route', 'alertmanager:\n  receivers:\n    - name: a', /names none of them/, 1],
  [
    'a receiver twice',
    'alertmanager:\n  route: {receiver: a}\n  receivers:\n    - name: a\n    - name: a',
    /defined twice/,
    1,
  ],
  ['a bad matcher', 'alertmanager:\n  route:\n    routes:\n      - matchers: ["a"]', /no matcher/, 4],
  ['a bad pattern', 'alertmanager:\n  route:\n    routes:\n      - matchers: [\'a=~"("\']', /./, 4],
  [
    'no URL',
    'alertmanager:\n  receivers:\n    - name: a\n      webhook_configs:\n        - send_resolved: true',
    /url is missing/,
    5,
  ],
  [
    'a file URL',
    'alertmanager:\n  receivers:\n    - name: a\n      webhook_configs:\n        - url: file:///etc/passwd',
    /http:\/\/ or https:/,
    5,
  ],
  [
    'a password in a URL',
    'alertmanager:\n  receivers:\n    - name: a\n      webhook_configs:\n        - url: http://u:p@h/',
    /must not hold a user/,
    5,
  ],
  ['a busy loop', 'alertmanager:\n  route:\n    group_interval: 1ms', /expected a duration/, 3],
  [
    'a header that breaks out',
    'alertmanager:\n  receivers:\n    - name: a\n      webhook_configs:\n        - url: http://h/\n          http_config:\n            authorization:\n              credentials: "a\\r\\nX: y"',
    /printable ASCII/,
    8,
  ],
];
for (const [what, text, pattern, line] of BAD) {
  test(`${what} is refused with its place`, () => {
    const { config, problems } = read(text);
    assert.equal(config, undefined);
    assert.match(problems[0]?.message ?? '', pattern);
    assert.equal(problems[0]?.line, line);
  });
}

test('how SLOs are judged can be changed within bounds', () => {
  assert.deepEqual(read('slos: ./slos').config?.evaluation, { windowDivisor: 1, burnFactorMultiplier: 1 });
  const changed = read('evaluation: { window_divisor: 60, burn_factor_multiplier: 10 }');
  assert.deepEqual(changed.config?.evaluation, { windowDivisor: 60, burnFactorMultiplier: 10 });
  for (const wrong of ['window_divisor: 0.5', 'burn_factor_multiplier: 0', 'window_divisor: fast']) {
    assert.equal(read(`evaluation: { ${wrong} }`).problems.length, 1, wrong);
  }
});
