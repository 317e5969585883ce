/**
 * `demo.json`: what runs where right now. Whoever injects faults finds its
 * targets here, and only here.
 */
import { renameSync, writeFileSync } from 'node:fs';
import type { ProcessIdentity } from '#bin/demo/child.ts';
import { localUrl, type DemoFolders, type DemoPorts } from '#bin/demo/layout.ts';
import { SERVICES } from '#sample-services/topology.ts';

export class DemoFile {
  readonly #folders: DemoFolders;
  readonly #ports: DemoPorts;
  readonly #supervisor: ProcessIdentity | undefined;
  readonly #processes = new Map<string, ProcessIdentity>();

  constructor(folders: DemoFolders, ports: DemoPorts, supervisor: ProcessIdentity | undefined) {
    this.#folders = folders;
    this.#ports = ports;
    this.#supervisor = supervisor;
  }

  set(name: string, identity: ProcessIdentity): void {
    this.#processes.set(name, identity);
    this.write();
  }

  /** Readers see the file of before or of now, never half of one. */
  write(): void {
    const temporary = `${this.#folders.demoFile}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(this.#content(), null, 2)}\n`);
    renameSync(temporary, this.#folders.demoFile);
  }

  #content(): object {
    const ports = this.#ports;
    const targets = SERVICES.flatMap(({ name }) => {
      const identity = this.#processes.get(name);
      if (identity === undefined) return [];
      const port = ports.services[name];
      return [[name, { ...identity, port, proxy: name, dataDir: this.#folders.stateOf(name) }]];
    });
    return {
      version: 1,
      origin: localUrl(ports.origin),
      otlpHttp: localUrl(ports.otlpHttp),
      chaos: localUrl(ports.chaos),
      load: localUrl(ports.load),
      gateway: localUrl(ports.proxies.gateway),
      pages: this.#folders.pages,
      truth: this.#folders.truth,
      supervisor: this.#supervisor,
      targets: Object.fromEntries(targets) as object,
    };
  }
}
