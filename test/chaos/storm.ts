import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { aHome } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { freePort } from '../helper/loopback.js';
import { faultText, planFaults } from './faults.js';
import type { Fault } from './faults.js';
import { Member } from './member.js';
import { Random } from './random.js';
import { deliver, pause } from './sender.js';
import type { Sent } from './sender.js';
import { planDeliveries, PLAYBOOKS } from './story.js';
import { openTarget } from './target.js';
import type { Target } from './target.js';
import { openTcpProxy } from './tcp-proxy.js';
import type { TcpProxy } from './tcp-proxy.js';
import type { OwnServers } from './world.js';

/** Which storm: the same seed gives the same alerts, the same faults at the same times, and a target that fails the same writes. */
export interface StormOptions {
  readonly seed: number;
  readonly length_ms: number;
  /** Each role in processes of its own; else each of the three has all roles. */
  readonly split: boolean;
  readonly alerts: number;
  readonly directory: string;
  readonly log: (line: string) => void;
}

const LEASE_MS = 4_000;
const NO_MEMBER_IS_FREE = 'nobody is left to break';
/** How long after its faults a storm may still have something that nobody has accepted, or a server that is not back. */
const OVER_MS = 120_000;
/** How many notifications are under way at once. */
const SENDERS = 12;

/** Processes, their network and their target, with everything that goes wrong in it. */
export class Storm {
  readonly members: readonly Member[];
  readonly target: Target;
  readonly sent: Sent = { accepted: [], refused: [], again: new Map() };
  /** What was broken, and how often. */
  readonly done = new Map<string, number>();
  readonly #options: StormOptions;
  readonly #servers: OwnServers;
  readonly #proxies: readonly TcpProxy[];
  readonly #kafka: TcpProxy;
  readonly #home: Home;
  readonly #broken = new Set<number>();
  readonly #ended = new AbortController();

  /** For `begin` only, which starts all that it holds. */
  constructor(
    options: StormOptions,
    servers: OwnServers,
    parts: { members: Member[]; target: Target; proxies: TcpProxy[]; kafka: TcpProxy; home: Home },
  ) {
    this.#options = options;
    this.#servers = servers;
    this.members = parts.members;
    this.target = parts.target;
    this.#proxies = parts.proxies;
    this.#kafka = parts.kafka;
    this.#home = parts.home;
    // Every sender waits for it.
    setMaxListeners(0, this.#ended.signal);
  }

  /** Starts all processes on a database and topics of their own. */
  static async begin(options: StormOptions, servers: OwnServers): Promise<Storm> {
    const { seed, split, directory } = options;
    const name = `chaos_${seed}_${split ? 'split' : 'all'}`;
    await servers.createDatabase(name);
    const target = await openTarget(seed);
    const kafka = await openTcpProxy(servers.kafka_port, servers.kafka_advertised);
    const config = {
      default_mode: 'auto',
      schedule: { lease: `${LEASE_MS}ms` },
      executors: { api_call: { base_url: target.url } },
    };
    const home = aHome(PLAYBOOKS, JSON.stringify(config));
    const roles = split ? ['ingest', 'triage', 'schedule', 'schedule'] : [null, null, null];
    const proxies: TcpProxy[] = [];
    const members: Member[] = [];
    for (const [index, role] of roles.entries()) {
      const proxy = await openTcpProxy(servers.postgres_port);
      proxies.push(proxy);
      const env = {
        FIXPOINT_CONFIG: join(home.directory, 'fixpoint.yaml'),
        FIXPOINT_PLAYBOOKS_DIR: join(home.directory, 'playbooks'),
        FIXPOINT_DATA_DIR: join(home.directory, 'data'),
        DATABASE_URL: `postgres://postgres@127.0.0.1:${proxy.port}/${name}`,
        KAFKA_BROKERS: `127.0.0.1:${kafka.port}`,
        KAFKA_TOPIC_PREFIX: name,
      };
      const port = await freePort();
      members.push(new Member({ name: `${name}-${index}-${role ?? 'all'}`, port, roles: role, env, directory }));
    }
    for (const member of members) member.start();
    return new Storm(options, servers, { members, target, proxies, kafka, home });
  }

  /**
   * Sends the alerts while everything goes wrong; resolves when all were accepted and all is well again. What is not by two minutes after
   * the last fault is given up, and stands among `sent.refused`.
   */
  async rage(): Promise<void> {
    const { seed, length_ms, alerts, log } = this.#options;
    const faults = planFaults(new Random(seed), { members: this.members.length, length_ms, lease_ms: LEASE_MS });
    log(`faults: ${faults.map(faultText).join(' · ')}`);
    const begun = Date.now();
    const breaking = faults.map(async (fault) => {
      await pause(Math.max(0, begun + fault.at_ms - Date.now()), this.#ended.signal);
      if (!this.#ended.signal.aborted) await this.#break(fault);
    });
    const limit = setTimeout(() => this.#giveUp(), length_ms + OVER_MS);
    try {
      await Promise.all([this.#send(planDeliveries(new Random(seed + 1), alerts), length_ms), ...breaking]);
    } finally {
      clearTimeout(limit);
    }
    this.target.behave();
  }

  #giveUp(): void {
    const states = this.members.map((member) => `${member.name} ${member.isUp ? 'up' : `down: ${member.lastWords()}`}`);
    this.#options.log(`the storm does not end: ${states.join(' · ')}`);
    this.#ended.abort();
  }

  /** Ends one that works on runs, and starts it again at once. */
  async strike(): Promise<void> {
    const member = this.members.at(-1);
    this.done.set('kill', (this.done.get('kill') ?? 0) + 1);
    await member?.kill();
    member?.start();
  }

  /** Ends everything, however far it has come. */
  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.members.map((member) => member.kill()));
    await Promise.all([this.#kafka, ...this.#proxies].map((proxy) => proxy.close()));
    await this.target.close();
    this.#home.remove();
  }

  async #send(deliveries: ReturnType<typeof planDeliveries>, length_ms: number): Promise<void> {
    const begun = Date.now();
    const { signal } = this.#ended;
    let next = 0;
    const work = async (): Promise<void> => {
      while (!signal.aborted) {
        const index = next++;
        const delivery = deliveries[index];
        if (!delivery) return;
        // Evenly over the storm, as far as they are taken.
        await pause(begun + (length_ms * index) / deliveries.length - Date.now(), signal);
        const send = (status: 'firing' | 'resolved') => deliver(delivery, status, this.members, this.sent, signal);
        await Promise.all(Array.from({ length: delivery.senders }, () => send('firing')));
        if (delivery.resolves) await send('resolved');
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, work));
  }

  async #break(fault: Fault): Promise<void> {
    this.done.set(fault.type, (this.done.get(fault.type) ?? 0) + 1);
    const { signal } = this.#ended;
    switch (fault.type) {
      case 'kill':
        return this.#with(fault.member, async (member) => {
          await member.kill();
          await pause(fault.down_ms, signal);
          if (!signal.aborted) member.start();
        });
      case 'freeze':
        return this.#with(fault.member, async (member) => {
          member.freeze(true);
          await pause(fault.frozen_ms, signal);
          member.freeze(false);
        });
      case 'postgres':
        return this.#servers.restartPostgres(fault.stop);
      case 'kafka':
        return this.#servers.restartKafka(fault.signal);
      case 'cut': {
        const proxy = this.#proxyOf(fault);
        proxy.refuse(true);
        proxy.cut();
        await pause(fault.refused_ms, signal);
        return proxy.refuse(false);
      }
      case 'stall': {
        const proxy = this.#proxyOf(fault);
        proxy.stall(true);
        await pause(fault.stalled_ms, signal);
        return proxy.stall(false);
      }
    }
  }

  #proxyOf({ what, member }: Fault & { type: 'cut' | 'stall' }): TcpProxy {
    return (what === 'kafka' ? undefined : this.#proxies[member]) ?? this.#kafka;
  }

  /** Breaks this process, or the next one that is not broken already. */
  async #with(first: number, work: (member: Member) => Promise<void>): Promise<void> {
    const order = this.members.map((_, index) => (first + index) % this.members.length);
    const index = order.find((each) => !this.#broken.has(each));
    const member = index === undefined ? undefined : this.members[index];
    if (index === undefined || member === undefined) return this.#options.log(NO_MEMBER_IS_FREE);
    this.#broken.add(index);
    try {
      await work(member);
    } finally {
      this.#broken.delete(index);
    }
  }
}
