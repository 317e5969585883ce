import assert from 'node:assert/strict';
import { test } from 'node:test';
import { components } from '#base/config/components.ts';
import { object, optional, required, text, withoutEffect } from '#base/config/schema.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';

const schema = components('exporter', {
  otlphttp: optional(object({ endpoint: required(text(), '') }), ''),
  debug: optional(object({ verbosity: withoutEffect('there is one only') }), ''),
});

function read(yaml: string) {
  const problems: Problem[] = [];
  const root = present(parseYaml('p.yaml', yaml).roots[0], 'the text has a root');
  return {
    value: schema.read(root, 'exporters', { file: 'p.yaml', problems }),
    problems: problems.map(formatProblem),
  };
}

test('types, and several of one type by their names', () => {
  const { value, problems } = read('otlphttp: {endpoint: a}\notlphttp/far-away: {endpoint: b}\ndebug:\n');
  assert.deepEqual(problems, []);
  assert.deepEqual(value, [
    { id: 'otlphttp', type: 'otlphttp', config: { endpoint: 'a' } },
    { id: 'otlphttp/far-away', type: 'otlphttp', config: { endpoint: 'b' } },
    { id: 'debug', type: 'debug', config: {} },
  ]);
});

test('what is wrong is told by its line', () => {
  for (const [yaml, expected] of [
    [
      'otlphtp: {endpoint: a}',
      /1:1: there is no exporter otlphtp here; did you mean otlphttp\? \(exporters\.otlphtp\)/,
    ],
    ['debug:\nloki: {}', /2:1: there is no exporter loki here; known here: otlphttp, debug/],
    ['otlphttp/Far Away: {endpoint: a}', /the name behind otlphttp\/ is made of lower-case letters/],
    ['otlphttp/: {endpoint: a}', /the name behind/],
    ['otlphttp: {}', /endpoint is missing/],
    ['[a]', /expected a map of exporters/],
  ] as const) {
    const { value, problems } = read(yaml);
    assert.equal(value, undefined);
    assert.match(problems.join('\n'), expected);
  }
});

test('a setting without effect is a warning, and no error', () => {
  const { value, problems } = read('debug: {verbosity: detailed}');
  assert.equal(value?.length, 1);
  assert.match(problems.join('\n'), /warning: verbosity has no effect here; there is one only/);
});
