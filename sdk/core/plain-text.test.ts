import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from '#sdk/core/plain-text.ts';

test('OpenMetrics becomes Prometheus text', () => {
  const openMetrics = [
    '# HELP orders Orders.',
    '# TYPE orders counter',
    'orders_total{id="7"} 1 # {trace_id="ab",span_id="cd"} 1 1795250000.123',
    '# HELP took Time.',
    '# TYPE took histogram',
    'took_bucket{le="1",note="x # {y} 1"} 2 # {trace_id="ab"} 0.5',
    'took_bucket{le="+Inf",note="x # {y} 1"} 2',
    '# EOF',
    '',
  ].join('\n');
  const expected = [
    '# HELP orders_total Orders.',
    '# TYPE orders_total counter',
    'orders_total{id="7"} 1',
    '# HELP took Time.',
    '# TYPE took histogram',
    'took_bucket{le="1",note="x # {y} 1"} 2',
    'took_bucket{le="+Inf",note="x # {y} 1"} 2',
    '',
  ].join('\n');
  equal(plainText(openMetrics), expected);
});

test('help texts with a hash or a brace stay whole', () => {
  const help = '# HELP x Sees # {a="b"} 1 2';
  equal(plainText(`${help}\n# TYPE x gauge\nx 1\n# EOF\n`), `${help}\n# TYPE x gauge\nx 1\n`);
});
