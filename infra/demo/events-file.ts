import { readFile } from 'node:fs/promises';
import { type DecodeFault, registry } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import { FileFault, orFileFault } from './file-fault';
import type { Script, Step } from './script';

const MOST_TOLD = 20;

/** The stream of a file, by `scriptIn`. Rejects with `FileFault`. */
export async function scriptsFromFile(file: string): Promise<Script[]> {
  return [scriptIn(await orFileFault(`--events ${file} cannot be read`, readFile(file, 'utf8')), file)];
}

/**
 * A stream of one's own: JSON lines, one envelope (or structured CloudEvent) a line, sent in order.
 * A line that is no valid event is sent as it is to the topic of its `topic` field, if it has one; otherwise it is a fault.
 * Throws `FileFault` with all of them, by line.
 */
export function scriptIn(text: string, file: string): Script {
  const steps: Step[] = [];
  const faults: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const read = stepOf(line);
    if ('step' in read) steps.push(read.step);
    else faults.push(`  line ${index + 1}: ${told(read.fault)}`);
  }
  if (faults.length > 0) {
    const more = faults.length > MOST_TOLD ? [`  and ${faults.length - MOST_TOLD} more`] : [];
    const lines = [...faults.slice(0, MOST_TOLD), ...more, HINT];
    throw new FileFault(`${file} has ${faults.length} line(s) that are no event:\n${lines.join('\n')}`);
  }
  if (steps.length === 0) throw new FileFault(`${file} has no events`);
  return { name: file, steps };
}

const HINT =
  'What is bad on purpose goes as {"topic": ..., "key": ..., "value": ...}; docs/example-events.jsonl shows both.';

const told = ({ code, path, message, more = [] }: DecodeFault) =>
  `${code}: ${[{ path, message }, ...more].map((field) => (field.path ? `${field.path}: ${field.message}` : field.message)).join('; ')}`;

function stepOf(line: string): { readonly step: Step } | { readonly fault: DecodeFault } {
  const decoded = registry.decode({ value: Buffer.from(line), headers: {}, key: null });
  if (decoded.ok) return { step: { event: decoded.event } };
  const record = rawRecord(line);
  return record === undefined ? { fault: decoded.fault } : { step: { record } };
}

/** `{"topic": "...", "key": "...", "value": "text as it goes on the wire"}`: for bad input on purpose. */
function rawRecord(line: string): OutgoingRecord | undefined {
  try {
    const { topic, key, value }: { topic?: unknown; key?: unknown; value?: unknown } = JSON.parse(line);
    if (typeof topic !== 'string' || typeof value !== 'string') return undefined;
    return { topic, key: typeof key === 'string' ? key : null, value: Buffer.from(value), headers: {} };
  } catch {
    return undefined;
  }
}
