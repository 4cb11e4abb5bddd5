import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EncodedRecord, registry } from '@millrace/events';
import { streamRow } from '../../api/testing/samples';
import { type StartedApi, startApi } from '../../api/testing/start-api';
import { scriptedStream } from '../../infra/demo/scripted-stream';

const checkout = join(__dirname, '../..');
const pages = ['README.md', ...readdirSync(join(checkout, 'docs/runbooks')).map((file) => `docs/runbooks/${file}`)];

interface Example {
  readonly page: string;
  /** Of the API, or a Kafka topic. */
  readonly to: string;
  readonly body: string;
}

/** What the shell examples of a page send. */
function sentBy(page: string, pattern: RegExp): readonly Example[] {
  const text = readFileSync(join(checkout, page), 'utf8');
  const shell = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block).join('\n');
  const saga = /saga=\$api(\S+)/.exec(shell)?.[1] ?? '';
  return [...shell.replaceAll('$saga', `$api${saga}`).matchAll(pattern)].map(({ groups }) => ({
    page,
    to: groups?.['to'] ?? '',
    body: groups?.['body'] ?? '',
  }));
}

const posted = pages.flatMap((page) =>
  sentBy(page, /(?:\$api|:8080)(?<to>\/v1\/\S+) -H [^\n]*? -d '(?<body>\{.*?\})'(?=\n)/gs),
);
const produced = pages.flatMap((page) =>
  sentBy(page, /echo '(?<body>[^']+)'[\s\\]*\| kcat -P \S+ \S+ -t (?<to>\S+) -K '\|'/g),
);

let started: StartedApi;
beforeEach(async () => {
  started = await startApi();
});
afterEach(() => started.stop());

describe('the examples of README.md and the runbooks', () => {
  it('are found: events and a decision over HTTP, records on Kafka', () => {
    expect(posted.map(({ page }) => page)).toEqual([
      'README.md',
      'docs/runbooks/parked.md',
      'docs/runbooks/parked.md',
      'docs/runbooks/stuck.md',
      'docs/runbooks/stuck.md',
    ]);
    expect(produced.map(({ page }) => page)).toEqual(['README.md', 'docs/runbooks/dead.md']);
  });

  it.each(posted)('over HTTP are accepted: $page to $to', async ({ to, body }) => {
    started.store.rows.push(streamRow('stuck-1', { stage: 'stuck', version: 5 }));
    const { status, text } = await started.call('POST', to, { body, headers: { 'content-type': 'application/json' } });
    expect([status, text]).toEqual([202, expect.anything()]);
    expect(started.publisher.events()).toHaveLength(1);
  });

  it('on Kafka are events of their topic under their key, and malformed where the page says so', () => {
    const [good, bad] = produced.map(({ body, to }) => {
      const [key = '', value = ''] = body.split('|');
      const record: EncodedRecord = { key, value: Buffer.from(value), headers: {} };
      return { key, to, decoded: registry.decode(record) };
    });
    if (good?.decoded.ok !== true) throw new Error(JSON.stringify(good?.decoded));
    expect([good.key, good.to]).toEqual([
      good.decoded.event.aggregateId,
      registry.definition(good.decoded.event.eventType)?.topic,
    ]);
    expect(bad?.decoded).toMatchObject({ ok: false, fault: { code: 'malformed-json' } });
  });

  it('name as many records as the scripted stream has', () => {
    const named = /a scripted stream of (?<records>\d+) records/.exec(
      readFileSync(join(checkout, 'README.md'), 'utf8'),
    );
    expect(Number(named?.groups?.['records'])).toBe(scriptedStream().flatMap(({ steps }) => steps).length);
  });
});
