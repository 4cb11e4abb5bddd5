import { KafkaError } from '../errors';
import { translateError } from './translate-error';

const kafkajs = (name: string, facts: object = {}): Error => Object.assign(new Error(name), { name, ...facts });

describe('errors of kafkajs', () => {
  it.each([
    [kafkajs('KafkaJSProtocolError', { type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true }), 'unknown-topic', false],
    [kafkajs('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE' }), 'too-large', false],
    [kafkajs('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED' }), 'refused', false],
    [kafkajs('KafkaJSProtocolError', { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }), 'sequence', true],
    [kafkajs('KafkaJSProtocolError', { type: 'ILLEGAL_GENERATION' }), 'not-assigned', true],
    [kafkajs('KafkaJSProtocolError', { type: 'NOT_ENOUGH_REPLICAS', retriable: true }), 'broker', true],
    [kafkajs('KafkaJSProtocolError', { type: 'POLICY_VIOLATION', retriable: false }), 'broker', false],
    [kafkajs('KafkaJSConnectionError'), 'connection', true],
    [kafkajs('KafkaJSRequestTimeoutError'), 'connection', true],
    [kafkajs('KafkaJSSASLAuthenticationError'), 'refused', false],
    [
      kafkajs('KafkaJSNonRetriableError', { originalError: kafkajs('KafkaJSNotImplemented') }),
      'unreadable-batch',
      false,
    ],
    [
      kafkajs('KafkaJSNumberOfRetriesExceeded', { retriable: false, cause: kafkajs('KafkaJSConnectionClosedError') }),
      'connection',
      true,
    ],
    [new TypeError('a bug'), 'broker', false],
    ['thrown text', 'broker', false],
  ])('%s becomes %s, to be tried again: %s', (error, code, retriable) => {
    const translated = translateError(error);
    expect(translated).toMatchObject({ name: 'KafkaError', code, retriable });
    expect(translated.cause).toBe(error);
  });

  it('leaves ours as they are', () => {
    const error = new KafkaError('deadline', 'late');
    expect(translateError(error)).toBe(error);
  });
});
