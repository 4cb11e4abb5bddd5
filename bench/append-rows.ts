import { type Appender, measureAppends } from './measure/appends';
import type { Measurement } from './measurement';
import { openEmmett } from './peers/emmett/emmett';
import type { RowSpec } from './report/rows';
import type { Stage } from './stage';
import { openOurStore } from './store-appends';

/** Each store twice, by how many events an append holds and how many times Emmett's rate is wanted. */
const sizes = [
  { perAppend: 1, atLeast: 2.5 },
  { perAppend: 10, atLeast: 2 },
];

const stores: Readonly<Record<Appender['name'], (stage: Stage) => Promise<Appender>>> = {
  emmett: openEmmett,
  ours: openOurStore,
};

export const appendSpecs: readonly RowSpec[] = sizes.flatMap(({ perAppend, atLeast }) => {
  const id = `append-${perAppend}`;
  const what = `${perAppend === 1 ? 'one event' : `${perAppend} events`} per append with expected version, 8 writers`;
  return [
    { id: `${id}.emmett`, what: `${what}, Emmett`, unit: 'events/s' },
    { id: `${id}.ours`, what: `${what}, our store`, unit: 'events/s' },
    { id, what: 'ours over Emmett', unit: 'times', wanted: { atLeast }, ratioOf: [`${id}.ours`, `${id}.emmett`] },
  ];
});

export const appendMeasurements = (seconds: number): readonly Measurement[] =>
  sizes.flatMap(({ perAppend }) =>
    Object.entries(stores).map(([name, open]) => ({
      ids: [`append-${perAppend}.${name}`],
      run: async (stage) => {
        const appender = await open(stage);
        try {
          return await measureAppends(stage, appender, { id: `append-${perAppend}`, perAppend, seconds });
        } finally {
          await appender.close();
        }
      },
    })),
  );
