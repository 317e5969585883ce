import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignPorts, PORTS_NEEDED } from '#bin/demo/layout.ts';
import { SERVICES } from '#sample-services/topology.ts';

test('every use gets a port of its own', () => {
  const given = Array.from({ length: PORTS_NEEDED }, (_, index) => 1000 + index);
  const { origin, otlpHttp, jaegerHttp, chaos, load, services, proxies } = assignPorts(1, 2, given);
  const used = [jaegerHttp, chaos, load, ...Object.values(services), ...Object.values(proxies)];
  assert.deepEqual(
    used.toSorted((a, b) => a - b),
    given,
  );
  assert.deepEqual([origin, otlpHttp], [1, 2]);
});

test('the company is drawn so that each can start after those it calls', () => {
  const started = new Set<string>();
  for (const { name, calls } of SERVICES) {
    assert.deepEqual(
      calls.filter((callee) => !started.has(callee)),
      [],
      name,
    );
    started.add(name);
  }
});
