/** Reads the SLO folder: every `.yaml` and `.yml` in it and below, as one set of documents. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CONFIG_BYTES_MAX } from '#base/config/yaml.ts';
import { errorText } from '#base/errors.ts';
import type { Problem } from '#base/problem.ts';
import { parseSloFiles, type ParsedSlos, type SloFile } from '#signals/openslo/parse.ts';

/** More files than people keep in one folder; a wrong path (a home folder) is caught by it. */
export const SLO_FILES_MAX = 5000;
/** 10,000 SLOs are judged in milliseconds; their rings take 700 MB. */
export const SLOS_MAX = 10_000;

/**
 * Documents and problems of a folder, in the order of its file names. Never
 * throws: a folder or file that cannot be read is a problem.
 */
export async function loadSloFolder(directory: string): Promise<ParsedSlos> {
  const problems: Problem[] = [];
  const complain = (file: string, message: string): void => {
    problems.push({ file, line: 0, column: 0, path: '', severity: 'error', message });
  };
  const names = await list(directory).catch((error: unknown) => {
    complain(directory, `the SLO folder cannot be read: ${errorText(error)}`);
    return [];
  });
  if (names.length > SLO_FILES_MAX) {
    complain(directory, `${names.length} SLO files; the first ${SLO_FILES_MAX} by name are read`);
  }
  const files: SloFile[] = [];
  for (const name of names.slice(0, SLO_FILES_MAX)) {
    const file = path.join(directory, name);
    try {
      const { size } = await stat(file);
      if (size > CONFIG_BYTES_MAX)
        complain(file, `the file has ${size} bytes, at most ${CONFIG_BYTES_MAX} are read`);
      else files.push({ file, text: await readFile(file, 'utf8') });
    } catch (error) {
      complain(file, `the file cannot be read: ${errorText(error)}`);
    }
  }
  const parsed = parseSloFiles(files);
  if (parsed.documents.length > SLOS_MAX) {
    complain(directory, `${parsed.documents.length} SLOs; the first ${SLOS_MAX} are judged`);
  }
  return {
    documents: parsed.documents.slice(0, SLOS_MAX),
    problems: [...problems, ...parsed.problems],
  };
}

async function list(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}
