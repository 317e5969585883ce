/**
 * Asks a service for pages: N keep-alive connections with one request in flight
 * each (closed loop). Takes its settings as JSON in the first argument; prints
 * `begin` and `end` around the measured window and then a report as JSON.
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';

export interface AskSettings {
  readonly url: string;
  readonly connections: number;
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

type Phase = 'warm-up' | 'window' | 'over';

async function ask(settings: AskSettings): Promise<AskReport> {
  const { url, connections, warmUpMs, windowMs } = settings;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let phase: Phase = 'warm-up';
  let [asked, answered, failed] = [0, 0, 0];
  const one = (): Promise<number> => {
    asked += 1;
    return new Promise((resolve) => {
      get(`${url}/quotes/${asked}`, { agent }, (response) => {
        response.resume().on('close', () => resolve(response.statusCode ?? 0));
      }).on('error', () => resolve(0));
    });
  };
  const isOver = (): boolean => phase === 'over';
  const loops = Array.from({ length: connections }, async () => {
    while (!isOver()) {
      const status = await one();
      if (status !== 200) failed += 1;
      else if (phase === 'window') answered += 1;
    }
  });
  await sleep(warmUpMs);
  process.stdout.write('begin\n');
  const beganMs = performance.now();
  phase = 'window';
  await sleep(windowMs);
  phase = 'over';
  const tookMs = performance.now() - beganMs;
  process.stdout.write('end\n');
  await Promise.all(loops);
  agent.destroy();
  return { answered, failed, windowMs: tookMs };
}

const report = await ask(JSON.parse(present(process.argv[2], 'settings come as JSON')) as AskSettings);
process.stdout.write(`${JSON.stringify(report)}\n`);
