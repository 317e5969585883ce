/** Pages: links lead somewhere, and examples of files are files Plimsoll takes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { formatProblem, type Problem } from '#base/problem.ts';
import { readConfig } from '#bin/config.ts';
import { parseSloFile } from '#signals/openslo/parse.ts';
import { pathsWith, readText, ROOT } from '#test/tidy/source.ts';

const PAGES = pathsWith('.md');

function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links
    .filter((link) => !/^(?:https?:|#|mailto:)/.test(link))
    .filter((link) => !existsSync(join(ROOT, dirname(page), link.replace(/#.*$/, ''))))
    .map((link) => `${page}: ${link}`);
}

test('every link between pages leads to a file', () => {
  assert.deepEqual(
    PAGES.flatMap((page) => brokenLinks(page, readText(page))),
    [],
  );
  assert.equal(brokenLinks('README.md', 'see [x](docs/nowhere.md)').length, 1, 'a planted one is caught');
});

/** Problems of one example: an OpenSLO file by its first line, else a plimsoll.yaml. */
function problemsOf(name: string, text: string): readonly Problem[] {
  return text.startsWith('apiVersion:')
    ? parseSloFile(name, text).problems
    : readConfig(name, text, {}).problems;
}

const EXAMPLES = PAGES.flatMap((page) =>
  [...readText(page).matchAll(/^```yaml\n([^]*?)^```/gm)].map((match, index) => ({
    name: `${page}#${index + 1}`,
    text: match[1] ?? '',
  })),
);

test('there are examples', () => {
  assert.ok(EXAMPLES.length >= 4);
});

for (const { name, text } of EXAMPLES) {
  test(`the example ${name} is taken without a complaint`, () => {
    assert.deepEqual(problemsOf(name, text).map(formatProblem), []);
  });
}

test('the shipped plimsoll.yaml is taken without a complaint', () => {
  assert.deepEqual(problemsOf('plimsoll.yaml', readText('plimsoll.yaml')).map(formatProblem), []);
});
