/** The result of a proof as JSON, for machines. */
import type { Verdict } from '#chaos/prove/core/judge.ts';

/** On what and when it ran: figures are worth little without. */
export interface ReportContext {
  /** RFC 3339. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** Of the tree that was tested; null when it is not known. */
  readonly commit: string | null;
  readonly machine: Machine;
}

export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
  /** Operating system and its version. */
  readonly system: string;
  /** Version of Node. */
  readonly node: string;
}

const REPORT_VERSION = 1;

export function reportJson(verdict: Verdict, context: ReportContext): string {
  return `${JSON.stringify({ version: REPORT_VERSION, ...context, ...verdict }, null, 2)}\n`;
}
