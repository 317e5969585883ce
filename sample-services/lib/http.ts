/** What every service's HTTP side has in common: health, JSON, deadlines, problems. */
import { logger, operations } from '@plimsoll/sdk';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { Deadline, TIMEOUT_HEADER } from '#sample-services/lib/core/deadline.ts';
import { PeerFailure } from '#sample-services/lib/core/peer-failure.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';

export const monotonicMs = (): number => performance.now();

export interface AppOptions {
  /** Whether requests can be served; always by default. */
  readonly ready?: () => boolean;
  /** Largest body, in bytes. */
  readonly bodyBytesMax?: number;
}

/** Requests of our services are a few hundred bytes. */
const BODY_BYTES_MAX = 64 * 1024;

/** An app with health and metrics; routes come next, {@link answerProblems} last. */
export function createApp({ ready = () => true, bodyBytesMax = BODY_BYTES_MAX }: AppOptions = {}): Express {
  const app = express();
  app.disable('x-powered-by');
  // Nobody asks twice for the same thing; hashing each answer would be for nothing.
  app.disable('etag');
  app.use(operations({ ready }));
  app.use(express.json({ limit: bodyBytesMax }));
  return app;
}

/** Until when whoever sent this request waits. */
export function deadlineOf(request: Request): Deadline {
  return Deadline.ofHeader(request.get(TIMEOUT_HEADER), monotonicMs);
}

/** A part of the path; Express gives each as one text. */
export function pathPart(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** To be called after the last route: what no route took, and what one has thrown. */
export function answerProblems(app: Express): void {
  app.use((request: Request) => {
    throw new Problem(404, 'Not found', { detail: `there is no ${request.method} ${request.path}` });
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = problemOf(error);
    if (problem.status >= 500) report(error, problem);
    if (problem.retryAfterS !== undefined) {
      response.set('retry-after', String(Math.max(1, Math.ceil(problem.retryAfterS))));
    }
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof PeerFailure) return error.toProblem();
  const status = clientStatus(error);
  if (status !== undefined) {
    return new Problem(status, 'Bad request', { detail: 'the body is not readable JSON, or too large' });
  }
  return new Problem(500, 'Internal server error', {
    detail: 'it is not the fault of this request',
    cause: error,
  });
}

/** Express and its body parser put a status on what they throw. */
function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** One line at the service where it went wrong; those that relay its answer keep quiet. */
function report(error: unknown, problem: Problem): void {
  const origin = error instanceof Problem && error.cause !== undefined ? error.cause : error;
  if (origin instanceof PeerFailure) {
    if (origin.kind !== 'status') logger.warn({ peer: origin.peer, reason: origin.kind }, 'peer failed');
    return;
  }
  if (origin instanceof Problem) logger.warn({ status: problem.status }, problem.message);
  else logger.error({ err: origin }, 'request failed');
}
