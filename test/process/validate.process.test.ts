/** `plimsoll validate`: 0 when a start would take the files, 1 when not, 2 when used wrongly. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EMBEDDED_CONFIG_FILE } from '#bin/config.ts';
import { runPlimsoll } from '#test/support/program.ts';
import { sloText } from '#test/support/steady-sender.ts';

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-validate-'));
  mkdirSync(join(folder, 'slos'));
  const files = {
    'good.yaml': 'journal: { bytes_max: 1GiB }\nalerting: { slos: ./slos }\n',
    'bad.yaml': 'journal:\n  byts_max: 1GiB\n',
    'lonely.yaml': 'alerting: { slos: ./nowhere }\n',
    'slos/quotes.yaml': sloText('quotes', 0.999),
    'quoted.yaml': sloText('billing', 0.99).replace('openslo/v1', '"openslo/v1"'),
    'loose.yaml': sloText('loose', 0.9),
    'broken.yaml': sloText('broken', 0.999).replace('service:', 'servce:'),
    'torn.yaml': `${sloText('torn', 0.999)}  {\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function validate(...words: readonly string[]): ReturnType<typeof runPlimsoll> {
  const paths = words.map((word) =>
    word.startsWith('-') || word.startsWith('/') ? word : join(folder, word),
  );
  return runPlimsoll(['validate', ...paths]);
}

describe('exit code and words', { concurrency: 2 }, () => {
  const cases: readonly (readonly [words: readonly string[], code: number, output: RegExp])[] = [
    [['good.yaml'], 0, /^valid\n$/],
    [[EMBEDDED_CONFIG_FILE], 0, /^valid\n$/],
    [['bad.yaml'], 1, /bad\.yaml:2:3: byts_max is not known here; did you mean bytes_max\?.*\n\n1 error\n$/],
    [['lonely.yaml'], 1, /lonely\.yaml: \S+nowhere is not a folder.* \(alerting\.slos\)\n/],
    [['slos/quotes.yaml'], 0, /^quotes\/availability {2}99\.9% over 30d\n.*\n +100% +52s +4m19s\n/],
    [['slos'], 0, /^quotes\/availability[^]*\nvalid\n$/],
    [['quoted.yaml'], 0, /^billing\/availability {2}99% over 30d\n/],
    [['loose.yaml'], 0, /^\S+loose\.yaml:\d+:\d+: warning: .* can never fire[^]*\nvalid\n$/],
    [['broken.yaml'], 1, /broken\.yaml:\d+:\d+: servce is not known here; did you mean service\?/],
    [['torn.yaml'], 1, /torn\.yaml:\d+:\d+: [^]*\d errors?\n$/],
    [['good.yaml', 'slos', 'bad.yaml'], 1, /bad\.yaml:2:3[^]*quotes\/availability[^]*\n1 error\n$/],
    [['quoted.yaml', 'quoted.yaml'], 1, /billing\/availability is already defined at/],
    [['missing.yaml'], 2, /missing\.yaml does not exist; name a file or a folder \[PLIM_USAGE\]\n$/],
    [[], 2, /^plimsoll validate FILE/],
    [['--jsn', 'good.yaml'], 2, /--jsn is not known here; did you mean --json\?/],
    [['--help'], 0, /^plimsoll validate FILE/],
  ];
  for (const [words, code, output] of cases) {
    test(words.map((word) => word.split('/').at(-1)).join(' ') || 'nothing', async () => {
      const ended = await validate(...words);
      match(ended.output, output);
      equal(ended.code, code, ended.output);
      ok(!/\n\s+at /.test(ended.output), `no stack trace:\n${ended.output}`);
    });
  }
});

interface Report {
  readonly problems: readonly Readonly<Record<string, unknown>>[];
  readonly slos: readonly {
    readonly id: string;
    readonly objective: number;
    readonly detection: readonly { readonly errorRatio: number; readonly firstPageMs: number | 'never' }[];
  }[];
}

test('--json says the same to a program', async () => {
  const ended = await validate('--json', 'slos', 'broken.yaml', 'bad.yaml');
  equal(ended.code, 1);
  const { problems, slos } = JSON.parse(ended.output) as Report;
  ok(problems.length >= 2);
  for (const problem of problems)
    deepEqual(Object.keys(problem).toSorted(), ['column', 'file', 'line', 'message', 'path', 'severity']);
  deepEqual(
    slos.map(({ id, objective }) => [id, objective]),
    [['quotes/availability', 0.999]],
  );
  const [outage] = slos[0]?.detection ?? [];
  equal(outage?.errorRatio, 1);
  equal(Math.round(Number(outage?.firstPageMs)), 51_840);
});

test('--json of good files ends with 0', async () => {
  const ended = await validate('--json', 'good.yaml', 'loose.yaml');
  equal(ended.code, 0);
  deepEqual(
    (JSON.parse(ended.output) as Report).problems.map(({ severity }) => severity),
    ['warning'],
  );
});
