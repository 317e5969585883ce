/** A Java for the engines that need one. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath, isProgram } from '#test/engines/tool.ts';

/** Where distributions of Linux put them. */
const JVM_FOLDER = '/usr/lib/jvm';

/**
 * For servers that live for seconds: without the optimising compiler a start takes
 * half the time and half the CPU; the classes are a release's, and need no proof.
 */
export const SHORT_LIVED_JVM = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UnlockDiagnosticVMOptions',
  '-XX:-BytecodeVerificationRemote',
] as const;

/**
 * The home of a Java of at least `majorMin`: what `JAVA_HOME` names if it
 * suffices, else the oldest that does, because an engine is tested with those.
 *
 * @param program that it must have: `java`, or `javac` where something is compiled
 */
export function findJava(majorMin: number, program: 'java' | 'javac' = 'java'): string | undefined {
  const suffices = (home: string): boolean =>
    isProgram(join(home, 'bin', program)) && majorOf(home) >= majorMin;
  const named = [process.env['ES_JAVA_HOME'], process.env['JAVA_HOME']].find(
    (home) => home !== undefined && home !== '' && suffices(home),
  );
  return (
    named ??
    installed()
      .filter(suffices)
      .toSorted((a, b) => majorOf(a) - majorOf(b))[0]
  );
}

/** The Java on the PATH, what stands beside it, and what the distribution holds. */
function installed(): string[] {
  const onPath = findOnPath('java');
  const home = onPath === undefined ? undefined : dirname(dirname(realpathSync(onPath)));
  const folders = home === undefined ? [JVM_FOLDER] : [dirname(home), JVM_FOLDER];
  return [...(home === undefined ? [] : [home]), ...folders.flatMap(entries)];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** 0 when the folder is no Java's home. */
function majorOf(home: string): number {
  try {
    const release = readFileSync(join(home, 'release'), 'utf8');
    return Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
