import assert from 'node:assert/strict';
import { test } from 'node:test';
import { object, optional, text } from '#base/config/schema.ts';
import { secret, withoutUser } from '#base/config/secrets.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';

const schema = object({
  key: optional(secret({ pattern: /^[a-z]+$/, expected: 'small letters' }), ''),
  password: optional(secret(), ''),
  url: optional(withoutUser(text({ pattern: /^https?:/, expected: 'an address' }), 'use headers'), ''),
});

function read(yaml: string) {
  const problems: Problem[] = [];
  const root = present(parseYaml('p.yaml', yaml).roots[0], 'the text has a root');
  return {
    value: schema.read(root, '', { file: 'p.yaml', problems }),
    problems: problems.map(formatProblem),
  };
}

test('a secret is read as it is written, also when it looks like a number', () => {
  const { value, problems } = read('key: abc\npassword: 0123\nurl: http://a');
  assert.deepEqual(problems, []);
  assert.deepEqual({ ...value }, { key: 'abc', password: '0123', url: 'http://a' });
});

test('no problem shows a secret', () => {
  for (const yaml of [
    'key: Hunter2',
    'key: [hunter2]',
    'password: {hunter2: 1}',
    'url: "http://me:hunter2@a"',
  ]) {
    const { value, problems } = read(yaml);
    assert.equal(value, undefined);
    assert.equal(problems.length, 1);
    assert.ok(!/hunter2/i.test(problems.join()), problems.join());
  }
  assert.match(read('url: http://me@a/').problems.join(), /must not hold a user or password; use headers/);
});
