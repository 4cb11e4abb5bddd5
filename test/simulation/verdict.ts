import type { IncomingRecord, OutgoingRecord } from '@millrace/kafka';
import { nameOf, PLACES } from './broker';
import type { Fact } from './events';
import type { Journal } from './journal';
import type { SimStore } from './store';

/** A run as it is judged. */
export interface Outcome {
  readonly facts: readonly Fact[];
  readonly store: SimStore;
  readonly journal: Journal;
  /** By the relay. */
  readonly published: readonly OutgoingRecord[];
}

/** What the dumb sequential reader knows of one record at its place. */
interface Read {
  readonly place: string;
  readonly offset: number;
  readonly fact: Fact;
}

const placeOf = ({ topic, partition, offset }: IncomingRecord): string => `${nameOf({ topic, partition })}@${offset}`;

/** The records as one reader, alone and undisturbed, would take them: partition by partition, in order. */
function readInOrder(world: Outcome): readonly Read[] {
  const unread = [...world.facts].sort((a, b) => a.at - b.at);
  return PLACES.flatMap((place) => {
    const here = unread.filter(
      ({ record }) => nameOf({ topic: record.topic, partition: record.partition ?? 0 }) === nameOf(place),
    );
    return here.map((fact, offset) => ({ place: nameOf(place), offset, fact }));
  });
}

/** No offset may be committed before its record is where it cannot be lost, and in the ledger. */
export function commitCheck(world: Outcome): (record: IncomingRecord) => void {
  return (record) => {
    const place = placeOf(record);
    const fact = world.facts.filter(
      ({ record: { topic, partition } }) => topic === record.topic && partition === record.partition,
    )[Number(record.offset)];
    const row = world.store.ledger.get(place);
    if (row === undefined) return world.journal.violate(`${place} was committed without its row in the ledger`);
    if (fact === undefined || world.journal.letters.has(place)) return;
    for (const subject of fact.subjects) {
      const ignored = row.verdicts.some((one) => one.subject === subject && one.verdict === 'ignored');
      const isSafe = world.journal.isKept(subject, fact.eventId) || (ignored && fact.kind === 'noted');
      if (!isSafe) world.journal.violate(`${place} was committed before ${subject} had its event`);
    }
    if (fact.kind === 'malformed') world.journal.violate(`${place} was committed without a dead letter`);
  };
}

/** Compares what came of a run with what the sequential reader expects. */
export function check(world: Outcome): void {
  const reads = readInOrder(world);
  for (const read of reads) checkRow(world, read);
  const subjects = new Set(reads.flatMap(({ fact }) => fact.subjects));
  for (const subject of subjects)
    checkSubject(
      world,
      subject,
      reads.filter(({ fact }) => fact.subjects.includes(subject)),
    );
  checkPublished(world);
}

function checkRow(world: Outcome, { place, offset, fact }: Read): void {
  const at = `${place}@${offset}`;
  const row = world.store.ledger.get(at);
  if (row === undefined) {
    world.journal.violate(`${at} has no row in the ledger`);
    return;
  }
  for (const subject of fact.subjects)
    if (!row.verdicts.some((one) => one.subject === subject))
      world.journal.violate(`${at} has no verdict for ${subject} in the ledger`);
  const isDead = world.journal.letters.get(at) !== undefined;
  if (fact.kind === 'malformed' && !isDead) world.journal.violate(`${at} cannot be read and has no dead letter`);
}

function checkSubject(world: Outcome, subject: string, reads: readonly Read[]): void {
  const { journal, store } = world;
  const stream = store.streams.get(subject);
  const startKind = startKindOf(subject);
  const startsSeen = reads.filter(({ fact }) => fact.kind === startKind);
  // What a terminated host had of a start may be recorded still, or never.
  const isSure = startsSeen.length === 0 || startsSeen.some(({ fact }) => !isLost(world, subject, fact));
  const starts = isSure ? startsSeen.length > 0 : stream !== undefined;
  if (!starts && stream !== undefined) journal.violate(`${subject} has a stream that nothing started`);
  if (starts && stream === undefined) journal.violate(`${subject} never started`);
  const late = new Set(stream?.late.map(({ eventId }) => eventId));
  const taken = [...(stream?.consumed.keys() ?? [])].filter((eventId) => !late.has(eventId));
  const first = reads.find(({ fact }) => fact.eventId === taken[0]);
  if (taken.length > 0 && first?.fact.kind !== startKind)
    journal.violate(`${subject} took ${taken[0]} before its start`);
  const close = taken.findIndex((id) => reads.some(({ fact }) => fact.eventId === id && fact.kind === 'closed'));
  if (close >= 0 && close !== taken.length - 1) journal.violate(`${subject} took events after its close`);
  if (close < 0 && late.size > 0) journal.violate(`${subject} has late events and never closed`);
  checkTransitions(world, subject, taken, reads);
  checkHosting(world, subject, reads);
  for (const read of reads)
    checkDelivery(world, subject, read, starts, taken.includes(read.fact.eventId), late.has(read.fact.eventId));
  checkOrder(world, subject, taken, reads);
}

/** Each event that moves the subject is the cause of one transition, in the order of taking. */
function checkTransitions(world: Outcome, subject: string, taken: readonly string[], reads: readonly Read[]): void {
  const moves = taken.filter(
    (id, nth) => nth === 0 || !reads.some(({ fact }) => fact.eventId === id && fact.kind === 'noted'),
  );
  const causes = [...(world.store.streams.get(subject)?.transitions.values() ?? [])].flatMap((one) => one.causes);
  if (moves.join() !== causes.join()) world.journal.violate(`${subject} took ${moves} and was moved by ${causes}`);
}

/** It lives where it was placed, and every effect that its host was asked for was performed. */
function checkHosting({ store, journal }: Outcome, subject: string, reads: readonly Read[]): void {
  const stream = store.streams.get(subject);
  const placed = store.hosting.placements.get(subject);
  const host = stream?.chain.includes('/') ? stream.chain : null;
  if (stream !== undefined && host !== (placed?.host ?? null))
    journal.violate(`${subject} lives in ${host} and was placed in ${placed?.host}`);
  if (host === null) return;
  for (const [version, { causes }] of stream?.transitions ?? []) {
    const key = `${subject}/${version}/tell`;
    const asks = version > 1 && reads.some(({ fact }) => fact.kind === 'stepped' && causes.includes(fact.eventId));
    const isExcused =
      journal.isLost(key) || causes.some((eventId) => journal.isLost(`effect of ${eventId} on ${subject}`));
    if (asks && !journal.told.has(key) && !isExcused) journal.violate(`${key} was never performed`);
  }
}

function checkDelivery(
  world: Outcome,
  subject: string,
  { place, offset, fact }: Read,
  starts: boolean,
  isTaken: boolean,
  isLate: boolean,
): void {
  const at = `${place}@${offset}`;
  // An event that comes twice is given up once.
  const copies = readsOf(world, fact.eventId);
  const codes = new Set(copies.flatMap((copy) => [...(world.journal.letters.get(copy) ?? [])]));
  const isIgnored = world.store.ledger
    .get(at)
    ?.verdicts.some((one) => one.subject === subject && one.verdict === 'ignored');
  if (fact.kind === 'refused') {
    if (isTaken) world.journal.violate(`${subject} took ${at}, which the server refuses`);
    const isGivenUp = codes.has('refused') || isLate || (!starts && codes.has('never-started'));
    if (!isGivenUp) world.journal.violate(`${at} is refused and has no dead letter`);
  } else if (!starts) {
    if (!isIgnored && !codes.has('never-started') && !isLost(world, subject, fact))
      world.journal.violate(`${at} waits for ${subject}, which nobody starts`);
  } else if (!isTaken && !isLate && !(fact.kind === 'noted' && isIgnored) && !isLost(world, subject, fact)) {
    world.journal.violate(`${subject} never got ${at}`);
  }
}

/** Its host was terminated before it had recorded the event. */
const isLost = ({ journal }: Outcome, subject: string, { eventId }: Fact): boolean =>
  journal.isLost(`${subject} ${eventId}`);

const readsOf = (world: Outcome, eventId: string): readonly string[] =>
  readInOrder(world).flatMap(({ place, offset, fact }) => (fact.eventId === eventId ? [`${place}@${offset}`] : []));

/** Of two events of one partition the later one is not taken first, nor instead. One that came by another way as well may be early. */
function checkOrder(world: Outcome, subject: string, taken: readonly string[], reads: readonly Read[]): void {
  const start = startKindOf(subject);
  const takenAt = new Map(taken.map((eventId, nth) => [eventId, nth]));
  for (const later of reads) {
    const laterAt = takenAt.get(later.fact.eventId);
    if (laterAt === undefined) continue;
    const copies = reads.filter(({ fact }) => fact.eventId === later.fact.eventId);
    if (copies.some(({ place, offset }) => place !== later.place || offset < later.offset)) continue;
    for (const earlier of reads) {
      if (earlier.place !== later.place || earlier.offset >= later.offset) continue;
      if (earlier.fact.kind === 'noted' || earlier.fact.kind === 'refused' || isLost(world, subject, earlier.fact))
        continue;
      // The start passes what came too early.
      if (later.fact.kind === start && earlier.fact.kind !== start) continue;
      const earlierAt = takenAt.get(earlier.fact.eventId);
      if (earlierAt === undefined || earlierAt > laterAt)
        world.journal.violate(`${subject} took ${later.place}@${later.offset} before ${earlier.offset}`);
    }
  }
}

const startKindOf = (subject: string): string => (subject.startsWith('side/') ? 'shared' : 'started');

/** Every transition is on Kafka; first occurrences are in the order of the stream. */
function checkPublished(world: Outcome): void {
  const firsts = new Map<string, Set<number>>();
  for (const { value } of world.published) {
    const { data } = JSON.parse(String(value)) as { data: { subject: string; version: number } };
    firsts.set(data.subject, (firsts.get(data.subject) ?? new Set()).add(data.version));
  }
  for (const [subject, { transitions, late }] of world.store.streams) {
    const versions = [...(firsts.get(subject) ?? [])];
    const wanted = [...transitions.keys()];
    if (versions.join() !== wanted.join())
      world.journal.violate(`${subject} was published as ${versions}, not ${wanted}`);
    for (const { source, eventId } of late) {
      const place = `${source?.topic}/${source?.partition}@${source?.offset}`;
      if (!world.journal.letters.get(place)?.has('late'))
        world.journal.violate(`${eventId}, late for ${subject}, has no dead letter`);
    }
  }
}
