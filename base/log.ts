/** Our own log lines, as an argument. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** For tests and tools whose lines nobody reads. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
