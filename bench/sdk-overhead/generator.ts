/**
 * Asks a service at a fixed rate, whatever it takes: variants are compared at the
 * same load, because a server that is asked without pause handles several
 * requests a wake-up and looks cheaper than it is. Takes its settings as JSON in
 * the first argument; prints `begin` and `end` around the measured window and
 * then a report as JSON.
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';

export interface AskSettings {
  readonly url: string;
  readonly connectionsMax: number;
  readonly requestsPerSecond: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface AskReport {
  /** Answered with 200 within the window. */
  readonly answered: number;
  /** All others, at any time. */
  readonly failed: number;
  readonly windowMs: number;
}

/** Requests due are sent together that often. */
const TICK_MS = 2;

async function ask(settings: AskSettings): Promise<AskReport> {
  const { url, connectionsMax, requestsPerSecond, warmUpMs, windowMs } = settings;
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const beganMs = performance.now();
  let isMeasured = false;
  let [asked, answered, failed] = [0, 0, 0];
  const one = (): void => {
    asked += 1;
    get(`${url}/quotes/${asked}`, { agent }, (response) => {
      response.resume().on('close', () => {
        if (response.statusCode !== 200) failed += 1;
        else if (isMeasured) answered += 1;
      });
    }).on('error', () => (failed += 1));
  };
  const pace = setInterval(() => {
    const due = ((performance.now() - beganMs) / 1000) * requestsPerSecond;
    while (asked < due) one();
  }, TICK_MS);
  await sleep(warmUpMs);
  process.stdout.write('begin\n');
  const windowBeganMs = performance.now();
  isMeasured = true;
  await sleep(windowMs);
  isMeasured = false;
  const tookMs = performance.now() - windowBeganMs;
  process.stdout.write('end\n');
  clearInterval(pace);
  agent.destroy();
  return { answered, failed, windowMs: tookMs };
}

const report = await ask(JSON.parse(present(process.argv[2], 'settings come as JSON')) as AskSettings);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
