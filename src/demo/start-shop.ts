import { counted } from '../domain/counted.js';
import type { Clock } from '../domain/clock.js';
import { RuleEvaluator, SHOP_RULES } from './alert-rules.js';
import { AlertmanagerSender } from './alertmanager.js';
import type { SentNotification } from './alertmanager.js';
import { Counters } from './counters.js';
import { serveElasticsearch } from './elasticsearch.js';
import { serveHealth } from './health.js';
import { serveJaeger } from './jaeger.js';
import { serveKubernetes } from './kubernetes.js';
import { ShopLogs } from './logs.js';
import type { Loopback } from './loopback.js';
import type { Mail } from './mail.js';
import { servePrometheus } from './prometheus.js';
import type { SeriesSource } from './promql-evaluate.js';
import { hexDigits } from './random.js';
import { shopSeries } from './series.js';
import { DATABASE, PAYMENT, SERVICES } from './services.js';
import { ShopModel } from './shop.js';
import { serveMailSink } from './smtp.js';

/** Fixed ports for the shop's servers; 0 or absent lets the system choose. */
export interface ShopPorts {
  readonly health?: number;
  readonly prometheus?: number;
  readonly jaeger?: number;
  readonly elasticsearch?: number;
  readonly kubernetes?: number;
  readonly smtp?: number;
}

export interface ShopOptions {
  readonly clock: Clock;
  /** The same seed gives the same shop. */
  readonly seed: number;
  readonly ports?: ShopPorts;
  readonly onMail?: (mail: Mail) => void;
}

/** Where the shop's servers listen. */
export interface ShopAddresses {
  readonly health: string;
  readonly prometheus: string;
  readonly jaeger: string;
  readonly elasticsearch: string;
  readonly kubernetes: string;
  readonly smtp: { readonly host: string; readonly port: number };
}

/** A receiver of alerts. */
export interface AlertReceiver {
  readonly url: string;
  readonly token: string;
  readonly onSent?: (sent: SentNotification) => void;
  readonly repeat_interval_ms?: number;
}

/** A shop that is open: its model, its servers, and its monitoring. */
export interface Shop {
  readonly model: ShopModel;
  readonly addresses: ShopAddresses;
  /** What the Kubernetes API wants to see as bearer token. */
  readonly kubernetes_token: string;
  mails(): readonly Mail[];
  /** From now on alerts are sent there, as Alertmanager sends them. Only one receiver at a time. */
  sendAlertsTo(receiver: AlertReceiver): Promise<void>;
  /** Closes everything; may be called twice. */
  stop(): Promise<void>;
}

/** Opens the shop: everything listens on the loopback address when this resolves, and nothing is left open when it rejects. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { clock, seed, ports = {} } = options;
  const model = new ShopModel({ clock, seed });
  const source: SeriesSource = {
    series: shopSeries(model, new Counters(model)),
    from: () => model.remembersFrom(),
    now: () => model.now(),
  };
  const rules = new RuleEvaluator({ rules: SHOP_RULES, source, clock });
  const kubernetes_token = `shop-${hexDigits(32, seed, 'kubernetes token')}`;
  const stops: (() => Promise<void>)[] = [];
  const opened = async <T extends { stop(): Promise<void> }>(server: Promise<T>): Promise<T> => {
    const ready = await server;
    stops.push(() => ready.stop());
    return ready;
  };
  try {
    const health = await opened(serveHealth(ports.health ?? 0, model));
    const prometheus = await opened(servePrometheus(ports.prometheus ?? 0, { source, rules }));
    const jaeger = await opened(serveJaeger(ports.jaeger ?? 0, model));
    const elasticsearch = await opened(
      serveElasticsearch(ports.elasticsearch ?? 0, { model, logs: new ShopLogs(model) }),
    );
    const kubernetes = await opened(serveKubernetes(ports.kubernetes ?? 0, { model, token: kubernetes_token }));
    const sink = await opened(
      serveMailSink(ports.smtp ?? 0, { clock, ...(options.onMail ? { onMail: options.onMail } : {}) }),
    );
    rules.start();
    const addresses = {
      ...urlsOf({ health, prometheus, jaeger, elasticsearch, kubernetes }),
      smtp: { host: sink.host, port: sink.port },
    };
    const alerts = alertSending(rules, clock, prometheus.url);
    stops.push(() => alerts.stop());
    return {
      model,
      addresses,
      kubernetes_token,
      mails: () => sink.mails(),
      sendAlertsTo: (receiver) => alerts.sendTo(receiver),
      stop: async () => {
        rules.stop();
        await stopAll(stops);
      },
    };
  } catch (error) {
    rules.stop();
    await stopAll(stops);
    throw error;
  }
}

/** The configuration that points Fixpoint at the shop: slices of `fixpoint.yaml`. */
export function shopConfig(shop: Pick<Shop, 'addresses' | 'kubernetes_token'>) {
  const { addresses, kubernetes_token } = shop;
  const services = Object.fromEntries(
    SERVICES.filter((service) => service.kind === 'Deployment').map((service) => {
      const called = service.calls.map((call) => call.service);
      return [
        service.name,
        {
          downstream: called.filter((name) => name !== DATABASE),
          databases: called.filter((name) => name === DATABASE),
        },
      ];
    }),
  );
  return {
    executors: {
      api_call: { base_url: addresses.health },
      prometheus: { url: addresses.prometheus },
      trace: { url: addresses.jaeger },
      topology: { url: addresses.jaeger, services },
      elasticsearch: { url: addresses.elasticsearch, index: 'shop-logs-*' },
      kubernetes: {
        server: addresses.kubernetes,
        token: kubernetes_token,
        cluster_name: 'shop',
        namespace: 'default',
        poll_interval: '200ms',
      },
    },
    notifiers: {
      email: {
        ...addresses.smtp,
        starttls: 'off' as const,
        from: 'Fixpoint <fixpoint@example.com>',
        to: ['oncall@example.com'],
      },
    },
  };
}

/** `payment-gateway 2 replicas, p99 180 ms`: how the shop does right now. */
export function shopSummary(model: ShopModel): string {
  const now = model.now();
  const ready = model.readyPods(PAYMENT, now).length;
  const p99 = ready === 0 ? 'no answer' : `p99 ${Math.round(model.measuredLatency(PAYMENT, 0.99, now))} ms`;
  return `${PAYMENT} ${counted(ready, 'replica')}, ${p99}`;
}

function urlsOf<Name extends string>(servers: Readonly<Record<Name, Loopback>>): Record<Name, string> {
  const pairs = Object.entries<Loopback>(servers).map(([name, server]) => [name, server.url]);
  return Object.fromEntries(pairs) as Record<Name, string>; // the same names as came in
}

function alertSending(rules: RuleEvaluator, clock: Clock, prometheus_url: string) {
  let sender: AlertmanagerSender | null = null;
  const stop = async (): Promise<void> => {
    const before = sender;
    sender = null;
    await before?.stop();
  };
  return {
    stop,
    sendTo: async (receiver: AlertReceiver): Promise<void> => {
      await stop();
      sender = new AlertmanagerSender({ ...receiver, rules, clock, prometheus_url });
      sender.start();
    },
  };
}

async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
}
