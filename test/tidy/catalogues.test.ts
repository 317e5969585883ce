/** Errors and metrics against their pages, both ways. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS } from '#base/errors.ts';
import { METRICS } from '#signals/registry.ts';
import { metricsPage } from '#test/tidy/pages.ts';
import { isTest, readText, sourceFiles } from '#test/tidy/source.ts';

/** Shorter than this it cannot hold a cause and a way out. */
const SECTION_CHARS_MIN = 80;

interface Section {
  readonly title: string;
  readonly body: string;
}

function sectionsOf(markdown: string): Section[] {
  const parts = markdown.split(/^## /m).slice(1);
  return parts.map((part) => {
    const [title = '', ...body] = part.split('\n');
    return { title: title.trim(), body: body.join('\n').trim() };
  });
}

test('every error code has its section, and every section its code', () => {
  const sections = sectionsOf(readText('docs/reference/errors.md'));
  assert.deepEqual(sections.map(({ title }) => title).toSorted(), Object.keys(ERRORS).toSorted());
  const thin = sections.filter(({ body }) => body.length < SECTION_CHARS_MIN);
  assert.deepEqual(
    thin.map(({ title }) => title),
    [],
  );
});

test('every error code is used', () => {
  const code = sourceFiles()
    .filter(({ path }) => !isTest(path) && path !== 'base/errors.ts')
    .map((file) => file.code)
    .join('\n');
  assert.deepEqual(
    Object.keys(ERRORS).filter((name) => !new RegExp(`\\b${name}\\b`).test(code)),
    [],
  );
});

test('every error code in the tree is in the catalogue', () => {
  const strange = sourceFiles().flatMap(({ path, code }) =>
    [...code.matchAll(/\bPLIM_[A-Z_]+\b/g)]
      .filter(([name]) => !Object.hasOwn(ERRORS, name))
      .map(([name]) => `${path}: ${name}`),
  );
  assert.deepEqual(strange, []);
});

test('the metrics page is what npm run docs writes', () => {
  assert.equal(readText('docs/reference/metrics.md'), metricsPage(METRICS), 'run npm run docs');
});

test('every metric is used, and every name like ours is registered', () => {
  const files = sourceFiles().filter(({ path }) => path !== 'signals/registry.ts');
  const all = files.map(({ code }) => code).join('\n');
  const unused = Object.keys(METRICS).filter((key) => !new RegExp(`\\bMETRICS\\.${key}\\b`).test(all));
  assert.deepEqual(unused, [], 'metrics nobody sets');
  const known = new Set<string>(Object.values(METRICS).map(({ name }) => name));
  const strange = files
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ path, code }) =>
      [...code.matchAll(/['"]((?:otelcol|plimsoll)_[a-z0-9_]+)['"]/g)].map(([, name = '']) => ({
        path,
        name,
      })),
    )
    .filter(({ name }) => !known.has(name.replace(/_(?:bucket|sum|count)$/, '')) && !known.has(name));
  assert.deepEqual(strange, [], 'names that no registry entry has');
});

test('metric names and labels follow the rules', () => {
  for (const { name, type, help, labels } of Object.values(METRICS)) {
    assert.match(name, /^(?:otelcol_|plimsoll_|process_|slo:)[a-z0-9_:]+$/, name);
    assert.equal(
      name.endsWith('_total'),
      type === 'counter',
      `${name}: counters, and only they, end in _total`,
    );
    assert.match(help, /\.$/, `${name}: help is a sentence`);
    for (const label of labels) assert.match(label, /^[a-z][a-z0-9_]*$/, name);
  }
});
