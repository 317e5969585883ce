import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_BYTES_MAX, parseYaml, type ConfigNode } from '#base/config/yaml.ts';

/** Without places, as plain data. */
function plain(node: ConfigNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

const GOOD: readonly (readonly [string, string, unknown])[] = [
  ['scalars', 'a: 1\nb: x\nc: true\nd:\ne: "1"', { a: 1, b: 'x', c: true, d: null, e: '1' }],
  ['nesting', 'a:\n  - b: [1, 2]', { a: [{ b: [1, 2] }] }],
  ['anchors', 'a: &x {k: 1}\nb: *x', { a: { k: 1 }, b: { k: 1 } }],
  ['merge keys', 'a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3', { a: { k: 1, l: 2 }, b: { l: 3, k: 1 } }],
  [
    'several merges, the first wins',
    'a: &x {k: 1}\nb: &y {k: 2, m: 4}\nc: {<<: [*x, *y]}',
    { a: { k: 1 }, b: { k: 2, m: 4 }, c: { k: 1, m: 4 } },
  ],
  ['a number keeps its text', 'a: 0x10', { a: 16 }],
];

for (const [name, text, expected] of GOOD) {
  test(`reads ${name}`, () => {
    const { roots, problems } = parseYaml('x.yaml', text);
    assert.deepEqual(problems, []);
    assert.deepEqual(plain(roots[0]), expected);
  });
}

test('places are 1-based and point at keys and values', () => {
  const { roots } = parseYaml('x.yaml', 'a: 1\nbb:\n  c: here\n');
  const root = roots[0];
  assert.ok(root?.kind === 'map');
  const inner = root.entries[1]?.value;
  assert.ok(inner?.kind === 'map');
  assert.deepEqual(inner.entries[0]?.place, { line: 3, column: 3 });
  assert.deepEqual(inner.entries[0]?.value.place, { line: 3, column: 6 });
});

test('several documents give several roots', () => {
  assert.equal(parseYaml('x.yaml', 'a: 1\n---\nb: 2\n').roots.length, 2);
  assert.equal(parseYaml('x.yaml', '').roots.length, 0);
});

const BAD: readonly (readonly [string, string, RegExp, number])[] = [
  ['a broken line', 'a: 1\n b: 2\n', /mapping/i, 1],
  ['a key twice', 'a: 1\na: 2\n', /unique/i, 2],
  ['an open bracket', 'a: [1, 2\n', /./, 2],
  ['an unknown alias', 'a: *nowhere\n', /no anchor &nowhere/, 1],
  ['a merge of what is no map', 'a: &a 1\nb:\n  <<: *a\n', /only maps/, 1],
];

for (const [name, text, message, line] of BAD) {
  test(`complains about ${name}`, () => {
    const { problems } = parseYaml('x.yaml', text);
    assert.ok(problems.length > 0);
    assert.match(problems[0]?.message ?? '', message);
    assert.equal(problems[0]?.line, line);
    assert.equal(problems[0]?.file, 'x.yaml');
  });
}

test('a file that is too large, too deep or full of aliases is refused', () => {
  const large = parseYaml('x.yaml', 'a'.repeat(CONFIG_BYTES_MAX + 1));
  assert.match(large.problems[0]?.message ?? '', /characters, at most/);
  const deep = parseYaml('x.yaml', `a: ${'['.repeat(100)}${']'.repeat(100)}`);
  assert.match(deep.problems[0]?.message ?? '', /nested deeper/);
  const lines = ['a0: &a0 [x]'];
  for (let level = 1; level < 12; level += 1) {
    lines.push(
      `a${level}: &a${level} [${Array(8)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  const bomb = parseYaml('x.yaml', lines.join('\n'));
  assert.match(bomb.problems[0]?.message ?? '', /more than \d+ aliases/);
});
