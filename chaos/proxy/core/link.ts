/**
 * One direction of one connection: a chain of stages between a source and a
 * sink. New toxics go to the end of the chain; adding or removing one restarts
 * the stage before it, which draws that stage's toxicity again, as upstream.
 */
import { Stage, type Sink, type StageWorld, type StreamToxicSetting } from '#chaos/proxy/core/stage.ts';
import type { Chunk, Ending } from '#chaos/proxy/core/toxics/toxic.ts';

export interface LinkOptions {
  readonly chain: readonly StreamToxicSetting[];
  readonly sink: Sink;
  readonly world: StageWorld;
  /** Called when the link takes chunks again. */
  readonly onRoom: () => void;
}

export class Link implements Sink {
  readonly #sink: Sink;
  readonly #world: StageWorld;
  readonly #onRoom: () => void;
  readonly #stages: Stage[] = [];
  #first: Sink;
  #ending: Ending | undefined;

  constructor(options: LinkOptions) {
    this.#sink = options.sink;
    this.#world = options.world;
    this.#onRoom = options.onRoom;
    this.#first = options.sink;
    for (const setting of options.chain) this.#append(setting, true);
  }

  accepts(): boolean {
    return this.#first.accepts();
  }

  push(chunk: Chunk): void {
    if (this.#ending === undefined) this.#first.push(chunk);
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#first.end(ending);
  }

  /** The sink takes chunks again. */
  sinkHasRoom(): void {
    const last = this.#stages.at(-1);
    if (last === undefined) this.#onRoom();
    else last.pump();
  }

  /** Adds a toxic at the end of the chain. */
  add(setting: StreamToxicSetting): void {
    const last = this.#stages.at(-1);
    if (last === undefined ? this.#ending !== undefined : last.isClosed) {
      // The end has passed this point: the place is kept so that later indexes fit.
      this.#append(setting, false).discard();
      return;
    }
    // What the last stage has in hand leaves as before; what waits meets the new toxic.
    last?.flush();
    this.#append(setting, false);
    last?.restart();
  }

  update(index: number, setting: StreamToxicSetting): void {
    this.#stages[index]?.restart(setting);
  }

  remove(index: number): void {
    const stage = this.#stages[index];
    if (stage === undefined) return;
    const passesOn = stage.dissolve();
    const previous = this.#stages[index - 1];
    if (!passesOn) {
      // The connection ends here; what comes before has nowhere to go, what follows runs out.
      for (const before of this.#stages.slice(0, index)) before.discard();
      this.#stages.splice(index, 1);
      return;
    }
    if (previous === undefined) this.#first = stage.next;
    else previous.next = stage.next;
    this.#stages.splice(index, 1);
    previous?.restart();
    this.#roomAfter(index - 1);
  }

  /** The sink is gone: nothing is kept for it. */
  discard(): void {
    for (const stage of this.#stages) stage.discard();
  }

  #append(setting: StreamToxicSetting, isBorn: boolean): Stage {
    const previous = this.#stages.at(-1);
    const stage: Stage = new Stage({
      setting,
      world: this.#world,
      next: this.#sink,
      isBorn,
      onRoom: () => this.#roomAfter(this.#stages.indexOf(stage) - 1),
    });
    if (previous === undefined) this.#first = stage;
    else previous.next = stage;
    this.#stages.push(stage);
    return stage;
  }

  /** Room has come up behind the stage at `index`; -1 is the source. */
  #roomAfter(index: number): void {
    const stage = this.#stages[index];
    if (stage === undefined) this.#onRoom();
    else stage.pump();
  }
}
