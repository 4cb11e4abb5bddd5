import { idsToMeasure, type RowSpec, toRows } from './rows';

const specs: RowSpec[] = [
  { id: 'keys.naive', what: 'naive', unit: 'events/s' },
  { id: 'keys.ours', what: 'ours', unit: 'events/s' },
  {
    id: 'keys.ratio',
    what: 'ours over naive',
    unit: 'times',
    wanted: { atLeast: 4 },
    ratioOf: ['keys.ours', 'keys.naive'],
  },
  { id: 'latency.ours', what: 'p50', unit: 'ms', wanted: { below: 50 } },
];

describe('rows', () => {
  it('shows medians of rounds, and of a ratio the median of the ratios round by round', () => {
    const rounds = [
      [
        { id: 'keys.naive', value: 100 },
        { id: 'keys.ours', value: 300, cpu: { worker: 2 }, eventsPerCall: 10 },
      ],
      [
        { id: 'keys.naive', value: 50 },
        { id: 'keys.ours', value: 400, cpu: { worker: 4 }, eventsPerCall: 40, loopP99Ms: { bridge: 20 } },
      ],
      [
        { id: 'keys.naive', value: 80 },
        { id: 'keys.ours', value: 400, cpu: { worker: 3 }, eventsPerCall: 20, loopP99Ms: { bridge: 40 } },
      ],
    ];
    const rows = toRows(specs, rounds);
    expect(rows.map(({ id, median, wanted, holds }) => ({ id, median, wanted, holds }))).toEqual([
      { id: 'keys.naive', median: 80, wanted: null, holds: null },
      { id: 'keys.ours', median: 400, wanted: null, holds: null },
      { id: 'keys.ratio', median: 5, wanted: '>= 4', holds: true },
    ]);
    const costs = rows.map(({ cpuMsPerEvent, eventsPerCall, eventLoopP99Ms }) => [
      cpuMsPerEvent,
      eventsPerCall,
      eventLoopP99Ms,
    ]);
    expect(costs).toEqual([
      [null, null, null],
      [{ worker: 3 }, 20, { bridge: 30 }],
      [null, null, null],
    ]);
  });

  it('does not hold when an event never arrived', () => {
    const [row] = toRows(specs, [[{ id: 'latency.ours', value: Number.POSITIVE_INFINITY }]]);
    expect(row?.holds).toBe(false);
  });

  it('shows a row that was skipped, and its ratio, with the reason and without a verdict', () => {
    const round = [
      { id: 'keys.naive', value: Number.NaN, note: 'skipped: no network' },
      { id: 'keys.ours', value: 300 },
    ];
    const rows = toRows(specs, [round, round]);
    expect(rows.map(({ id, median, holds, notes }) => ({ id, median, holds, notes }))).toEqual([
      { id: 'keys.naive', median: Number.NaN, holds: null, notes: ['skipped: no network'] },
      { id: 'keys.ours', median: 300, holds: null, notes: [] },
      { id: 'keys.ratio', median: Number.NaN, holds: null, notes: ['skipped: no network'] },
    ]);
  });

  it("says of a peer's row which of ours it is ahead of: with a higher rate, with a shorter time", () => {
    const peers: RowSpec[] = [
      { id: 'keys.peer', what: 'peer', unit: 'events/s', beside: ['keys.ours'] },
      { id: 'latency.peer', what: 'peer', unit: 'ms', beside: ['latency.ours'] },
      { id: 'keys.slow', what: 'slow', unit: 'events/s', beside: ['keys.ours', 'keys.not-measured'] },
      { id: 'keys.skipped', what: 'skipped', unit: 'events/s', beside: ['keys.ours'] },
    ];
    const round = [
      { id: 'keys.ours', value: 300 },
      { id: 'latency.ours', value: 20 },
      { id: 'keys.peer', value: 301, note: 'cut' },
      { id: 'latency.peer', value: 5 },
      { id: 'keys.slow', value: 299 },
      { id: 'keys.skipped', value: Number.NaN },
    ];
    const rows = toRows([...specs, ...peers], [round]);
    expect(Object.fromEntries(rows.map(({ id, notes }) => [id, notes]))).toEqual({
      'keys.ours': [],
      'latency.ours': [],
      'keys.peer': ['cut', 'ahead of keys.ours'],
      'latency.peer': ['ahead of latency.ours'],
      'keys.slow': [],
      'keys.skipped': [],
    });
  });

  it('measures a row alone, what a ratio needs, and a group by the part of its ids before a dot', () => {
    const keys: RowSpec = { id: 'keys', what: 'all', unit: 'events/s' };
    expect([...idsToMeasure([keys, ...specs], ['keys'])]).toEqual(['keys']);
    expect([...idsToMeasure(specs, ['keys.ratio'])]).toEqual(['keys.ours', 'keys.naive']);
    expect([...idsToMeasure(specs, ['latency'])]).toEqual(['latency.ours']);
    expect(idsToMeasure(specs, []).size).toBe(3);
  });

  it('names what is no row, also beside one that is', () => {
    expect(() => idsToMeasure(specs, ['latency', 'latenci', 'keys.our'])).toThrow(
      'no row is called latenci, keys.our: ',
    );
  });
});
