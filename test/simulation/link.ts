import type { Chance } from './chance';
import type { SimProcess } from './process';
import type { Strike, Window } from './scenario';
import type { Timeline } from './timeline';

/** The way from every process to one server and back, with the faults planned for it. */
export class Link {
  private asked = 0;
  private late = 0;
  private readonly began: number;

  constructor(
    private readonly timeline: Timeline,
    private readonly chance: Chance,
    private readonly strikes: ReadonlyMap<number, Strike['kind']>,
    private readonly windows: readonly Window[],
    /** `deadline`: the effect may have happened. */
    private readonly failure: (kind: 'unavailable' | 'deadline') => Error,
    /** May throw, or cut something, when an answer is lost on this link. */
    private readonly lost: () => void = () => {},
  ) {
    this.began = timeline.now;
  }

  isAway(): boolean {
    const since = this.timeline.now - this.began;
    return this.windows.some(({ at, ms }) => since >= at && since < at + ms);
  }

  /** No effect is to come any more after its deadline. */
  isIdle(): boolean {
    return this.late === 0;
  }

  /** One request, its effect at the server, and the answer, each after its time. */
  ask<T>(process: SimProcess, label: string, effect: () => T): Promise<T> {
    return this.askLater(process, label, (answer, fail) => {
      try {
        answer(effect());
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The same for an effect that answers later. */
  askLater<T>(
    process: SimProcess,
    label: string,
    effect: (answer: (value: T) => void, fail: (error: unknown) => void) => void,
  ): Promise<T> {
    this.asked += 1;
    const strike = this.strikes.get(this.asked);
    const { timeline, chance } = this;
    return new Promise((resolve, reject) => {
      const back = (run: () => void) => timeline.plan(chance.delay(`${label} <`), () => process.enter(run));
      const refuse = (kind: 'unavailable' | 'deadline') => back(() => reject(this.failure(kind)));
      timeline.plan(chance.delay(`${label} >`), () => {
        // What a process had just sent when it was killed may have left it or not.
        if (process.state === 'dead' && chance.share('last words') < 0.5) return;
        if (strike === 'lost-request' || this.isAway()) return refuse('unavailable');
        if (strike === 'late-effect') {
          refuse('deadline');
          this.late += 1;
          timeline.plan(1_000 + chance.share(label) * 8_000, () => {
            this.late -= 1;
            effect(nobody, nobody);
          });
          return;
        }
        if (strike === 'lost-answer') {
          effect(nobody, nobody);
          this.lost();
          return refuse('deadline');
        }
        effect(
          (value) => back(() => resolve(value)),
          (error) => back(() => reject(error)),
        );
      });
    });
  }
}

const nobody = (): void => {};
