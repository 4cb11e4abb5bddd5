export interface Carried {
  readonly calls: number;
  readonly events: number;
}

/** What the processes of a contender tell of themselves over HTTP, in the format of Prometheus. */
export interface Meters {
  /** Of the bridge, since it started: to workflows, and to hosts, which carry what goes to many journeys. */
  readonly calls: Carried;
  readonly hostCalls: Carried;
  /** Milliseconds since the meters were read last, by process; 10 of them are the clock of the measurement. */
  readonly loopP99Ms: Readonly<Record<string, number>>;
}

const LOOP_P99 = 'nodejs_eventloop_lag_p99_seconds';

/** Reading them starts the p99 anew. By process, the port of its metrics; undefined where there are none. */
export async function readMeters(ports: Readonly<Record<string, number>> | undefined): Promise<Meters | undefined> {
  if (ports === undefined) return undefined;
  const told = await Promise.all(
    Object.entries(ports).map(async ([process, port]) => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      return { process, text: await answer.text() };
    }),
  );
  const all = told.map(({ text }) => text).join('\n');
  return {
    calls: carried(all, 'millrace_call_events'),
    hostCalls: carried(all, 'millrace_host_call_events'),
    loopP99Ms: Object.fromEntries(told.map(({ process, text }) => [process, sumOf(text, LOOP_P99) * 1_000])),
  };
}

const carried = (text: string, histogram: string): Carried => ({
  calls: sumOf(text, `${histogram}_count`),
  events: sumOf(text, `${histogram}_sum`),
});

/** Of a metric's values, whatever their labels. */
export function sumOf(text: string, metric: string): number {
  const values = text.split('\n').flatMap((line) => {
    const [name = '', value] = line.split(/(?:\{.*\})? (?=\S+$)/);
    return name === metric && value !== undefined ? [Number(value)] : [];
  });
  return values.reduce((sum, value) => sum + value, 0);
}
