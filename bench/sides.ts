import type { RowSpec, Sample } from './report/rows';
import type { Stage } from './stage';

/** What a row is measured under: the settings that the benchmark has anyway, or others beside and over them. */
export interface Side {
  /** Follows the ids of its rows; empty for the settings that the benchmark has. */
  readonly label: string;
  /** Of every process that is started, not of the servers. */
  readonly environment: Readonly<Record<string, string>>;
}

const asItIs: Side = { label: '', environment: {} };

/** Both, or more, sides of a comparison. Each text is `NAME=VALUE`, several with spaces between; throws a `RangeError` for others. */
export const sidesOf = (against: readonly string[]): readonly Side[] => [asItIs, ...against.map(readSide)];

function readSide(text: string): Side {
  const settings = text.split(' ').filter((setting) => setting !== '');
  if (settings.length === 0 || !settings.every((setting) => /^[A-Z]\w*=/.test(setting)))
    throw new RangeError(`--against takes NAME=VALUE, several with spaces between, not ${JSON.stringify(text)}`);
  const environment = Object.fromEntries(
    settings.map((setting) => setting.split(/=(.*)/s, 2) as [name: string, value: string]),
  );
  return { label: settings.join(' '), environment };
}

/** In turn and turned round, so that nothing that grows with time falls on one side. */
export const inTurn = (sides: readonly Side[], round: number): readonly Side[] =>
  round % 2 === 1 ? sides : sides.toReversed();

export const stageOf = (stage: Stage, { environment }: Side): Stage => ({
  ...stage,
  start: (spec) => stage.start({ ...spec, environment: { ...spec.environment, ...environment } }),
});

const idOn = (id: string, { label }: Side): string => (label === '' ? id : `${id} ${label}`);

export const samplesOf = (samples: readonly Sample[], side: Side): readonly Sample[] =>
  samples.map((sample) => ({ ...sample, id: idOn(sample.id, side) }));

/** Each row, followed by itself on the other sides. */
export const specsOf = (specs: readonly RowSpec[], sides: readonly Side[]): readonly RowSpec[] =>
  specs.flatMap((spec) =>
    sides.map((side) => {
      const { id, ratioOf, beside } = spec;
      return {
        ...spec,
        id: idOn(id, side),
        ...(ratioOf && { ratioOf: [idOn(ratioOf[0], side), idOn(ratioOf[1], side)] as const }),
        ...(beside && { beside: beside.map((ours) => idOn(ours, side)) }),
      };
    }),
  );
