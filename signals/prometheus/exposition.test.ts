/** What targets show, good and bad, in both formats; drawn at random, and damaged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError, isCoded } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import {
  FAMILIES_MAX,
  parseExposition,
  type Exposition,
  type ExpositionFormat,
} from '#signals/prometheus/exposition.ts';

const ENOUGH = 1000;

function text(lines: string): Exposition {
  return parseExposition(lines, 'text', ENOUGH);
}

function open(lines: string): Exposition {
  return parseExposition(`${lines}\n# EOF\n`, 'openmetrics', ENOUGH);
}

/** `name{label="value"} value@time # {…} value@time`, what is absent left out. */
function shown({ samples }: Exposition): string[] {
  return samples.map(({ labels, value, timeMs, exemplar }) => {
    const { __name__: name = '', ...rest } = labels;
    const at = (time: number | undefined): string => (time === undefined ? '' : `@${time}`);
    const example =
      exemplar === undefined
        ? ''
        : ` # ${JSON.stringify(exemplar.labels)} ${exemplar.value}${at(exemplar.timeMs)}`;
    return `${name}${JSON.stringify(rest)} ${value}${at(timeMs)}${example}`;
  });
}

const TEXT: readonly (readonly [line: string, expected: string])[] = [
  ['up 1', 'up{} 1'],
  ['  up\t 1.5  ', 'up{} 1.5'],
  ['up 1 1395066363000', 'up{} 1@1395066363000'],
  ['up 1 -5', 'up{} 1@-5'],
  ['up{} 1', 'up{} 1'],
  ['a:b{x="1",y="2",} 1e3', 'a:b{"x":"1","y":"2"} 1000'],
  ['a { x = "1" , y = "2" } .5', 'a{"x":"1","y":"2"} 0.5'],
  ['a{x="q\\"b\\\\n\\nz\\t"} 1', 'a{"x":"q\\"b\\\\n\\nz\\\\t"} 1'],
  ['a{x=""} 1', 'a{} 1'],
  ['a{x="}, #"} 1', 'a{"x":"}, #"} 1'],
  ['a{x="ünï 🚚"} 1', 'a{"x":"ünï 🚚"} 1'],
  ['a{__proto__="p"} 1', 'a{"__proto__":"p"} 1'],
  ['{"größe.max","a.b"="c",d="e"} 1', 'größe.max{"a.b":"c","d":"e"} 1'],
  ['a +Inf', 'a{} Infinity'],
  ['a -inf', 'a{} -Infinity'],
  ['a NaN', 'a{} NaN'],
  ['a -1.5E-3', 'a{} -0.0015'],
  ['a 1\r', 'a{} 1'],
];

test('the text format: names, labels, escapes, values, times', () => {
  for (const [line, expected] of TEXT) assert.deepEqual(shown(text(`${line}\n`)), [expected], line);
  assert.deepEqual(
    shown(text(TEXT.map(([line]) => line).join('\n'))),
    TEXT.map(([, expected]) => expected),
  );
});

test('comments, blank lines and what nobody knows are passed over', () => {
  assert.deepEqual(shown(text('# hello\n\n#\n#HELP\n# EOF\n  \na 1\n# TYPES a b')), ['a{} 1']);
  assert.deepEqual(shown(text('')), []);
});

test('families: type, help with its escapes, unit', () => {
  const lines = [
    '# HELP a_total Trucks \\\\ and\\n"trains" \\x.',
    '# TYPE a_total counter',
    '# TYPE b untyped',
    '# HELP c Only help.',
    '# TYPE "d.e" summary',
  ];
  assert.deepEqual(Object.fromEntries(text(lines.join('\n')).families), {
    a_total: { type: 'counter', help: 'Trucks \\ and\n"trains" \\x.', unit: '' },
    b: { type: 'unknown', help: '', unit: '' },
    c: { type: 'unknown', help: 'Only help.', unit: '' },
    'd.e': { type: 'summary', help: '', unit: '' },
  });
});

test('bounds are kept as Prometheus 3 writes them, where the type says they are bounds', () => {
  const lines = [
    '# TYPE h histogram',
    ...['1', '0.50', '5e2', '+Inf', 'inf', '1000000', '1.2.3', 'many'].map((le) => `h_bucket{le="${le}"} 1`),
    'other_bucket{le="1"} 1',
    '# TYPE s summary',
    's{quantile="1"} 2',
    's_sum{quantile="1"} 2',
  ];
  const bounds = text(lines.join('\n')).samples.map(({ labels: of }) => of['le'] ?? of['quantile']);
  const histogram = ['1.0', '0.5', '500.0', '+Inf', '+Inf', '1e+06', '1.2.3', 'many'];
  assert.deepEqual(bounds, [...histogram, '1', '1.0', '1']);
});

test('OpenMetrics: seconds, exemplars, units, and families named as their series', () => {
  const lines = [
    '# TYPE a_seconds counter',
    '# UNIT a_seconds seconds',
    '# HELP a_seconds The \\"time\\".',
    'a_seconds_total{x="1"} 3 1520879607.789 # {trace_id="abc",span_id=""} 0.67 1520879606.5',
    'a_seconds_created{x="1"} 1520430000.123',
    '# TYPE h histogram',
    'h_bucket{le="0.1"} 8 # {} 0.054',
    'h_bucket{le="+Inf"} 9 # {id="é"} 2 -1',
    '# TYPE i info',
    'i_info{version="1"} 1',
    '# TYPE g gaugehistogram',
    '# TYPE s stateset',
  ];
  const exposition = open(lines.join('\n'));
  assert.deepEqual(shown(exposition), [
    'a_seconds_total{"x":"1"} 3@1520879607789 # {"trace_id":"abc"} 0.67@1520879606500',
    'a_seconds_created{"x":"1"} 1520430000.123',
    'h_bucket{"le":"0.1"} 8 # {} 0.054',
    'h_bucket{"le":"+Inf"} 9 # {"id":"é"} 2@-1000',
    'i_info{"version":"1"} 1',
  ]);
  assert.deepEqual(
    [...exposition.families].map(([name, { type, unit }]) => [name, type, unit]),
    [
      ['a_seconds_total', 'counter', 'seconds'],
      ['h', 'histogram', ''],
      ['i_info', 'gauge', ''],
      ['g', 'unknown', ''],
      ['s', 'gauge', ''],
    ],
  );
});

const BAD: readonly (readonly [format: ExpositionFormat, body: string, problem: RegExp])[] = [
  ['text', 'a 1\nb\n', /^line 2: expected a value \(column 2\)/],
  ['text', '1a 2', /line 1: expected the name of a metric \(column 1\)/],
  ['text', '{a="1"} 1', /no name/],
  ['text', 'a{__name__="b"} 1', /no label of a target/],
  ['text', 'a{x="1",x="2"} 1', /label x stands there twice/],
  ['text', 'a{x="1" y="2"} 1', /expected , or }/],
  ['text', 'a{,} 1', /expected the name of a label/],
  ['text', 'a{1x="1"} 1', /expected the name of a label/],
  ['text', 'a{""="1"} 1', /expected the name of a label/],
  ['text', 'a{"b"} 1', /expected =/],
  ['text', 'a{x=1} 1', /expected "/],
  ['text', 'a{x="1} 1', /not closed/],
  ['text', 'a{x="1\\"', /not closed/],
  ['text', 'a{x="1"', /expected , or }/],
  ['text', 'a 0x10', /0x10 is not a number/],
  ['text', 'a 1_000', /is not a number/],
  ['text', 'a 1 1.5', /1\.5 is no time/],
  ['text', 'a 1 99999999999999999', /out of range/],
  ['text', 'a 1 2 3', /unexpected 3/],
  ['text', 'a 1 # {x="1"} 1', /exemplars need OpenMetrics/],
  ['text', '# TYPE a sum', /the type sum is none of counter/],
  ['text', '# TYPE 5 counter', /expected the name of a metric/],
  [
    'text',
    `a{${Array.from({ length: 1001 }, (_, index) => `l${index}="1"`).join(',')}} 1`,
    /more than 1000 labels/,
  ],
  ['openmetrics', 'a 1\n', /line 1: the last line is not # EOF/],
  ['openmetrics', '', /not # EOF/],
  ['openmetrics', '# EOF\na 1', /line 2: nothing may follow/],
  ['openmetrics', 'a 1\n\n# EOF', /line 2: OpenMetrics has no blank lines/],
  ['openmetrics', 'a 1 NaN\n# EOF', /out of range/],
  ['openmetrics', 'a 1 # trace\n# EOF', /expected {/],
  ['openmetrics', 'a 1 # {"name"} 1\n# EOF', /expected =/],
  ['openmetrics', '# TYPE a untyped\n# EOF', /untyped is none of/],
];

test('what is wrong is said with its line, and spoils all of it', () => {
  for (const [format, body, problem] of BAD) {
    assert.throws(
      () => parseExposition(body, format, ENOUGH),
      (error) => isCoded(error, 'PLIM_BODY_MALFORMED') && problem.test(error.message),
      body.slice(0, 60),
    );
  }
});

test('too many samples or families are refused before they are kept', () => {
  const tooLarge = (error: unknown): boolean => isCoded(error, 'PLIM_BODY_TOO_LARGE');
  const lines = Array.from({ length: 11 }, (_, index) => `a${index} 1\n`).join('');
  assert.equal(parseExposition(lines, 'text', 11).samples.length, 11);
  assert.throws(() => parseExposition(lines, 'text', 10), tooLarge);
  const families = Array.from({ length: FAMILIES_MAX + 1 }, (_, index) => `# HELP a${index} x\n`).join('');
  assert.throws(() => parseExposition(families, 'text', 10), tooLarge);
});

const metricName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((name) => name !== '__name__');
const labelValue = fc.string({ unit: 'grapheme', maxLength: 12 });
const labels = fc.dictionary(labelName, labelValue, { maxKeys: 4 });
const value = fc.oneof(fc.double(), fc.integer());
const timeMs = fc.option(fc.integer({ min: -1_000_000, max: 2_000_000_000_000 }), { nil: undefined });
const exemplar = fc.option(fc.record({ labels, value, timeMs }), { nil: undefined });
const drawn = fc.array(fc.record({ name: metricName, labels, value, timeMs, exemplar }), { maxLength: 6 });
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function labelsText(of: Readonly<Record<string, string>>): string {
  const escape = (raw: string): string =>
    raw.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${Object.entries(of)
    .map(([name, raw]) => `${name}="${escape(raw)}"`)
    .join(',')}}`;
}

function numberText(number: number): string {
  return Number.isFinite(number) ? String(number) : number > 0 ? '+Inf' : number < 0 ? '-Inf' : 'NaN';
}

function written(samples: Drawn, format: ExpositionFormat): string {
  const at = (time: number | undefined): string =>
    time === undefined ? '' : ` ${format === 'text' ? time : (time / 1000).toFixed(3)}`;
  const lines = samples.map((sample) => {
    const own = `${sample.name}${labelsText(sample.labels)} ${numberText(sample.value)}${at(sample.timeMs)}`;
    if (format === 'text' || sample.exemplar === undefined) return `${own}\n`;
    const { labels: of, value: number, timeMs: time } = sample.exemplar;
    return `${own} # ${labelsText(of)} ${numberText(number)}${at(time)}\n`;
  });
  return `${lines.join('')}${format === 'text' ? '' : '# EOF\n'}`;
}

function withoutEmpty(of: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(of).filter(([, raw]) => raw !== '');
}

const spoiler = fc.constantFrom(
  '',
  '"',
  '{',
  '}',
  '\\',
  '\n',
  '#',
  ' ',
  'é',
  '\u0000',
  '1',
  ',',
  '=',
  '# EOF',
);

for (const format of ['text', 'openmetrics'] as const) {
  test(`${format}: what is written is read`, () => {
    fc.assert(
      fc.property(drawn, (samples) => {
        const { samples: read } = parseExposition(written(samples, format), format, ENOUGH);
        assert.equal(read.length, samples.length);
        for (const [index, sample] of samples.entries()) {
          const got = present(read[index], 'there are as many');
          assert.deepEqual(Object.entries(got.labels), [
            ['__name__', sample.name],
            ...withoutEmpty(sample.labels),
          ]);
          assert.ok(got.value === sample.value || Number.isNaN(sample.value), String(sample.value));
          assert.equal(got.timeMs, sample.timeMs);
          if (format === 'text' || sample.exemplar === undefined) continue;
          assert.deepEqual(Object.entries(got.exemplar?.labels ?? {}), withoutEmpty(sample.exemplar.labels));
          assert.equal(got.exemplar?.timeMs, sample.exemplar.timeMs);
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`${format}: damage gives a coded error or samples with a name`, () => {
    const damaged = fc.tuple(drawn, fc.nat(), spoiler, fc.nat({ max: 9 }));
    fc.assert(
      fc.property(damaged, ([samples, at, put, cut]) => {
        const body = written(samples, format);
        const place = body.length === 0 ? 0 : at % body.length;
        try {
          const { samples: read } = parseExposition(
            body.slice(0, place) + put + body.slice(place + cut),
            format,
            ENOUGH,
          );
          for (const sample of read) assert.ok(sample.labels['__name__'] !== '');
        } catch (error) {
          if (!(error instanceof CodedError) || error.code !== 'PLIM_BODY_MALFORMED') throw error;
        }
      }),
      { numRuns: 100 },
    );
  });
}
