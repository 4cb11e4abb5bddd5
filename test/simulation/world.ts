import { type KafkaDriver, KafkaError, type OutgoingRecord, type Producer, silent } from '@millrace/kafka';
import { joinGroup } from '@millrace/kafka/testing';
import { type Bridge, createBridge } from '../../bridges/inbound/bridge';
import { createRelay, type Relay } from '../../bridges/relay/relay';
import { bridgeCalls } from './bridge-calls';
import { SESSION_MS, SimBroker } from './broker';
import { createChance } from './chance';
import { contractOf, contracts, type Fact, factsOf, registry, routes } from './events';
import { Journal } from './journal';
import { kafkajsModel } from './kafkajs-model';
import { Link } from './link';
import { SimProcess } from './process';
import { type Incident, limitsOf, PEACE_MS, type Scenario, type Strike, strikesOn } from './scenario';
import { SimStore } from './store';
import { connectionLost, type StoreClient, storeClient } from './store-client';
import { callFailure, SimTemporal } from './temporal';
import { Timeline } from './timeline';
import { commitCheck } from './verdict';

/** What waits for a lost start may be given up in three goes: by its age in a blocked lane, in its own, and once its host does not know it. */
const SETTLED_WITHIN_MS = 600_000;
const RESTART_MS = 500;

interface Running {
  readonly process: SimProcess;
  readonly store: StoreClient;
  readonly stop: () => Promise<void>;
  /** Nothing is on its way in it that came from Kafka, not even for an assignment that it has lost. */
  readonly isIdle: () => boolean;
}

/** Everything outside the platform in one timeline, and bridges and relays in it. */
export class World {
  readonly timeline = new Timeline();
  readonly journal = new Journal();
  readonly store: SimStore;
  readonly temporal: SimTemporal;
  readonly broker: SimBroker;
  readonly facts: readonly Fact[];
  /** What the relay has published. */
  readonly published: OutgoingRecord[] = [];
  readonly chance;
  readonly links;
  private readonly running = new Map<number, Running>();
  private born = 0;
  private peaceful = false;

  constructor(readonly scenario: Scenario) {
    this.chance = createChance(scenario.pace);
    this.facts = factsOf(scenario);
    this.store = new SimStore(this.timeline, this.journal);
    this.broker = new SimBroker(this.timeline, this.journal, commitCheck(this));
    this.links = {
      temporal: this.link('temporal', callFailure),
      store: this.link('store', connectionLost),
      commit: this.link('commit', () => new KafkaError('connection', 'lost by plan')),
      letters: this.link('letters', () => new KafkaError('connection', 'lost by plan')),
      kafka: new Link(this.timeline, this.chance, new Map(), [], () => new KafkaError('connection', 'lost')),
    };
    this.temporal = new SimTemporal(this.timeline, this.chance, this.store, this.journal, {
      inbox: scenario.inbox,
      retentionMs: scenario.retentionMs,
      worker: scenario.absences.filter(({ of }) => of === 'worker'),
      storeIsAway: () => this.links.store.isAway(),
      startsOn: (target) => contractOf(target).startsOn,
      limited: scenario.limited,
      mostHeld: scenario.mostHeld,
      recording: scenario.recording,
      lostTasks: scenario.lostTasks,
    });
  }

  /** Plays the scenario to its end; answers what must not have happened. */
  async play(): Promise<void> {
    const { timeline, scenario, journal } = this;
    const began = timeline.now;
    for (const fact of this.facts) timeline.plan(fact.at, () => this.broker.append(fact.record));
    for (let nth = 0; nth < scenario.bridges; nth += 1) this.start(nth);
    for (let nth = 3; nth < 5; nth += 1) this.start(nth);
    for (const incident of scenario.incidents) timeline.plan(incident.at, () => this.happen(incident));
    for (const at of scenario.terminations) timeline.plan(at, () => this.temporal.hosts.terminate());
    timeline.plan(this.peaceAt(), () => {
      this.peaceful = true;
      for (let nth = 0; nth < 5; nth += 1) this.running.get(nth)?.process.thaw();
    });
    const settled = await timeline.run(() => this.isSettled(), began + SETTLED_WITHIN_MS);
    if (!settled) journal.violate(`not settled: ${this.whatIsLeft()}`);
    else if (!(await this.stopAll())) journal.violate('a process does not stop');
  }

  /** No sooner than the last incident is over. */
  private peaceAt(): number {
    const { incidents, absences, limited } = this.scenario;
    const ends = [...incidents, ...absences, ...limited].map(({ at, ms }) => at + ms);
    return Math.min(PEACE_MS, Math.max(0, ...ends, ...this.facts.map(({ at }) => at)) + 1);
  }

  private link(to: Strike['link'], failure: ConstructorParameters<typeof Link>[4]): Link {
    const { strikes, absences } = this.scenario;
    const windows = absences.filter(({ of }) => of === to);
    return new Link(this.timeline, this.chance, strikesOn(to, strikes), windows, failure);
  }

  private start(nth: number): void {
    this.born += 1;
    const process = new SimProcess(`${nth}.${this.born}`, this.timeline, this.chance);
    const store = storeClient(process, this.store, this.links.store);
    const bridge = nth < 3 ? this.bridge(process, store, nth) : this.relay(process, store);
    const isIdle = (): boolean => {
      const stats = 'lag' in bridge ? bridge.stats() : undefined;
      return stats === undefined || stats.inFlight + stats.retrying === 0;
    };
    this.running.set(nth, { process, store, stop: () => bridge.stop(), isIdle });
    const again = () => this.restart(nth, process, RESTART_MS);
    if ('crashed' in bridge) {
      void bridge.crashed.then(again);
      bridge.start().catch(again);
    } else bridge.start();
  }

  private restart(nth: number, process: SimProcess, ms: number): void {
    this.broker.watch(process);
    process.kill();
    this.timeline.plan(ms, () => {
      if (this.running.get(nth)?.process === process) this.start(nth);
    });
  }

  private happen({ process: nth, what, ms }: Incident): void {
    const one = this.running.get(nth);
    if (one === undefined || one.process.state !== 'running' || this.peaceful) return;
    const { process } = one;
    switch (what) {
      case 'crash':
        this.restart(nth, process, ms);
        break;
      case 'stop':
        void one.stop().then(() => this.restart(nth, process, ms));
        break;
      case 'freeze':
        process.freeze();
        this.broker.watch(process);
        this.timeline.plan(ms, () => process.thaw());
        break;
      case 'expel':
        this.broker.expel(process);
        break;
      case 'cut':
        one.store.cut();
        break;
      default:
        what satisfies never;
    }
  }

  private bridge(process: SimProcess, store: StoreClient, nth: number): Bridge {
    return createBridge({
      driver: this.driver(process),
      producer: this.producer(process),
      store,
      workflows: bridgeCalls(this, process, store, nth),
      registry,
      routes,
      groupId: 'bridge',
      topics: ['t0', 't1'],
      sessionTimeoutMs: SESSION_MS,
      clock: process.clock,
      random: () => this.chance.share('jitter'),
      limits: limitsOf(this.scenario),
    });
  }

  private relay(process: SimProcess, store: StoreClient): Relay {
    return createRelay({
      store,
      producer: this.producer(process),
      contracts: Object.values(contracts),
      batch: 4,
      pollMs: { min: 50, max: 3_000 },
      retryMs: 3_000,
      clock: process.clock,
    });
  }

  private driver(process: SimProcess): KafkaDriver {
    const { broker, links, scenario } = this;
    const world = { process, broker, link: links.kafka, commits: links.commit, staleFetches: scenario.staleFetches };
    const absent = (): never => {
      throw new KafkaError('broker', 'not in the simulation');
    };
    return {
      join: (group, listener) =>
        joinGroup(kafkajsModel(world), group, listener, { clock: process.clock, logger: silent }),
      producer: async () => this.producer(process),
      admin: absent,
      readRange: absent,
    };
  }

  private producer(process: SimProcess): Producer {
    return {
      send: (records) =>
        this.links.letters.ask(process, 'send', () => {
          for (const record of records) this.receive(record);
          return records.map(({ topic, partition = 0 }) => ({ topic, partition, offset: 0n }));
        }),
      close: async () => {},
    };
  }

  private receive(record: OutgoingRecord): void {
    const {
      'x-original-topic': topic,
      'x-original-partition': partition,
      'x-original-offset': offset,
    } = record.headers;
    if (topic === undefined) this.published.push(record);
    else this.journal.letter(`${topic}/${partition}@${offset}`, record.headers['x-error-code'] ?? '');
  }

  private isSettled(): boolean {
    return (
      this.peaceful &&
      this.store.lanes.size === 0 &&
      this.broker.isCommitted() &&
      this.links.temporal.isIdle() &&
      this.temporal.isIdle() &&
      this.store.hosting.isIdle() &&
      [...this.running.values()].every(({ process, isIdle }) => process.state === 'dead' || isIdle()) &&
      Number(this.store.checkpoints.get('relay')?.position ?? 0) === this.store.feed.length
    );
  }

  private whatIsLeft(): string {
    const committed = Object.fromEntries(this.broker.committed);
    return JSON.stringify({
      committed,
      lanes: this.store.list(),
      idle: this.temporal.isIdle(),
      deadlines: this.store.hosting.deadlines(),
      parked: [...this.store.hosting.parked.keys()],
      feed: this.store.feed.length,
    });
  }

  private async stopAll(): Promise<boolean> {
    const stops = [...this.running.values()]
      .filter(({ process }) => process.state === 'running')
      .map(({ stop }) => stop());
    let stopped = false;
    void Promise.all(stops).then(() => {
      stopped = true;
    });
    return this.timeline.run(() => stopped, this.timeline.now + 60_000);
  }
}
