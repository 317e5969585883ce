import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryLook, groupText } from '#dashboards/console/core/receiver/delivery.ts';
import { phonePages } from '#dashboards/console/core/receiver/page.ts';

const ALERT = {
  status: 'firing',
  labels: { alertname: 'ErrorBudgetBurn', severity: 'page', service: 'gateway' },
  annotations: { summary: 'too fast', suspect: 'quotes', trace_id: 'a'.repeat(32) },
  plimsoll: { incident_id: '3e37d658-0310' },
};

test('a page is read as a phone shows it', () => {
  const [page] = phonePages({ pages: [{ receivedMs: 5, status: 'firing', alerts: [ALERT] }] });
  const [alert] = page?.alerts ?? [];
  assert.equal(alert?.title, 'too fast');
  assert.equal(alert?.incidentId, '3e37d658-0310');
  assert.equal(alert?.traceId, 'a'.repeat(32));
});

test('ids that could be addresses are no ids, and what is no page is left out', () => {
  const hostile = {
    ...ALERT,
    annotations: { trace_id: '../../x' },
    plimsoll: { incident_id: 'javascript:alert(1)' },
    labels: null,
  };
  const pages = phonePages({
    pages: [null, 'text', { receivedMs: 'x', alerts: [] }, { receivedMs: 5, alerts: [hostile, 7] }],
  });
  assert.equal(pages.length, 1);
  assert.deepEqual(
    pages[0]?.alerts.map(({ incidentId, traceId }) => [incidentId, traceId]),
    [
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
});

test('pages of one millisecond have keys of their own', () => {
  const page = { receivedMs: 5, alerts: [] };
  assert.equal(new Set(phonePages({ pages: [page, page] }).map(({ key }) => key)).size, 2);
  assert.deepEqual(phonePages(undefined), []);
});

test('deliveries are named by their SLO and told in words', () => {
  assert.equal(groupText('{}:{service="gateway", slo_id="gateway/availability"}'), 'gateway/availability');
  assert.equal(groupText('{}:{team="a"}'), '{team="a"}');
  assert.equal(groupText('{}:{}'), 'all alerts');
  assert.equal(deliveryLook('waiting', 0).word, 'on its way');
  assert.equal(deliveryLook('waiting', 2).mark, 'ticket');
  assert.equal(deliveryLook('failed', 1).mark, 'burning');
});
