/** A small world to break: a supervisor with one service, and the fault daemon before it. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { ChaosClient } from '#chaos/client.ts';
import { statOf } from '#chaos/world/processes.ts';
import { freePort } from '#test/engines/ports.ts';
import { isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

const SERVICE = join(import.meta.dirname, 'chaos-service.ts');
const DAEMON = join(import.meta.dirname, '..', '..', 'chaos/daemon/main.ts');
const START_MS_MAX = 10_000;

export class ChaosWorld implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'plimsoll-chaos-'));
  readonly state = join(this.root, 'services');
  readonly demoFile = join(this.root, 'demo.json');
  #service: ChildProcess | undefined;
  #daemon: ChildProcess | undefined;
  #supervising = true;
  #port = 0;
  #serviceEnv: Readonly<Record<string, string>> = {};
  /** Addresses of the proxies by name. */
  proxies: Readonly<Record<string, string>> = {};
  control = '';
  output = '';

  /** @param serviceEnv of the service, beside our own */
  static async start(serviceEnv?: (root: string) => Readonly<Record<string, string>>): Promise<ChaosWorld> {
    const world = new ChaosWorld();
    world.#serviceEnv = serviceEnv?.(world.root) ?? {};
    mkdirSync(world.state, { recursive: true });
    world.#port = await freePort();
    await world.#startService();
    await world.startDaemon();
    return world;
  }

  get client(): ChaosClient {
    return new ChaosClient(this.control, systemNet, systemClock);
  }

  get servicePid(): number {
    return this.#service?.pid ?? 0;
  }

  get daemonPid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** One letter of proc(5): T is stopped, S sleeps, R runs. */
  get serviceState(): string | undefined {
    return statOf(this.servicePid)?.state;
  }

  /** The reaper is the daemon's only child. */
  get reaperPid(): number | undefined {
    const children = readFileSync(`/proc/${this.daemonPid}/task/${this.daemonPid}/children`, 'utf8').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  }

  /** As the demo's supervisor does: the same ports every time. */
  async startDaemon(): Promise<void> {
    const definitions: object[] = [];
    for (const name of ['quotes', 'carriers', 'pager', 'collector']) {
      // Free again after a fault that closes it: no connection of ours may sit on it meanwhile.
      const listen = this.proxies[name]?.replace('http://', '') ?? `127.0.0.1:${await freePort()}`;
      definitions.push({ name, listen, upstream: `127.0.0.1:${this.#port}` });
    }
    const flags = {
      data: join(this.root, 'chaos'),
      targets: this.demoFile,
      seed: '7',
      control: '127.0.0.1:0',
      proxies: JSON.stringify(definitions),
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const daemon = spawn(process.execPath, [DAEMON, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#daemon = daemon;
    daemon.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    const line = await firstLine(daemon);
    const ready = JSON.parse(line) as { control: string; proxies: Readonly<Record<string, string>> };
    this.control = ready.control;
    this.proxies = ready.proxies;
    this.writeDemoFile();
  }

  async killDaemon(): Promise<void> {
    const pid = this.daemonPid;
    process.kill(pid, 'SIGKILL');
    await until('the daemon to be gone', () => !isAlive(pid), { timeoutMs: 10_000, everyMs: 2 });
  }

  /** Milliseconds a request through the proxy takes; its status, or 0 when there was none. */
  async ask(
    path = '/',
    timeoutMs = 400,
    proxy = 'quotes',
  ): Promise<{ readonly status: number; readonly tookMs: number }> {
    const startedMs = performance.now();
    const status = await systemNet
      .request({
        method: 'GET',
        url: `${this.proxies[proxy] ?? ''}${path}`,
        headers: { connection: 'close' },
        timeoutMs,
        responseBytesMax: 1_000_000,
      })
      .then(
        (response) => response.status,
        () => 0,
      );
    return { status, tookMs: performance.now() - startedMs };
  }

  /** The service's wall clock less ours, in seconds. */
  async clockSkew(): Promise<number> {
    const response = await fetch(`${this.proxies['quotes'] ?? ''}/clock`);
    return (Number(await response.text()) - Date.now()) / 1000;
  }

  /** Milliseconds from a request on a connection of its own until that is closed. */
  async closeTakes(): Promise<number> {
    const { hostname, port } = new URL(this.proxies['quotes'] ?? '');
    const startedMs = performance.now();
    const socket = connect(Number(port), hostname);
    socket.end('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    return performance.now() - startedMs;
  }

  /** Waits until the service answers as if nothing had happened; the wait in milliseconds. */
  async healthy(timeoutMs: number): Promise<number> {
    const startedMs = performance.now();
    await until(
      'the service to answer',
      async () => {
        const { status, tookMs } = await this.ask();
        return status === 200 && tookMs < 100;
      },
      {
        timeoutMs,
        everyMs: 5,
        detail: () => this.output,
      },
    );
    return performance.now() - startedMs;
  }

  writeDemoFile(changes: object = {}): void {
    const identity = { pid: this.servicePid, startTicks: statOf(this.servicePid)?.startTicks };
    const targets = {
      quotes: { ...identity, port: this.#port, proxy: 'quotes', dataDir: this.state, ...changes },
    };
    const supervisor = { pid: process.pid, startTicks: statOf(process.pid)?.startTicks };
    writeFileSync(
      `${this.demoFile}.tmp`,
      JSON.stringify({
        version: 1,
        supervisor,
        targets,
        chaos: this.control,
        gateway: this.proxies['quotes'],
      }),
    );
    renameSync(`${this.demoFile}.tmp`, this.demoFile);
  }

  async #startService(): Promise<void> {
    const service = fork(SERVICE, [String(this.#port)], {
      execArgv: [],
      env: { ...process.env, ...this.#serviceEnv },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#service = service;
    service.once('exit', () => {
      if (this.#supervising) void this.#startService();
    });
    this.writeDemoFile();
    const port = await new Promise<number>((resolve) =>
      service.once('message', (message) => resolve(Number(message))),
    );
    this.#port = port;
    this.writeDemoFile();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#supervising = false;
    for (const pid of [this.daemonPid, this.servicePid])
      if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until('the world to be gone', () => !isAlive(this.servicePid) && !isAlive(this.daemonPid), {
      timeoutMs: 10_000,
    });
    rmSync(this.root, { recursive: true, force: true });
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the daemon did not become ready')), START_MS_MAX);
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${String(code)}`)));
  });
}
