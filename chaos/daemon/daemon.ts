/** The fault daemon put together: proxies, controller, reaper, journal. */
import path from 'node:path';
import { systemClock } from '#base/real/clock.ts';
import { systemRandom } from '#base/real/random.ts';
import type { Target } from '#chaos/core/targets.ts';
import { availabilityOf } from '#chaos/daemon/availability.ts';
import { Controller } from '#chaos/daemon/controller.ts';
import { JournalFile } from '#chaos/daemon/journal-file.ts';
import { networkOf } from '#chaos/daemon/network.ts';
import { Targets } from '#chaos/daemon/targets.ts';
import type { Availability, FaultDefinition, Machine, World } from '#chaos/faults/fault.ts';
import { FAULTS } from '#chaos/faults/registry.ts';
import type { ProxySet } from '#chaos/proxy/proxy-set.ts';
import { Reaper } from '#chaos/reaper/reaper.ts';
import { systemFiles } from '#chaos/world/files.ts';
import { thisMachine } from '#chaos/world/machine.ts';
import { isStopped, systemProcesses } from '#chaos/world/processes.ts';
import { performUndo, residueOf } from '#chaos/world/undo.ts';

export interface DaemonOptions {
  /** Its own folder, with the journal of faults. */
  readonly data: string;
  /** demo.json; files outside its folder are never touched. */
  readonly targetsFile: string | undefined;
  readonly proxies: ProxySet;
  readonly say: (message: string) => void;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly layer: string;
  readonly summary: string;
  readonly acts: 'proxy' | 'process';
  readonly parameters: readonly {
    readonly name: string;
    readonly unit: string;
    readonly default: string | number;
    readonly expected: string;
    readonly doc: string;
  }[];
  readonly availability: Availability;
  /** Each target it can act on, and whether it can there. */
  readonly targets: readonly { readonly name: string; readonly availability: Availability }[];
}

/** A few characters keep two faults of one name apart; the order is in the journal. */
const ID_BYTES = 3;

export class Daemon implements AsyncDisposable {
  readonly controller: Controller;
  readonly #options: DaemonOptions;
  readonly #targets: Targets;
  readonly #machine: Machine;
  readonly #world: World;
  readonly #reaper: Reaper;
  readonly #journal: JournalFile;

  private constructor(options: DaemonOptions, journal: JournalFile) {
    const { data, proxies, say, targetsFile } = options;
    const root = targetsFile === undefined ? data : path.dirname(path.resolve(targetsFile));
    this.#options = options;
    this.#journal = journal;
    this.#targets = new Targets(targetsFile);
    this.#machine = thisMachine();
    this.#reaper = new Reaper(root, () => void this.controller.reaperLost());
    this.#world = {
      network: networkOf(proxies),
      processes: systemProcesses,
      files: systemFiles(root),
      clock: systemClock,
    };
    this.controller = new Controller({
      world: this.#world,
      machine: this.#machine,
      targets: this.#targets,
      newId: () => Buffer.from(systemRandom.bytes(ID_BYTES)).toString('hex'),
      say,
      safety: {
        journal: (line) => journal.append(line),
        arm: (id, undo) => this.#reaper.arm(id, undo),
        disarm: (id) => this.#reaper.disarm(id),
        beat: () => this.#reaper.beat(),
        perform: (undo) => performUndo(undo, root),
        residue: residueOf,
      },
    });
  }

  /** Takes back first what a daemon before left. @throws the system's error when the journal cannot be opened */
  static async open(options: DaemonOptions): Promise<Daemon> {
    const { journal, left } = await JournalFile.open(options.data);
    const daemon = new Daemon(options, journal);
    await daemon.controller.recover(left.unfinished);
    return daemon;
  }

  catalogue(): readonly CatalogueEntry[] {
    return FAULTS.map((definition) => ({
      name: definition.name,
      layer: definition.layer,
      summary: definition.summary,
      acts: definition.acts,
      parameters: Object.entries(definition.parameters).map(
        ([name, { unit, default: byDefault, expected, doc }]) => ({
          name,
          unit,
          default: byDefault,
          expected,
          doc,
        }),
      ),
      availability: definition.available(this.#machine),
      targets: this.#targetsOf(definition),
    }));
  }

  /** What is left of faults that are over; nothing, or something is wrong. */
  async residue(): Promise<{ readonly clean: boolean; readonly residue: readonly string[] }> {
    const active = this.controller.book.active;
    const struck = new Set(active.map(({ target }) => target));
    const ids = new Set(active.map(({ id }) => id));
    const residue = [...this.controller.residue];
    for (const { name, enabled, toxics } of this.#options.proxies.list()) {
      if (!enabled && !struck.has(name)) residue.push(`the proxy ${name} is disabled`);
      for (const toxic of toxics)
        if (!ids.has(toxic.name)) residue.push(`${name} has the toxic ${toxic.name}`);
    }
    for (const { name, process } of this.#processes())
      if (!struck.has(name) && isStopped(process))
        residue.push(`${name} (process ${process.pid}) is stopped`);
    return { clean: residue.length === 0, residue };
  }

  /** Everything off, toxics that others set too. */
  async stopAll(): Promise<number> {
    const stopped = await this.controller.stopAll('stop of all');
    await this.#options.proxies.reset();
    return stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller[Symbol.asyncDispose]();
    this.#reaper[Symbol.dispose]();
    await this.#journal[Symbol.asyncDispose]();
  }

  #targetsOf(definition: FaultDefinition): CatalogueEntry['targets'] {
    const { acts, only } = definition;
    if (acts === 'proxy') {
      const availability = definition.available(this.#machine);
      const names = this.#world.network.names.filter((name) => only?.includes(name) ?? true);
      return names.map((name) => ({ name, availability }));
    }
    return this.#processes().map((target) => ({
      name: target.name,
      availability: availabilityOf(definition, this.#machine, target, this.#world.files),
    }));
  }

  #processes(): readonly Target[] {
    return [...(this.#targets.read()?.targets.values() ?? [])];
  }
}
