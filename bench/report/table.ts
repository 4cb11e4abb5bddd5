import type { CpuPerEvent, Row } from './rows';

const figure = (value: number): string => {
  if (Number.isNaN(value)) return '-';
  if (!Number.isFinite(value)) return 'never';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const each = (figures: Readonly<Record<string, number>> | null): string =>
  Object.entries(figures ?? {})
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ');

const cpu = (perEvent: CpuPerEvent | null): string => {
  if (perEvent === null) return '';
  const spent = Object.entries(perEvent).filter(([name]) => name !== 'idle');
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  return `${figure(total)} (${each(perEvent)})`;
};

const columns: readonly { readonly title: string; readonly of: (row: Row) => string; readonly right?: boolean }[] = [
  { title: 'row', of: ({ id }) => id },
  { title: 'what', of: ({ what }) => what },
  { title: 'median', of: ({ median }) => figure(median), right: true },
  { title: 'min', of: ({ min }) => figure(min), right: true },
  { title: 'max', of: ({ max }) => figure(max), right: true },
  { title: 'unit', of: ({ unit }) => unit },
  { title: 'wanted', of: ({ wanted }) => wanted ?? '' },
  { title: 'holds', of: ({ holds }) => (holds === null ? '' : holds ? 'yes' : 'NO') },
  { title: 'CPU-ms per event', of: ({ cpuMsPerEvent }) => cpu(cpuMsPerEvent) },
  {
    title: 'events per call',
    of: ({ eventsPerCall }) => (eventsPerCall === null ? '' : figure(eventsPerCall)),
    right: true,
  },
  { title: 'event loop p99, ms', of: ({ eventLoopP99Ms }) => each(eventLoopP99Ms) },
];

/** The rows as a table that is Markdown as well, with what has to be known of them below. */
export function renderTable(rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, at) => (columns[at]?.right ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0))).join(' | ')} |`;
  const [head = [], ...body] = cells;
  const rule = widths.map((width, at) => (columns[at]?.right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const notes = rows.flatMap(({ id, notes: said }) => (said.length === 0 ? [] : [`${id}: ${said.join('; ')}`]));
  return [line(head), line(rule), ...body.map(line), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}
