import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withVariables } from '#base/config/variables.ts';
import { parseYaml, type ConfigNode } from '#base/config/yaml.ts';

const VARIABLES = {
  HOST: 'kafka',
  PORT: '9092',
  ON: 'true',
  EMPTY: '',
  NESTED: '${env:HOST}',
  MAP: 'a: b',
  'NOT-A-NAME': 'x',
};

function expand(text: string): { value: ConfigNode | undefined; problems: string[] } {
  const problems: string[] = [];
  const { roots } = parseYaml('x.yaml', text);
  const [root] = roots;
  assert.ok(root !== undefined);
  const value = withVariables(root, VARIABLES, (message, { line, column }) =>
    problems.push(`${line}:${column} ${message}`),
  );
  return { value, problems };
}

const VALUES: readonly (readonly [written: string, expected: unknown, text?: string])[] = [
  ['${env:HOST}', 'kafka'],
  ['${HOST}', 'kafka'],
  ['${env:HOST}:${env:PORT}', 'kafka:9092'],
  ['${env:PORT}', 9092],
  ['"${env:PORT}"', 9092],
  ['port ${env:PORT}', 'port 9092'],
  ['${env:ON}', true],
  ['${env:AWAY:-5s}', '5s'],
  ['${env:AWAY:-7}', 7],
  ['${env:AWAY:-http://es:9200}', 'http://es:9200'],
  ['${env:AWAY:-}', null, ''],
  ['${env:EMPTY:-full}', null, ''],
  ['a${env:EMPTY}b', 'ab'],
  ['$${env:HOST}', '${env:HOST}'],
  ['$$5', '$5'],
  ['a $ and $x', 'a $ and $x'],
  ['"${env:HOST"', '${env:HOST'],
  ['${env:NESTED}', '${env:HOST}'],
  ['${env:MAP}', 'a: b'],
];

for (const [written, expected, text] of VALUES) {
  test(`${written} is read as ${JSON.stringify(expected)}`, () => {
    const { value, problems } = expand(written);
    assert.deepEqual(problems, []);
    assert.ok(value?.kind === 'scalar');
    assert.equal(value.value, expected);
    assert.equal(value.text, text ?? String(expected));
  });
}

test('lists and maps are gone through, keys are left alone', () => {
  const { value, problems } = expand('${env:HOST}: [1, {b: "${env:HOST}"}]');
  assert.deepEqual(problems, []);
  assert.ok(value?.kind === 'map');
  assert.equal(value.entries[0]?.key, '${env:HOST}');
  const list = value.entries[0]?.value;
  assert.ok(list?.kind === 'list' && list.items[1]?.kind === 'map');
  const inner = list.items[1].entries[0]?.value;
  assert.ok(inner?.kind === 'scalar');
  assert.equal(inner.value, 'kafka');
});

test('what is not set, and what cannot be read, is told with its place', () => {
  const { problems } = expand('a: 1\nb:\n  - x ${env:AWAY}\n  - ${file:/etc/x}\n  - ${env:toString}\n');
  assert.deepEqual(problems, [
    '3:5 the environment variable AWAY is not set; set it, or write ${env:AWAY:-DEFAULT}',
    '4:5 ${file:/etc/x} cannot be read; expected ${env:NAME} or ${env:NAME:-DEFAULT}, and $$ for a $',
    '5:5 the environment variable toString is not set; set it, or write ${env:toString:-DEFAULT}',
  ]);
});
