import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentUrl, linkedAnnotations, sloUrl, traceUrl } from '#alerting/notify/links.ts';

const ORIGIN = 'https://plimsoll.example/base';

test('links lead to pages of the console', () => {
  assert.equal(sloUrl(ORIGIN, 'orders/checkout'), `${ORIGIN}/ui/slos/orders/checkout`);
  assert.equal(incidentUrl(ORIGIN, '1b4e'), `${ORIGIN}/ui/incidents/1b4e`);
  assert.equal(traceUrl(ORIGIN, 'ab'.repeat(16)), `${ORIGIN}/ui/traces/${'ab'.repeat(16)}`);
});

test('a name cannot lead out of its place', () => {
  assert.equal(sloUrl(ORIGIN, 'or ders?/a#b'), `${ORIGIN}/ui/slos/or%20ders%3F/a%23b`);
  assert.equal(incidentUrl(ORIGIN, '../x?y'), `${ORIGIN}/ui/incidents/..%2Fx%3Fy`);
});

test('annotations get the links, and a trace only where there is one', () => {
  const alert = { incidentId: '1b4e', annotations: { summary: 'burns' } };
  assert.deepEqual(linkedAnnotations(alert, ORIGIN), {
    incident_url: `${ORIGIN}/ui/incidents/1b4e`,
    summary: 'burns',
  });
  const traced = { ...alert, annotations: { trace_id: 'abcd' } };
  assert.equal(linkedAnnotations(traced, ORIGIN)['trace_url'], `${ORIGIN}/ui/traces/abcd`);
});

test('a link of the SLO itself is kept', () => {
  const annotations = { incident_url: 'https://tickets.example/7' };
  assert.deepEqual(linkedAnnotations({ incidentId: '1b4e', annotations }, ORIGIN), annotations);
});
