/**
 * What a fault is: a name, parameters, the machine it needs, and how it begins.
 * It never says how it ends well: what it does to proxies it takes back itself,
 * everything else it arms beforehand as an undo action (`core/undo.ts`).
 */
import type { Clock } from '#base/clock.ts';
import type { ParameterSet, ParameterValues, ValuesOf } from '#chaos/core/parameters.ts';
import type { Target } from '#chaos/core/targets.ts';
import type { ProcessIdentity, UndoAction } from '#chaos/core/undo.ts';

/**
 * What only one fault can have of a target at a time, because taking back the
 * one would take back the other, or put back what the other did.
 */
export type Claim = 'process' | 'listener' | 'none';

/** What it strikes. */
export type Layer = 'stream' | 'http' | 'process' | 'resource' | 'time' | 'disk';

export type Availability =
  | { readonly kind: 'available' }
  | { readonly kind: 'unavailable'; readonly reason: string };

export const AVAILABLE: Availability = { kind: 'available' };

export function unavailable(reason: string): Availability {
  return { kind: 'unavailable', reason };
}

/** What this machine offers to faults. */
export interface Machine {
  /** /proc as Linux has it: identities of processes can be proven. */
  readonly hasProc: boolean;
  readonly isRoot: boolean;
  /** Path of util-linux' prlimit(1). */
  readonly prlimit: string | undefined;
  /** Path of libfaketime. */
  readonly libfaketime: string | undefined;
}

export interface Toxic {
  readonly name: string;
  /** As Toxiproxy calls it. */
  readonly type: string;
  readonly stream: 'upstream' | 'downstream';
  /** 0 to 1: share of the connections it strikes. */
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** The proxies between the services. */
export interface Network {
  readonly names: readonly string[];
  /** Port behind a proxy; undefined when there is no such proxy. */
  upstreamPort(proxy: string): number | undefined;
  addToxic(proxy: string, toxic: Toxic): Promise<void>;
  /** Fine when it is not there. */
  removeToxic(proxy: string, name: string): Promise<void>;
  /** Disabled it neither listens nor keeps a connection. Fine when it is so already. */
  setEnabled(proxy: string, enabled: boolean): Promise<void>;
}

export interface DataSegment {
  /** Bytes in use (VmData). */
  readonly usedBytes: number;
  /** Soft limit in bytes, or `unlimited`. */
  readonly soft: string;
}

/** Processes of the demo. Each call proves first that the pid is still that process. */
export interface Processes {
  isThere(process: ProcessIdentity): boolean;
  /** Whether `supervisor` is among its parents, and theirs. */
  isBelow(process: ProcessIdentity, supervisor: ProcessIdentity): boolean;
  /** False when it is gone. */
  signal(process: ProcessIdentity, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): boolean;
  /** Undefined when it is gone. */
  dataSegment(process: ProcessIdentity): Promise<DataSegment | undefined>;
  /** False when it is gone. */
  limitData(process: ProcessIdentity, softBytes: number): Promise<boolean>;
}

/** Files of targets. */
export interface Files {
  /** Bytes a file system of its own at `dir` holds; undefined when it is no tmpfs mounted there. */
  tmpfsBytes(dir: string): number | undefined;
  /** Makes `file` grow until its file system is full; its own size then, in bytes. */
  fill(file: string): Promise<number>;
  /** Replaces a small text file in one step. */
  write(file: string, text: string): Promise<void>;
  /** Where a process under libfaketime reads its clock's offset; undefined when it is not under it. */
  clockFileOf(process: ProcessIdentity): string | undefined;
}

export interface World {
  readonly network: Network;
  readonly processes: Processes;
  readonly files: Files;
  readonly clock: Clock;
}

/** One fault about to begin. */
export interface Scene extends World {
  /** Of this fault, fit for the name of a toxic. */
  readonly id: string;
  /** Name of the proxy before the target. */
  readonly proxy: string;
  /** The target's process; undefined for what is only an address to us. */
  readonly target: Target | undefined;
  /** Must be done, that is durable and with the reaper, before the deed that it takes back. */
  readonly arm: (undo: UndoAction) => Promise<void>;
}

export interface RunningFault {
  /** The target has a new process: strike that too. */
  onProcess?(process: ProcessIdentity): Promise<void>;
  /** Ends what goes on in this process and the proxies; can be called twice. */
  end(): Promise<void>;
}

export interface FaultDefinition {
  readonly name: string;
  readonly layer: Layer;
  /** One line for the list. */
  readonly summary: string;
  /** `proxy`: acts on the way to the target; `process`: on its process. */
  readonly acts: 'proxy' | 'process';
  readonly claim: Claim;
  /** Its only targets, the first by default; undefined for any. */
  readonly only: readonly [string, ...string[]] | undefined;
  readonly parameters: ParameterSet;
  /** On this machine at all. */
  available(machine: Machine): Availability;
  /** On this target, where the machine can. */
  availableOn(target: Target, files: Files): Availability;
  begin(scene: Scene, parameters: ParameterValues): Promise<RunningFault>;
}

interface Definition<Set extends ParameterSet> {
  readonly name: string;
  readonly layer: Layer;
  readonly summary: string;
  readonly acts: 'proxy' | 'process';
  /** By default that of what it acts on: `none` for proxies. */
  readonly claim?: Claim;
  readonly only?: readonly [string, ...string[]];
  readonly parameters: Set;
  readonly available?: (machine: Machine) => Availability;
  readonly availableOn?: (target: Target, files: Files) => Availability;
  readonly begin: (scene: Scene, parameters: ValuesOf<Set>) => Promise<RunningFault>;
}

/** A definition whose `begin` knows the types of its parameters. */
export function defineFault<const Set extends ParameterSet>(definition: Definition<Set>): FaultDefinition {
  const { name, layer, summary, acts, only, parameters, begin } = definition;
  return {
    name,
    layer,
    summary,
    acts,
    claim: definition.claim ?? (acts === 'process' ? 'process' : 'none'),
    only,
    parameters,
    available: definition.available ?? (acts === 'process' ? needsProc : () => AVAILABLE),
    availableOn: definition.availableOn ?? (() => AVAILABLE),
    // Values come from readParameters over this very set.
    begin: (scene, values) => begin(scene, values as ValuesOf<Set>),
  };
}

export function needsProc(machine: Machine): Availability {
  return machine.hasProc
    ? AVAILABLE
    : unavailable('there is no /proc to prove that a pid is still the process meant');
}
