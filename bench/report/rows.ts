import { median } from './statistics';

/** What is wanted of a row. */
export type Wanted = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

export interface RowSpec {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly wanted?: Wanted;
  /** Not measured itself: the first row's figure over the second's, round by round. */
  readonly ratioOf?: readonly [string, string];
  /** Rows of ours that a peer's row stands beside: where it is ahead of one, a note says so. */
  readonly beside?: readonly string[];
}

/** CPU time per event in milliseconds, by process. */
export type CpuPerEvent = Readonly<Record<string, number>>;

/** What a figure took; each where it can be known. */
export interface Costs {
  readonly cpu?: CpuPerEvent;
  /** Mean of the calls to Temporal that carried events. */
  readonly eventsPerCall?: number;
  /** Of the main thread of each process. */
  readonly loopP99Ms?: Readonly<Record<string, number>>;
}

/** One figure of one round. */
export interface Sample extends Costs {
  readonly id: string;
  /** NaN: not measured, as the note says. */
  readonly value: number;
  /** What a reader of the figure should know: how much was finished before a limit. */
  readonly note?: string;
}

export interface Row {
  readonly id: string;
  readonly what: string;
  /** NaN where it could not be measured, Infinity where an event never arrived; both are null in JSON, `holds` tells them apart. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** `>= 4`, `< 50`; null where nothing is wanted. */
  readonly wanted: string | null;
  readonly holds: boolean | null;
  /** Medians by process; null where it was not taken. */
  readonly cpuMsPerEvent: CpuPerEvent | null;
  readonly eventsPerCall: number | null;
  readonly eventLoopP99Ms: Readonly<Record<string, number>> | null;
  readonly notes: readonly string[];
}

/** The row itself; where none is called so, a group of rows by the part of their ids before a dot. */
function rowsCalled(specs: readonly RowSpec[], asked: string): readonly RowSpec[] {
  const exact = specs.filter(({ id }) => id === asked);
  return exact.length > 0 ? exact : specs.filter(({ id }) => id.startsWith(`${asked}.`));
}

/**
 * Ids that have to be measured so that the rows asked for, or all, can be shown: of a ratio what it is one of. Throws a
 * `RangeError` that names what is no row and no group.
 */
export function idsToMeasure(specs: readonly RowSpec[], only: readonly string[]): ReadonlySet<string> {
  const unknown = only.filter((asked) => rowsCalled(specs, asked).length === 0);
  if (unknown.length > 0)
    throw new RangeError(`no row is called ${unknown.join(', ')}: ${specs.map(({ id }) => id).join(', ')}`);
  const chosen = only.length === 0 ? specs : only.flatMap((asked) => rowsCalled(specs, asked));
  return new Set(chosen.flatMap(({ id, ratioOf }) => ratioOf ?? [id]));
}

/** Rounds of samples as rows, in the order of the specs; rows without a figure are left out. */
export function toRows(specs: readonly RowSpec[], rounds: readonly (readonly Sample[])[]): Row[] {
  const shown = specs.flatMap((spec) => {
    const samples = rounds.flatMap((round) => sampleOf(spec, round) ?? []);
    return samples.length === 0 ? [] : [{ spec, row: toRow(spec, samples) }];
  });
  const rows = shown.map(({ row }) => row);
  return shown.map(({ spec: { beside = [] }, row }) => {
    const behind = rows.filter((ours) => beside.includes(ours.id) && isAhead(row, ours)).map(({ id }) => id);
    return behind.length === 0 ? row : { ...row, notes: [...row.notes, `ahead of ${behind.join(', ')}`] };
  });
}

/** Times are to be short, rates high. */
const isAhead = (row: Row, other: Row): boolean =>
  row.unit === 'ms' ? row.median < other.median : row.median > other.median;

function sampleOf({ id, ratioOf }: RowSpec, round: readonly Sample[]): Sample | undefined {
  const found = (wanted: string) => round.find((sample) => sample.id === wanted);
  if (ratioOf === undefined) return found(id);
  const [over, under] = ratioOf.map(found);
  if (over === undefined || under === undefined) return undefined;
  const value = over.value / under.value;
  const skipped = [over, under].find((sample) => Number.isNaN(sample.value))?.note;
  return { id, value, ...(skipped !== undefined && { note: skipped }) };
}

function toRow({ id, what, unit, wanted }: RowSpec, samples: readonly Sample[]): Row {
  const values = samples.map(({ value }) => value);
  const middle = median(values);
  return {
    id,
    what,
    median: middle,
    min: Math.min(...values),
    max: Math.max(...values),
    unit,
    wanted: wanted === undefined ? null : wordsFor(wanted),
    holds: wanted === undefined || Number.isNaN(middle) ? null : isMet(wanted, middle),
    cpuMsPerEvent: mediansOf(samples.map(({ cpu }) => cpu)),
    eventsPerCall: medianOrNull(samples.flatMap(({ eventsPerCall }) => eventsPerCall ?? [])),
    eventLoopP99Ms: mediansOf(samples.map(({ loopP99Ms }) => loopP99Ms)),
    notes: [...new Set(samples.flatMap(({ note }) => note ?? []))],
  };
}

function wordsFor(wanted: Wanted): string {
  if ('atLeast' in wanted) return `>= ${wanted.atLeast}`;
  return 'atMost' in wanted ? `<= ${wanted.atMost}` : `< ${wanted.below}`;
}

function isMet(wanted: Wanted, figure: number): boolean {
  if ('atLeast' in wanted) return figure >= wanted.atLeast;
  return 'atMost' in wanted ? figure <= wanted.atMost : figure < wanted.below;
}

const medianOrNull = (values: readonly number[]): number | null => (values.length === 0 ? null : median(values));

/** Of what was taken in each round, name by name; null where it never was. */
function mediansOf(rounds: readonly (CpuPerEvent | undefined)[]): CpuPerEvent | null {
  const taken = rounds.filter((round) => round !== undefined);
  const [first] = taken;
  if (first === undefined) return null;
  return Object.fromEntries(Object.keys(first).map((name) => [name, median(taken.map((round) => round[name] ?? 0))]));
}
