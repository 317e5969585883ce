/**
 * The manifest: which files make up the store, and the cursor of the last
 * record in them. Replaced in one atomic step, so that data and cursor are
 * never apart.
 */
import { writeFileAtomic } from '#base/atomic-file.ts';
import type { Disk } from '#base/disk.ts';
import { invariant } from '#base/invariant.ts';
import type { Cursor } from '#journal/ports.ts';
import type { MetricMetadata } from '#storage/ports.ts';
import type { SealedSummary } from '#storage/embedded/metrics/chunk-file.ts';

export interface ManifestFile extends SealedSummary {
  readonly name: string;
  /** 0 for a fresh seal; one more each time files were merged. */
  readonly level: number;
}

export interface Manifest {
  readonly version: 1;
  readonly cursor: Cursor;
  /** Number of the next file; never used twice. */
  readonly nextFile: number;
  /** In the order in which their samples arrived. */
  readonly files: readonly ManifestFile[];
  readonly metadata: Readonly<Record<string, MetricMetadata>>;
  /** Files of exemplars, in order of arrival; stores made before there were any have none. */
  readonly exemplars?: readonly string[];
}

const NAME = 'manifest.json';

/** Undefined when there is none yet. @throws InvariantError when it is of another version */
export async function readManifest(disk: Disk, directory: string): Promise<Manifest | undefined> {
  const bytes = await disk.readFile(`${directory}/${NAME}`);
  if (bytes === undefined) return undefined;
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  invariant(manifest.version === 1, `the metrics manifest is of version 1, not ${String(manifest.version)}`);
  return manifest;
}

export async function writeManifest(disk: Disk, directory: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(disk, `${directory}/${NAME}`, new TextEncoder().encode(JSON.stringify(manifest)));
}

/** Removes what a crash left behind: temporary files and files no manifest names. */
export async function removeOrphans(
  disk: Disk,
  directory: string,
  manifest: Manifest | undefined,
): Promise<number> {
  const files = (manifest?.files ?? []).map((file) => file.name);
  const kept = new Set([NAME, ...files, ...(manifest?.exemplars ?? [])]);
  const orphans = (await disk.list(directory)).filter((name) => !kept.has(name));
  for (const name of orphans) await disk.remove(`${directory}/${name}`);
  return orphans.length;
}
