import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageLines } from '#bin/demo/console-text.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const labels = { severity: 'page', slo_id: 'gateway/availability', service: 'gateway' };

test('a page says when, what and whom it blames', () => {
  const annotations = { summary: 'gateway burns', suspect: 'dispatch', suspect_reason: 'refused' };
  const alert = { status: 'firing', labels, annotations, startsAt: '', fingerprint: '1' } as const;
  assert.equal(
    pageLines({ receivedMs: AT_MS, status: 'firing', alerts: [alert] }),
    '03:04:05  PAGE      gateway burns\n          suspect: dispatch: refused\n',
  );
});

test('an alert without a suspect, and one that is over', () => {
  const base = { labels, annotations: {}, startsAt: '', fingerprint: '1' };
  const alerts = [
    { ...base, status: 'firing' },
    { ...base, status: 'resolved' },
  ] as const;
  assert.equal(
    pageLines({ receivedMs: AT_MS, status: 'firing', alerts }),
    '03:04:05  PAGE      \n03:04:05  resolved  gateway/availability (page)\n',
  );
});
