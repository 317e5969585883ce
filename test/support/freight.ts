/** The freight company as processes of their own, without platform, proxies or load. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '#base/real/random.ts';
import { freePorts } from '#bin/demo/free-ports.ts';
import { SERVICES, type ServiceName } from '#sample-services/topology.ts';
import { until } from '#test/support/wait.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Shared with the demo: what was compiled once is not compiled again. */
const COMPILE_CACHE = join(ROOT, '.cache', 'compile');
const READY_MS_MAX = 20_000;
const OUTPUT_CHARS_MAX = 8000;
export const CLIENT = { client_id: 'tester', client_secret: 'known to both sides only' };
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS'] as const;

export class Company implements AsyncDisposable {
  readonly #data = mkdtempSync(join(tmpdir(), 'plimsoll-freight-'));
  readonly #ports: ReadonlyMap<ServiceName, number>;
  readonly #extra: Readonly<Record<string, string>>;
  readonly #running = new Map<ServiceName, ChildProcess>();
  #output = '';

  private constructor(ports: ReadonlyMap<ServiceName, number>, extra: Readonly<Record<string, string>>) {
    this.#ports = ports;
    this.#extra = extra;
  }

  /** @param extra variables for each service */
  static async start(extra: Readonly<Record<string, string>>): Promise<Company> {
    const free = await freePorts(SERVICES.length, systemRandom);
    const company = new Company(new Map(SERVICES.map(({ name }, index) => [name, free[index] ?? 0])), extra);
    try {
      for (const { name } of SERVICES) company.spawn(name);
      await Promise.all(SERVICES.map(({ name }) => company.ready(name)));
      return company;
    } catch (error) {
      await company[Symbol.asyncDispose]();
      throw error;
    }
  }

  url(name: ServiceName): string {
    return `http://127.0.0.1:${this.#ports.get(name) ?? 0}`;
  }

  /** What the services wrote last. */
  get output(): string {
    return this.#output;
  }

  spawn(name: ServiceName): void {
    const entry = join(ROOT, 'sample-services', name, 'main.ts');
    const child = spawn(process.execPath, ['--import', '@plimsoll/sdk/register', entry], {
      cwd: ROOT,
      env: this.#environmentOf(name),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX);
      });
    }
    this.#running.set(name, child);
  }

  async ready(name: ServiceName): Promise<void> {
    await until(
      `${name} to be ready`,
      () =>
        fetch(`${this.url(name)}/readyz`).then(
          async (response) => {
            await response.arrayBuffer();
            return response.ok;
          },
          () => false,
        ),
      { timeoutMs: READY_MS_MAX, everyMs: 25, detail: () => this.#output },
    );
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(name: ServiceName): Promise<void> {
    await this.#end(name, 'SIGKILL');
  }

  /** SIGTERM to all. @returns the exit code of each */
  async stop(): Promise<ReadonlyMap<ServiceName, number | null>> {
    const names = [...this.#running.keys()];
    const codes = await Promise.all(names.map((name) => this.#end(name, 'SIGTERM')));
    return new Map(names.map((name, index) => [name, codes[index] ?? null]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)));
    rmSync(this.#data, { recursive: true, force: true });
  }

  async #end(name: ServiceName, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined) return null;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  }

  #environmentOf(name: ServiceName): Record<string, string> {
    const directory = join(this.#data, name);
    mkdirSync(directory, { recursive: true });
    const env: Record<string, string> = {
      HOST: '127.0.0.1',
      PORT: String(this.#ports.get(name) ?? 0),
      DATA_DIR: directory,
      SEED: '1',
      CLIENT_ID: CLIENT.client_id,
      CLIENT_SECRET: CLIENT.client_secret,
      JWT_SECRET: 'known to the company only, and long',
      OTEL_SERVICE_NAME: name,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...this.#extra,
    };
    for (const variable of INHERITED) {
      const value = process.env[variable];
      if (value !== undefined) env[variable] = value;
    }
    for (const { name: peer } of SERVICES) env[`${peer.toUpperCase()}_URL`] = this.url(peer);
    return env;
  }
}
