/** The one file that knows pino. */
import { pino } from 'pino';
import type { Logger } from '#base/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** JSON lines on standard error; `component` names the thread or part. */
export function createLogger(component: string, level: LogLevel): Logger {
  return pino({ level, base: { component } }, pino.destination({ fd: 2, sync: true }));
}
