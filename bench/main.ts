import { appendFile, writeFile } from 'node:fs/promises';
import { FileFault, orFileFault } from '../infra/demo/file-fault';
import { StackError } from '../infra/stack';
import { type BenchArguments, readArguments, USAGE } from './arguments';
import { type Measurement, measurements } from './plan';
import { describeMachine } from './report/machine';
import { idsToMeasure, type Sample, toRows } from './report/rows';
import { renderTable } from './report/table';
import { inTurn, samplesOf, specsOf, stageOf } from './sides';
import { specs } from './specs';
import { openStage, type Stage } from './stage';

const say = (line: string): void => console.error(line);

/** Throws a `RangeError` for a name that no row has. */
function choose({ quick, only }: BenchArguments): readonly Measurement[] {
  const wanted = idsToMeasure(specs, only);
  return measurements(quick).filter(({ ids }) => ids.some((id) => wanted.has(id)));
}

/** Fills `samples`, a list a round, as it goes: what was measured before one fails can still be told. */
async function measure(
  stage: Stage,
  chosen: readonly Measurement[],
  { rounds, sides }: BenchArguments,
  samples: Sample[][],
): Promise<0> {
  for (let round = 1; round <= rounds; round += 1) {
    const taken: Sample[] = [];
    samples.push(taken);
    for (const { ids, run, once } of chosen) {
      if (once && round > 1) continue;
      say(`round ${round} of ${rounds}: ${ids.join(', ')}`);
      for (const side of inTurn(sides, round)) {
        const found = samplesOf(await run(stageOf(stage, side)), side);
        for (const { id, value, note } of found)
          say(`  ${id} ${value.toFixed(1)}${note === undefined ? '' : ` (${note})`}`);
        taken.push(...found);
      }
    }
  }
  return 0;
}

/** Exit code 0 when everything was measured, whether or not it is as wanted: the table says so. */
async function bench(args: BenchArguments, interrupted: Promise<number>): Promise<number> {
  const chosen = choose(args);
  if (args.json !== undefined) await orFileFault(`--json ${args.json} cannot be written`, appendFile(args.json, ''));
  const opening = openStage(say);
  const stage = await Promise.race([opening, interrupted]);
  if (typeof stage === 'number') return stage; // the guards end what has started
  const machine = describeMachine(stage.stack.how);
  const samples: Sample[][] = [];
  try {
    const measuring = Promise.race([measure(stage, chosen, args, samples), interrupted]);
    return await measuring.finally(() => tell(args, machine, samples));
  } finally {
    await stage.close();
  }
}

async function tell(args: BenchArguments, machine: readonly string[], samples: readonly Sample[][]): Promise<void> {
  const rows = toRows(specsOf(specs, args.sides), samples);
  if (rows.length === 0) return;
  console.log(
    `\n${machine.join('\n')}\nrounds    ${args.rounds}${args.quick ? ', quick' : ''}\n\n${renderTable(rows)}`,
  );
  if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function main(): Promise<number> {
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(130));
  });
  try {
    return await bench(readArguments(process.argv.slice(2)), interrupted);
  } catch (failure) {
    const badUsage =
      failure instanceof RangeError ||
      (failure instanceof TypeError && 'code' in failure && String(failure.code).startsWith('ERR_PARSE_ARGS'));
    if (badUsage) console.error(`${failure.message}\nusage: ${USAGE}`);
    else console.error(failure instanceof StackError || failure instanceof FileFault ? failure.message : failure);
    return 1;
  }
}

main().then((code) => process.exit(code));
