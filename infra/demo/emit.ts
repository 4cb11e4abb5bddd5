import type { Envelope } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import type { Condition, Script } from './script';

interface EmitDeps {
  readonly publisher: {
    publishEvent(event: Envelope): Promise<unknown>;
    publishRecord(record: OutgoingRecord): Promise<unknown>;
  };
  /** The stage of a subject now; undefined before its stream exists. */
  stageOf(subject: string): Promise<string | undefined>;
  readonly pause: (milliseconds: number) => Promise<void>;
}

const POLL_MS = 150;
/** How long the demo waits for one thing: a loaded machine may need much of it. */
export const PATIENCE_MS = 180_000;

async function until({ subject, stages }: Condition, { stageOf, pause }: EmitDeps): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const stage = await stageOf(subject);
    if (stage !== undefined && stages.includes(stage)) return;
    if (Date.now() > deadline)
      throw new Error(
        `${subject} did not reach ${stages.join(' or ')} within ${PATIENCE_MS / 1000} s; it is at ${stage ?? 'nothing yet'}`,
      );
    await pause(POLL_MS);
  }
}

async function play(script: Script, deps: EmitDeps): Promise<void> {
  for (const step of script.steps) {
    if (step.when !== undefined) await until(step.when, deps);
    await (step.event === undefined
      ? deps.publisher.publishRecord(step.record)
      : deps.publisher.publishEvent(step.event));
  }
}

/** Plays all scripts side by side, starting a few each tick, and each script's steps in order. Rejects when a condition is not met in time. */
export async function emit(scripts: readonly Script[], deps: EmitDeps, perTick = 4, tickMs = 100): Promise<void> {
  const playing: Promise<void>[] = [];
  for (let at = 0; at < scripts.length; at += perTick) {
    playing.push(...scripts.slice(at, at + perTick).map((script) => play(script, deps)));
    await deps.pause(tickMs);
  }
  await Promise.all(playing);
}
