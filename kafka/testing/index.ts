export { joinGroup } from '../kafkajs/member';
export { createMemoryDriver, type MemoryDriver, type MemoryDriverOptions } from './memory-driver';
