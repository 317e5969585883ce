import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  address,
  boolean,
  bytes,
  choice,
  duration,
  list,
  mapped,
  notSupportedYet,
  number,
  object,
  optional,
  parseAddress,
  record,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { formatProblem, type Problem } from '#base/problem.ts';

const SCHEMA = object({
  name: required(text({ pattern: /^[a-z]+$/, expected: 'lower-case letters' }), 'A name.'),
  mode: withDefault(choice(['fast', 'safe']), 'safe', 'A mode.'),
  wait: withDefault(duration({ minMs: 0, maxMs: 60_000 }), 1000, 'A wait.'),
  budget: withDefault(bytes({ min: 1024, max: 2 ** 40 }), 2 ** 20, 'A budget.'),
  workers: withDefault(number({ min: 1, max: 8, integer: true }), 2, 'Workers.'),
  listen: optional(address(), 'An address.'),
  on: withDefault(boolean(), true, 'Whether.'),
  tags: withDefault(list(text()), [], 'Tags.'),
  limits: withDefault(record(number({ min: 0, max: 1 })), {}, 'Limits.'),
  inner: section(object({ depth: withDefault(number({ min: 0, max: 9 }), 3, 'Depth.') }), 'Inside.'),
  later: notSupportedYet('leave it out'),
});

function read<T>(schema: Schema<T>, source: string): { value: T | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  const root = parseYaml('x.yaml', source).roots[0];
  assert.ok(root !== undefined);
  return { value: schema.read(root, '', { file: 'x.yaml', problems }), problems };
}

test('defaults fill what is left out', () => {
  const { value, problems } = read(SCHEMA, 'name: ship');
  assert.deepEqual(problems, []);
  assert.deepEqual(value, {
    name: 'ship',
    mode: 'safe',
    wait: 1000,
    budget: 2 ** 20,
    workers: 2,
    on: true,
    tags: [],
    limits: {},
    inner: { depth: 3 },
  });
});

test('every kind of value is read', () => {
  const source = `
name: ship
mode: fast
wait: 1m
budget: 1.5GiB
workers: 8
listen: '[::1]:0'
on: false
tags: [a, 1, true]
limits: { a: 0.5, __proto__: 1 }
inner: { depth: 9 }
`;
  const { value, problems } = read(SCHEMA, source);
  assert.deepEqual(problems, []);
  assert.equal(value?.wait, 60_000);
  assert.equal(value?.budget, 1.5 * 2 ** 30);
  assert.deepEqual(value?.listen, { host: '::1', port: 0 });
  assert.deepEqual(value?.tags, ['a', '1', 'true'], 'text keeps the way it was written');
  assert.deepEqual(Object.entries(value?.limits ?? {}), [
    ['a', 0.5],
    ['__proto__', 1],
  ]);
});

const BAD: readonly (readonly [string, string])[] = [
  ['mode: safe', 'x.yaml:1:1: name is missing; expected lower-case letters (name)'],
  ['name: Ship', 'x.yaml:1:7: expected lower-case letters, got "Ship" (name)'],
  ['name: a\nmodes: fast', 'x.yaml:2:1: modes is not known here; did you mean mode? (modes)'],
  ['name: a\nmode: quick', 'x.yaml:2:7: expected one of fast, safe, got "quick" (mode)'],
  ['name: a\nwait: 5', 'x.yaml:2:7: expected a duration such as 30s, 5m or 1h30m, got "5" (wait)'],
  ['name: a\nwait: 2m', 'x.yaml:2:7: expected a duration such as 30s, 5m or 1h30m, got "2m" (wait)'],
  ['name: a\nbudget: 1MB', 'x.yaml:2:9: expected a size such as 64MiB or 2GiB, got "1MB" (budget)'],
  ['name: a\nworkers: 1.5', 'x.yaml:2:10: expected a whole number from 1 to 8, got "1.5" (workers)'],
  ['name: a\nlisten: 7300', 'x.yaml:2:9: expected HOST:PORT, got "7300" (listen)'],
  ['name: a\non: yes', 'x.yaml:2:5: expected true or false, got "yes" (on)'],
  ['name: a\ntags: {a: b}', 'x.yaml:2:7: expected a list of text, got a map (tags)'],
  ['name: a\nlimits: {b: 2}', 'x.yaml:2:13: expected a number from 0 to 1, got "2" (limits.b)'],
  ['name: a\ninner:\n  depht: 1', 'x.yaml:3:3: depht is not known here; did you mean depth? (inner.depht)'],
  ['name: a\nlater: 1', 'x.yaml:2:8: later is not supported yet; leave it out (later)'],
];

for (const [source, expected] of BAD) {
  test(`says: ${expected}`, () => {
    const { value, problems } = read(SCHEMA, source);
    assert.equal(value, undefined);
    assert.deepEqual(problems.map(formatProblem), [expected]);
  });
}

test('all problems are told, not only the first', () => {
  const { problems } = read(SCHEMA, 'mode: quick\nworkers: 0\nwait: never\n');
  assert.equal(problems.length, 4);
});

test('mapped converts, and its complaint stands at the value', () => {
  const even = mapped(number({ min: 0, max: 100 }), (value, complainHere) =>
    value % 2 === 0 ? value / 2 : complainHere(`${value} is odd`),
  );
  const schema = object({ half: required(even, 'Half.') });
  assert.deepEqual(read(schema, 'half: 8').value, { half: 4 });
  assert.deepEqual(read(schema, 'half: 7').problems.map(formatProblem), ['x.yaml:1:7: 7 is odd (half)']);
});

test('addresses', () => {
  assert.deepEqual(parseAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80 });
  assert.deepEqual(parseAddress('localhost:65535'), { host: 'localhost', port: 65_535 });
  for (const bad of ['', ':80', 'a', 'a:', 'a:65536', 'a:b', '::1:80', 'a b:1', '[::1]']) {
    assert.equal(parseAddress(bad), undefined, bad);
  }
});
