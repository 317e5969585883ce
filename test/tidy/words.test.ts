/** Words that must not stand anywhere in the tree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathsWith, readText } from '#test/tidy/source.ts';

interface Forbidden {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Written in two halves, so that this list does not find itself. */
function word(first: string, second: string, flags = ''): RegExp {
  return new RegExp(`${first}${second}`, flags);
}

const FORBIDDEN: readonly Forbidden[] = [
  { pattern: word('\\bTO', 'DO\\b'), instead: 'do it, or name its absence in the README' },
  { pattern: word('\\bFIX', 'ME\\b'), instead: 'fix it' },
  { pattern: word('\\bXX', 'X\\b'), instead: 'say what is meant' },
  { pattern: word('\\bHA', 'CK\\b'), instead: 'say why it must be so' },
  { pattern: word('\\bas a', 'ny\\b(?! \\w)'), instead: 'a type, or unknown and a check' },
  { pattern: word('@ts-ig', 'nore'), instead: 'repair the type' },
  { pattern: word('@ts-no', 'check'), instead: 'repair the types' },
  { pattern: word('@ts-expect', '-error'), instead: 'repair the type' },
  {
    pattern: word('\\b(?:test|it|describe)\\.on', 'ly\\('),
    instead: 'run one file: npm run test:unit -- PATH',
  },
  { pattern: word('/wo', 'rk/'), instead: 'a path from the root of the project' },
  { pattern: word('/ho', 'me/'), instead: 'a path from the root of the project' },
  { pattern: word('/ro', 'ot/'), instead: 'a path from the root of the project' },
  { pattern: word('registry\\.npm', 'js\\.org'), instead: 'nothing: the registry is the reader’s choice' },
  { pattern: word('\\bagent ', 'session', 'i'), instead: 'nothing: say what the code does' },
  { pattern: word('\\bsub', 'agent', 'i'), instead: 'nothing: say what the code does' },
  { pattern: word('\\blanguage ', 'model\\b', 'i'), instead: 'nothing: say what the code does' },
];

function complaints(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
        ({ pattern, instead }) => `${path}:${index + 1}: ${pattern.source}: ${instead}`,
      ),
    );
}

test('no forbidden word', () => {
  const paths = pathsWith('.ts', '.js', '.md', '.json', '.yaml', '.yml', '.html', '.css', '/run').filter(
    // The lockfile names the registry by its nature; packages.test.ts looks after it.
    (path) => path !== 'package-lock.json',
  );
  assert.ok(paths.includes('README.md') && paths.includes('.ci/run'), 'pages and scripts are looked at');
  assert.deepEqual(
    paths.flatMap((path) => complaints(path, readText(path))),
    [],
  );
});

test('planted words are caught, their neighbours are not', () => {
  const planted = ['TO' + 'DO: later', 'x as a' + 'ny;', '/ho' + 'me/me/x', 'FIX' + 'ME'];
  assert.deepEqual(
    planted.map((line) => complaints('x', line).length),
    [1, 1, 1, 1],
  );
  const fine = ['todo is a field', 'as anywhere', 'as a' + 'ny other test', 'homework/x', 'mkdtemp-XXXXXX'];
  assert.deepEqual(
    fine.flatMap((line) => complaints('x', line)),
    [],
  );
});
