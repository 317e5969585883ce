/**
 * The console's files: read once at the start, served from memory. Only what the
 * build wrote can be asked for, so no path leads anywhere else. Every page below
 * `/ui` is the same file: the console itself reads the address.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Router, type Request, type RequestHandler, type Response } from 'express';

interface ConsoleFile {
  readonly contentType: string;
  readonly body: Buffer;
  /** Undefined where it would not be smaller. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
}

export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

/**
 * - `ready`: it can be served;
 * - `building`: it will be in a moment;
 * - `failed`: it could not be built, for the reason given;
 * - `absent`: this process serves none.
 */
export type Console =
  | { readonly state: 'ready'; readonly files: ConsoleFiles }
  | { readonly state: 'building' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'absent' };

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
/** More than the console will ever be: a wrong folder is noticed instead of read. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const FILES_MAX = 500;
const PAGE = 'index.html';
/** Names of built files hold a hash of their content. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** No inline script, nothing from anywhere else, framed by nobody. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "frame-src 'self'",
].join('; ');

/**
 * Reads what the build wrote into `directory`; undefined when there is no console in it.
 *
 * @throws Error when it holds what no build wrote
 */
export function readConsole(directory: string): ConsoleFiles | undefined {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return undefined;
  }
  if (names.length > FILES_MAX)
    throw new Error(`${directory} holds ${names.length} files, a console has fewer`);
  const files = new Map<string, ConsoleFile>();
  for (const name of names) {
    const file = path.join(directory, name);
    const contentType = CONTENT_TYPES[path.extname(name)];
    const { size } = statSync(file);
    if (contentType === undefined || size > FILE_BYTES_MAX) continue;
    files.set(name.split(path.sep).join('/'), consoleFile(contentType, readFileSync(file)));
  }
  return files.has(PAGE) ? files : undefined;
}

function consoleFile(contentType: string, body: Buffer): ConsoleFile {
  const gzipped = gzipSync(body, { level: 9 });
  return {
    contentType,
    body,
    gzipped: gzipped.length < body.length ? gzipped : undefined,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
  };
}

/** Mounted at `/`; asks at each request how the console is. */
export function consoleRoutes(present: () => Console): Router {
  const router = Router();
  const page: RequestHandler = (request, response, next) => {
    const now = present();
    response.set({ 'Content-Security-Policy': PAGE_CSP, 'Referrer-Policy': 'no-referrer' });
    const file = now.state === 'ready' ? now.files.get(PAGE) : undefined;
    if (file !== undefined) send(request, response, file, 'no-cache');
    else if (now.state === 'building') {
      response.set({ Refresh: '1', 'Retry-After': '1' });
      refuse(response, 'The console is being built; this page comes back by itself.');
    } else if (now.state === 'failed') refuse(response, `The console could not be built: ${now.reason}.`);
    else next();
  };
  router.get('/', page);
  router.get(['/ui', '/ui/{*rest}'], page);
  router.get('/assets/{*rest}', (request, response, next) => {
    const now = present();
    const file = now.state === 'ready' ? now.files.get(request.path.slice(1)) : undefined;
    if (file === undefined) next();
    else send(request, response, file, FOR_EVER);
  });
  return router;
}

function refuse(response: Response, reason: string): void {
  response.status(503).type('text');
  response.send(`${reason} The APIs are there already: /api/plimsoll/openapi.json\n`);
}

function send(request: Request, response: Response, file: ConsoleFile, caching: string): void {
  response.set({
    'Content-Type': file.contentType,
    ETag: file.etag,
    'Cache-Control': caching,
    Vary: 'Accept-Encoding',
  });
  if (request.headers['if-none-match'] === file.etag) {
    response.status(304).end();
    return;
  }
  const packed = request.acceptsEncodings('gzip') === false ? undefined : file.gzipped;
  if (packed !== undefined) response.set('Content-Encoding', 'gzip');
  response.end(packed ?? file.body);
}
