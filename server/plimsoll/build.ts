/** `GET /api/plimsoll/v1/build`: what runs here, and since when. */
import { Router } from 'express';

export interface Build {
  readonly version: string;
  /** Version of Node, with its v. */
  readonly node: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly uptimeMs: number;
}

/** Mounted at `/api/plimsoll/v1`. */
export function buildRoute(build: () => Build): Router {
  const router = Router();
  router.get('/build', (_request, response) => void response.json(build()));
  return router;
}
