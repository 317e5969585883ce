import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricFamily } from '#base/metrics.ts';
import { metricsPage } from '#server/http/metrics-page.ts';

function family(name: string, samples: MetricFamily['samples'], help = 'Help.'): MetricFamily {
  return { name, type: 'gauge', help, samples };
}

test('families of one name from several threads become one, in order of name', () => {
  const page = metricsPage([
    [family('b', [{ name: 'b', labels: { thread: 'one' }, value: 1 }]), family('c', [])],
    [family('a', [{ name: 'a', labels: {}, value: 3 }])],
    [family('b', [{ name: 'b', labels: { thread: 'two' }, value: 2 }])],
  ]);
  equal(
    page,
    `# HELP a Help.
# TYPE a gauge
a 3
# HELP b Help.
# TYPE b gauge
b{thread="one"} 1
b{thread="two"} 2
# HELP c Help.
# TYPE c gauge
`,
  );
});

test('samples of a histogram keep their own names', () => {
  const page = metricsPage([
    [
      {
        name: 'h',
        type: 'histogram',
        help: 'H.',
        samples: [
          { name: 'h_bucket', labels: { le: '0.5' }, value: 1 },
          { name: 'h_bucket', labels: { le: '+Inf' }, value: 2 },
          { name: 'h_sum', labels: {}, value: 0.75 },
          { name: 'h_count', labels: {}, value: 2 },
        ],
      },
    ],
  ]);
  equal(
    page,
    '# HELP h H.\n# TYPE h histogram\nh_bucket{le="0.5"} 1\nh_bucket{le="+Inf"} 2\nh_sum 0.75\nh_count 2\n',
  );
});

test('backslashes, line feeds and quotes cannot end a line or a label', () => {
  const page = metricsPage([
    [family('m', [{ name: 'm', labels: { l: 'a"b\\c\nd 1\nevil 2' }, value: 1 }], 'one\ntwo \\ "three"')],
  ]);
  equal(page, '# HELP m one\\ntwo \\\\ "three"\n# TYPE m gauge\nm{l="a\\"b\\\\c\\nd 1\\nevil 2"} 1\n');
});

test('numbers Prometheus reads', () => {
  const numbers: readonly (readonly [number, string])[] = [
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [0, '0'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
  ];
  for (const [value, text] of numbers)
    equal(metricsPage([[family('m', [{ name: 'm', labels: {}, value }])]]).split('\n')[2], `m ${text}`);
});

test('no families give an empty page', () => equal(metricsPage([]), ''));
