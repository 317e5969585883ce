/**
 * Servers that nobody packages for us: `npm run engines:build` makes them from
 * their published Go modules, minutes each, so never on the way of a test.
 */
import { join } from 'node:path';
import type { Missing } from '#test/engines/engine.ts';
import { enginesEntry } from '#test/engines/folder.ts';
import { findOnPath } from '#test/engines/tool.ts';

export const BUILT_VERSIONS = {
  jaeger: '1.76.0',
  prometheus: '3.14.0',
  alertmanager: '0.34.0',
  otelcol: '0.159.0',
} as const;

export type BuiltName = keyof typeof BUILT_VERSIONS;

/** Counts what one version was built of: a program of fewer components is none of these. */
const BUILDS: Readonly<Record<BuiltName, string>> = {
  jaeger: '',
  prometheus: '',
  alertmanager: '',
  otelcol: '-2',
};

/** Of its folder in the engines folder; the program in it has the engine's name. */
export function builtEntry(name: BuiltName): string {
  return `${name}-${BUILT_VERSIONS[name]}${BUILDS[name]}`;
}

/**
 * The program of a built engine.
 *
 * @param pathNames under which one on the PATH does as well
 */
export function findBuilt(name: BuiltName, ...pathNames: readonly string[]): string | Missing {
  const installed = findOnPath(...pathNames);
  if (installed !== undefined) return installed;
  const entry = enginesEntry(builtEntry(name));
  if (entry !== undefined) return join(entry, name);
  return {
    missing: `${name} ${BUILT_VERSIONS[name]} is not built here: npm run engines:build -- ${name} (minutes, takes Go)`,
  };
}
