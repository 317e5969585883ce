/**
 * `/api/plimsoll/v1/proofs`: what `plimsoll prove` has written, one folder a
 * proof. Read afresh at each request; only names that the folder lists lead anywhere.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Router, type Response } from 'express';
import { CodedError, errorText } from '#base/errors.ts';
import { sendError } from '#server/http/errors.ts';

const LISTED_MAX = 50;
/** Of these the newest are listed; whoever keeps more clears up. */
const FOLDERS_MAX = 1000;
/** The full matrix writes a few hundred KiB. */
const REPORT_BYTES_MAX = 16 * 1024 * 1024;
/** What a folder of a proof may be called, so that it can stand in a path. */
const ID = /^[\w][\w.-]{0,99}$/;
/** The report is one file that needs nothing else; whatever else it holds does not run. */
const REPORT_CSP = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

interface ProofSummary {
  readonly id: string;
  /** RFC 3339. */
  readonly startedAt: unknown;
  readonly tookMs: unknown;
  readonly commit: unknown;
  readonly passed: unknown;
  readonly reasons: unknown;
  readonly score: unknown;
  /** Of each world it ran, in order. */
  readonly worlds: readonly object[];
}

/**
 * Mounted at `/api/plimsoll/v1`.
 *
 * @param directory of all proofs; undefined: there are none to show here
 */
export function proofRoutes(directory: string | undefined): Router {
  const router = Router();
  const answer = async (response: Response, run: (proofs: string) => Promise<void>): Promise<void> => {
    try {
      if (directory === undefined)
        throw new CodedError(
          'PLIM_NOT_FOUND',
          'this platform shows no proofs; npm start does, or name their folder under server.companions.proofs',
        );
      await run(directory);
    } catch (error) {
      sendError(response, error);
    }
  };
  router.get('/proofs', (_request, response) =>
    answer(response, async (proofs) => void response.json(await listProofs(proofs))),
  );
  router.get('/proofs/:id', (request, response) =>
    answer(response, async (proofs) => {
      const folder = await folderOf(proofs, request.params.id);
      response.json(await readReport(path.join(folder, 'report.json')));
    }),
  );
  router.get('/proofs/:id/report.html', (request, response) =>
    answer(response, async (proofs) => {
      const folder = await folderOf(proofs, request.params.id);
      const page = await readBounded(path.join(folder, 'report.html'));
      response.set({ 'Content-Security-Policy': REPORT_CSP, 'Referrer-Policy': 'no-referrer' });
      response.type('html').send(page);
    }),
  );
  return router;
}

/** Newest first. One report that cannot be read is told beside the others. */
async function listProofs(proofs: string): Promise<object> {
  const names = (await foldersIn(proofs)).toSorted().toReversed().slice(0, FOLDERS_MAX);
  const dated = await Promise.all(
    names.map(async (id) => ({ id, writtenMs: await writtenMs(path.join(proofs, id, 'report.json')) })),
  );
  const newest = dated
    .filter(({ writtenMs: atMs }) => atMs > 0)
    .toSorted((a, b) => b.writtenMs - a.writtenMs)
    .slice(0, LISTED_MAX);
  const summaries: ProofSummary[] = [];
  const problems: { readonly id: string; readonly message: string }[] = [];
  for (const { id } of newest) {
    try {
      summaries.push(summaryOf(id, await readReport(path.join(proofs, id, 'report.json'))));
    } catch (error) {
      problems.push({ id, message: errorText(error) });
    }
  }
  return { proofs: summaries, problems };
}

/** Milliseconds since the Unix epoch; 0 while there is no report. */
async function writtenMs(file: string): Promise<number> {
  return lstat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function folderOf(proofs: string, id: string): Promise<string> {
  if ((await foldersIn(proofs)).includes(id)) return path.join(proofs, id);
  throw new CodedError('PLIM_NOT_FOUND', `there is no proof ${JSON.stringify(id)}`);
}

/** None before the first proof has been written. */
async function foldersIn(proofs: string): Promise<readonly string[]> {
  const entries = await readdir(proofs, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isMissing(error)) return [];
    throw unreadable(proofs, errorText(error), error);
  });
  return entries.filter((entry) => entry.isDirectory() && ID.test(entry.name)).map(({ name }) => name);
}

async function readReport(file: string): Promise<object> {
  const text = (await readBounded(file)).toString('utf8');
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, 'it is no JSON', error);
  }
  if (typeof report === 'object' && report !== null && 'passed' in report) return report;
  throw unreadable(file, 'it is no report of a proof');
}

/** @throws CodedError `PLIM_NOT_FOUND`, `PLIM_PROOF_UNREADABLE` */
async function readBounded(file: string): Promise<Buffer> {
  try {
    const status = await lstat(file);
    if (!status.isFile()) throw unreadable(file, 'it is no file');
    if (status.size > REPORT_BYTES_MAX)
      throw unreadable(file, `it has ${status.size} bytes, a report has fewer than ${REPORT_BYTES_MAX}`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (isMissing(error))
      throw new CodedError('PLIM_NOT_FOUND', `that proof has no ${path.basename(file)} yet`, {
        cause: error,
      });
    throw unreadable(file, errorText(error), error);
  }
}

function summaryOf(id: string, report: object): ProofSummary {
  const { startedAt, tookMs, commit, passed, reasons, score, worlds } = report as Readonly<
    Record<string, unknown>
  >;
  const shown = Array.isArray(worlds) ? (worlds as readonly Readonly<Record<string, unknown>>[]) : [];
  return {
    id,
    startedAt,
    tookMs,
    commit,
    passed,
    reasons,
    score,
    worlds: shown.map(({ kind, divisor, requests, rows }) => ({
      kind,
      divisor,
      requests,
      phases: Array.isArray(rows) ? rows.length : 0,
    })),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(file: string, why: string, cause?: unknown): CodedError {
  return new CodedError('PLIM_PROOF_UNREADABLE', `${file} cannot be read: ${why}`, { cause });
}
