import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileRoute,
  groupKey,
  groupLabels,
  routesByKey,
  routesFor,
  type RouteConfig,
} from '#alerting/router/core/route.ts';
import { parseMatchers } from '#alerting/router/core/matcher-text.ts';

function route(
  receiver: string,
  changes: Partial<RouteConfig> & { readonly when?: string } = {},
): RouteConfig {
  const { when = '', ...rest } = changes;
  const matchers = parseMatchers(when);
  assert.ok(typeof matchers !== 'string');
  return {
    receiver,
    groupBy: ['service'],
    groupWaitMs: 500,
    groupIntervalMs: 30_000,
    repeatIntervalMs: 3_600_000,
    continues: false,
    routes: [],
    ...rest,
    matchers,
  };
}

const TREE = compileRoute(
  route('root', {
    routes: [
      route('audit', { when: 'service=~".+"', continues: true }),
      route('team-a', {
        when: 'service="a"',
        routes: [
          route('team-a-pages', { when: 'severity="page"' }),
          route('never', { when: 'severity="page"' }),
        ],
      }),
      route('quiet', { when: 'severity!="page", service="b"' }),
    ],
  }),
);

const CASES: readonly (readonly [labels: Record<string, string>, receivers: readonly string[]])[] = [
  [{}, ['root']],
  [{ service: 'c' }, ['audit']],
  [{ service: 'a' }, ['audit', 'team-a']],
  [{ service: 'a', severity: 'page' }, ['audit', 'team-a-pages']],
  [{ service: 'b', severity: 'page' }, ['audit']],
  // A missing label counts as the empty string.
  [{ service: 'b' }, ['audit', 'quiet']],
];
for (const [labels, receivers] of CASES) {
  test(`${JSON.stringify(labels)} goes to ${receivers.join(' and ')}`, () => {
    assert.deepEqual(
      routesFor(TREE, labels).map((node) => node.config.receiver),
      receivers,
    );
  });
}

test('keys of equal siblings differ', () => {
  assert.equal(routesByKey(TREE).size, 6);
});

test('group key and labels follow group_by', () => {
  const labels = { service: 'a', slo_id: 'a/"x"', severity: 'page' };
  const two = compileRoute(route('r', { groupBy: ['slo_id', 'service', 'absent'] }));
  const own = groupLabels(two.config, labels);
  assert.deepEqual(own, { service: 'a', slo_id: 'a/"x"' });
  assert.equal(groupKey(two, own), '{}:{service="a", slo_id="a/\\"x\\""}');
  const all = compileRoute(route('r', { groupBy: ['...'] }));
  assert.deepEqual(groupLabels(all.config, labels), labels);
});
