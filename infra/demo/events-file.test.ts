import { readFileSync } from 'node:fs';
import { scriptIn } from './events-file';
import { orFileFault } from './file-fault';

const [good = ''] = readFileSync('docs/example-events.jsonl', 'utf8').split('\n');

describe('a stream from a file', () => {
  it('is what the example of the docs has: events, and what is bad on purpose', () => {
    const { steps } = scriptIn(readFileSync('docs/example-events.jsonl', 'utf8'), 'example');
    expect(steps.map(({ event, record }) => event?.eventType ?? record?.topic)).toEqual([
      'OrderPlaced',
      'OrderPlaced',
      'OrderPlaced',
      'commerce.orders.events',
    ]);
  });

  it('names every line that is no event, with what is wrong there', () => {
    const text = [good, 'no json', '', good.replace('OrderPlaced', 'OrderPlucked'), '{"topic": "t", "value": ""}'];
    expect(() => scriptIn(text.join('\r\n'), 'mine.jsonl')).toThrow(
      /^mine\.jsonl has 2 line\(s\) that are no event:\n {2}line 2: malformed-json: .*\n {2}line 4: unknown-type: eventType: .*OrderPlucked\n.*docs\/example-events\.jsonl/,
    );
  });

  it('is told to be empty', () => {
    expect(() => scriptIn('\n \n', 'mine.jsonl')).toThrow('mine.jsonl has no events');
  });
});

describe('a file that an argument names', () => {
  it('and that the system refuses is told with the argument and the reason, without a code', async () => {
    const refused = Promise.reject(new Error("ENOENT: no such file or directory, open '/no/such'"));
    await expect(orFileFault('--json /no/such cannot be written', refused)).rejects.toThrow(
      /^--json \/no\/such cannot be written: no such file or directory$/,
    );
  });
});
