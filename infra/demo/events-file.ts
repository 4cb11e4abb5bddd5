import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { registry } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import type { Script, Step } from './script';

/**
 * A stream of one's own: a JSON-lines file, one envelope (or structured CloudEvent) a line, sent in order.
 * A line that is no valid event is sent as it is to the topic of its `topic` field, if it has one; otherwise it is an error that names the line.
 */
export async function scriptsFromFile(file: string): Promise<Script[]> {
  const steps: Step[] = [];
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number += 1;
    if (line.trim() !== '') steps.push(stepOf(line, `${file}:${number}`));
  }
  if (steps.length === 0) throw new Error(`${file} has no events`);
  return [{ name: file, steps }];
}

function stepOf(line: string, place: string): Step {
  const decoded = registry.decode({ value: Buffer.from(line), headers: {}, key: null });
  if (decoded.ok) return { event: decoded.event };
  const record = rawRecord(line);
  if (record === undefined)
    throw new Error(
      `${place}: ${decoded.fault.code}: ${decoded.fault.message}${decoded.fault.path ? ` at ${decoded.fault.path}` : ''}`,
    );
  return { record };
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
