import { KafkaError, type KafkaErrorCode } from '../errors';

const BY_TYPE: Readonly<Record<string, KafkaErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'unknown-topic',
  INVALID_TOPIC_EXCEPTION: 'unknown-topic',
  MESSAGE_TOO_LARGE: 'too-large',
  RECORD_LIST_TOO_LARGE: 'too-large',
  TOPIC_AUTHORIZATION_FAILED: 'refused',
  GROUP_AUTHORIZATION_FAILED: 'refused',
  CLUSTER_AUTHORIZATION_FAILED: 'refused',
  SASL_AUTHENTICATION_FAILED: 'refused',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'sequence',
  DUPLICATE_SEQUENCE_NUMBER: 'sequence',
  UNKNOWN_PRODUCER_ID: 'sequence',
  INVALID_PRODUCER_EPOCH: 'sequence',
  REBALANCE_IN_PROGRESS: 'not-assigned',
  ILLEGAL_GENERATION: 'not-assigned',
  UNKNOWN_MEMBER_ID: 'not-assigned',
  CORRUPT_MESSAGE: 'unreadable-batch',
};

const BY_NAME: Readonly<Record<string, KafkaErrorCode>> = {
  KafkaJSConnectionError: 'connection',
  KafkaJSConnectionClosedError: 'connection',
  KafkaJSBrokerNotFound: 'connection',
  KafkaJSNoBrokerAvailableError: 'connection',
  KafkaJSGroupCoordinatorNotFound: 'connection',
  KafkaJSRequestTimeoutError: 'connection',
  KafkaJSMetadataNotLoaded: 'connection',
  KafkaJSSASLAuthenticationError: 'refused',
  KafkaJSNotImplemented: 'unreadable-batch',
  KafkaJSPartialMessageError: 'unreadable-batch',
  KafkaJSUnsupportedMagicByteInMessageSet: 'unreadable-batch',
};

interface ClientError {
  readonly name: string;
  readonly message: string;
  readonly type?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

const isError = (error: unknown): error is ClientError => error instanceof Error;

/** kafkajs wraps: "retries exceeded" has the reason inside, some errors only as `originalError`. */
function* chain(error: unknown): Iterable<ClientError> {
  let current = error;
  for (let depth = 0; depth < 8 && isError(current); depth += 1) {
    yield current;
    current = current.cause ?? current.originalError;
  }
}

function codeOf(error: ClientError): KafkaErrorCode | undefined {
  if (error instanceof KafkaError) return error.code;
  return (typeof error.type === 'string' ? BY_TYPE[error.type] : undefined) ?? BY_NAME[error.name];
}

export function translateError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const links = [...chain(error)];
  const message = links[0]?.message ?? String(error);
  for (const link of links) {
    const code = codeOf(link);
    if (code !== undefined) return new KafkaError(code, message, { cause: error });
  }
  // An error class of ours or the runtime's is a bug, not weather; kafkajs marks its own.
  const retriable = links.some((link) => link.retriable === true);
  return new KafkaError('broker', message, { cause: error, retriable });
}
