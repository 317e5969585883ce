/** For `node --import @plimsoll/sdk/register app`: telemetry is there before the application is. */
import { isMainThread } from 'node:worker_threads';
import { start } from '#sdk/start.ts';

// Threads of the application share its signals and its end; one SDK looks after both.
if (isMainThread) start();
