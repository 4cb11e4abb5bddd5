import type { LoadedSubject } from '../../activities/recording/hosting.activities';
import { chunksOf, ONE_CALL } from './chunks';
import type { HostParts } from './host-parts';
import type { HostStore } from './host-store';
import { type HostedStep, parking } from './hosted-step';
import type { AnyMachine, Named, Staged } from './machine';
import { deadlineMs } from './recorded';
import type { Held } from './roster';

const LOADED_AT_ONCE = { items: 200, characters: ONE_CALL };
/** An event that cannot start a journey waits so long for one that does: it was placed, so it is on its way. */
const START_AWAITED_MS = 60_000;

/** Reads journeys that are not in a host's memory; answers what has to be recorded of them. */
export async function loadJourneys<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  parts: HostParts<State, Effect>,
  subjects: readonly string[],
): Promise<readonly HostedStep<State, Effect>[]> {
  const chunks = chunksOf(subjects, LOADED_AT_ONCE);
  const loaded = (await Promise.all(chunks.map((chunk) => loadWhole(parts.store, chunk)))).flat();
  return loaded.flatMap((each) => takeUp(machine, parts, each));
}

/** Those that one answer had no room for are asked for again. */
async function loadWhole(
  store: Pick<HostStore<unknown>, 'load'>,
  subjects: readonly string[],
): Promise<readonly LoadedSubject[]> {
  const loaded: LoadedSubject[] = [];
  while (loaded.length < subjects.length) loaded.push(...(await store.load(subjects.slice(loaded.length))));
  return loaded;
}

function takeUp<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  parts: HostParts<State, Effect>,
  { subject, stream, parked }: LoadedSubject,
): readonly HostedStep<State, Effect>[] {
  const { host, roster, deadlines, settlings, runtime } = parts;
  const known = stream ?? parked;
  const held = roster.get(subject) ?? (known && roster.hold({ subject, tenantId: known.tenantId, key: known.key }));
  if (held === undefined) return [];
  held.mustLoad = false;
  held.parked = undefined;
  if (parked !== undefined) takeParked(held, parked);
  if (stream === undefined) {
    held.awaitsStartUntil = runtime.now() + START_AWAITED_MS;
    deadlines.set(subject, held.awaitsStartUntil);
    roster.wake(held);
    return [];
  }
  if (stream.chain === host && stream.status === 'open') return stands(machine, parts, held, stream);
  settlings.addAll(held, stream.chain === host ? 'closed' : 'foreign');
  return [];
}

/** A state that cannot be read parks its journey, like a step that throws. */
function stands<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  { deadlines, roster, runtime }: HostParts<State, Effect>,
  held: Held<State>,
  { version, state, machineVersion, correlationId }: NonNullable<LoadedSubject['stream']>,
): readonly HostedStep<State, Effect>[] {
  try {
    const written = state as unknown as State; // by this machine, or by an older version of it
    const current = machineVersion === machine.version ? written : machine.migrate(state, machineVersion);
    deadlines.set(held.ref.subject, deadlineMs(machine, current));
    held.standing = { state: current, version };
    held.tracing = { correlationId };
    held.awaitsStartUntil = undefined;
    roster.wake(held);
    return [];
  } catch (error) {
    return [parking(held, [], error, runtime.now())];
  }
}

function takeParked<State>(held: Held<State>, { events, more }: NonNullable<LoadedSubject['parked']>): void {
  const ids = events.map(({ eventId }) => eventId);
  const known = new Set(ids);
  held.front = [...events, ...held.front.filter(({ eventId }) => !known.has(eventId))];
  held.parked = { ids, more };
  held.mayStart = true;
}
