/** The SLO files as far as boards need them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSloFiles } from '#signals/openslo/parse.ts';
import type { SloDocument } from '#signals/openslo/model.ts';

export type SloFacts = Pick<SloDocument, 'id' | 'displayName' | 'service' | 'policies'>;

/** In order of id. @throws Error with every problem when a file cannot be read as an SLO */
export function readSlos(directory: string): readonly SloFacts[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  const files = names
    .toSorted()
    .map((file) => ({ file, text: readFileSync(path.join(directory, file), 'utf8') }));
  const { documents, problems } = parseSloFiles(files);
  if (problems.length > 0)
    throw new Error(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
  return documents.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
