import { Connection, type ConnectionOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { hasCode } from './has-code';
import { searchAttributes } from './temporal-settings';
import { untilAnswers } from './until';

export interface NamespaceOptions {
  namespace: string;
  /** Register the namespace if it is missing: on a server of our own. On another's, its absence is an error. */
  create: boolean;
}

const keyword = 2; // IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
const notFound = 5; // gRPC status
const alreadyExists = 6;
const kept = '7 days';

/** Waits until the namespace describes and can be searched by every attribute of the platform; registers what is missing. */
export async function temporalReady(
  address: string,
  namespace: NamespaceOptions,
  limitMs: number,
  ended?: Promise<string>,
  security: Pick<ConnectionOptions, 'tls' | 'apiKey'> = {},
): Promise<void> {
  await untilAnswers(`Temporal at ${address}`, () => ask({ address, ...security }, namespace), { limitMs, ended });
}

async function ask(reach: ConnectionOptions, { namespace, create }: NamespaceOptions): Promise<void> {
  const connection = await Connection.connect({ ...reach, connectTimeout: 2_000 });
  try {
    await describe(connection, namespace, create);
    await register(connection, namespace);
    const query = searchAttributes.map((name) => `${name} = 'nobody'`).join(' and ');
    await connection.workflowService.countWorkflowExecutions({ namespace, query }); // known to the query parser as well
  } finally {
    await connection.close();
  }
}

async function describe({ workflowService }: Connection, namespace: string, create: boolean): Promise<void> {
  try {
    await workflowService.describeNamespace({ namespace });
  } catch (failure) {
    if (!create || !hasCode(failure, notFound)) throw failure;
    await workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(kept) })
      .catch((refusal: unknown) => {
        if (!hasCode(refusal, alreadyExists)) throw refusal;
      });
  }
}

async function register({ operatorService }: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributes.filter((name) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  const attributes = Object.fromEntries(missing.map((name) => [name, keyword]));
  await operatorService.addSearchAttributes({ namespace, searchAttributes: attributes });
}
