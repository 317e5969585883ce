/** Takes published artifacts through Maven, with the user's own settings. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotPrepare, findOnPath, runTool } from '#test/engines/tool.ts';

/** The largest artifact is a gigabyte. */
const MAVEN_MS_MAX = 900_000;
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Copies the jars of `artifacts` (`group:name:version`) and all they need into `folder`. */
export async function copyJars(artifacts: readonly string[], folder: string): Promise<void> {
  await inWorkFolder(async (work) => {
    const pom = join(work, 'pom.xml');
    writeFileSync(pom, pomOf(artifacts));
    const options = ['-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await maven(work, ['-f', pom, `${PLUGIN}:copy-dependencies`, ...options]);
  });
}

/**
 * Unpacks one artifact (`group:name:version:type`) into `folder`.
 *
 * @param includes patterns of the files to take; all without it
 */
export async function unpackArtifact(
  artifact: string,
  folder: string,
  includes?: readonly string[],
): Promise<void> {
  await inWorkFolder(async (work) => {
    const only = includes === undefined ? [] : [`-Dmdep.unpack.includes=${includes.join(',')}`];
    const marks = `-DmarkersDirectory=${join(work, 'marks')}`;
    await maven(work, [
      `${PLUGIN}:unpack`,
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
      marks,
      ...only,
    ]);
  });
}

/** A throw-away repository: the engines folder keeps what is used, nothing else. */
async function inWorkFolder(use: (work: string) => Promise<void>): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'plimsoll-maven-'));
  try {
    await use(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function maven(work: string, args: readonly string[]): Promise<void> {
  const mvn = findOnPath('mvn');
  if (mvn === undefined) throw new CannotPrepare('no mvn on the PATH (Debian: apt install maven)');
  const repository = join(work, 'repository');
  mkdirSync(repository);
  const quiet = ['--batch-mode', '--quiet', '--no-transfer-progress', `-Dmaven.repo.local=${repository}`];
  await runTool([mvn, ...quiet, ...args], {
    cwd: work,
    environment: { MAVEN_OPTS: process.env['MAVEN_OPTS'] ?? '-Xmx512m' },
    timeoutMs: MAVEN_MS_MAX,
  });
}

function pomOf(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group = '', name = '', version = ''] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>plimsoll</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies>
</project>
`;
}
