/** One service of the shop, as built: what it costs to answer a request, and whom it asks meanwhile. */
export interface ServiceSpec {
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  /** What one replica can finish in a second, and by how many workers. */
  readonly capacity_rps: number;
  readonly workers: number;
  /** The service's own work at the median, without waiting and without whom it calls. */
  readonly median_ms: number;
  /** How much its own work slows down at full load: 1.5 means 2.5 times as long. */
  readonly contention: number;
  /** Requests a second that come from outside of the shop. */
  readonly direct_rps: number;
  readonly calls: readonly { readonly service: string; readonly per_request: number }[];
  /** The method and route of its requests, for traces and logs. */
  readonly operation: string;
  readonly port: number;
  readonly image: string;
  /** The third number of its pods' addresses. */
  readonly subnet: number;
}

export const PAYMENT = 'payment-gateway';
export const ORDER = 'order-service';
export const INVENTORY = 'inventory-service';
export const DATABASE = 'shop-db';

/** Callers stand before whom they call. */
export const SERVICES: readonly ServiceSpec[] = [
  {
    name: PAYMENT,
    kind: 'Deployment',
    replicas: 2,
    capacity_rps: 120,
    workers: 4,
    median_ms: 28,
    contention: 0.87,
    direct_rps: 117.7,
    calls: [{ service: ORDER, per_request: 1 }],
    operation: 'POST /api/v1/payments',
    port: 8080,
    image: 'registry.example.com/shop/payment-gateway:2.14.3',
    subnet: 1,
  },
  {
    name: ORDER,
    kind: 'Deployment',
    replicas: 2,
    capacity_rps: 230,
    workers: 8,
    median_ms: 4.2,
    contention: 0.6,
    direct_rps: 40,
    calls: [{ service: INVENTORY, per_request: 1 }],
    operation: 'POST /api/v1/orders',
    port: 8081,
    image: 'registry.example.com/shop/order-service:5.2.0',
    subnet: 2,
  },
  {
    name: INVENTORY,
    kind: 'Deployment',
    replicas: 2,
    capacity_rps: 320,
    workers: 8,
    median_ms: 2.4,
    contention: 0.6,
    direct_rps: 10,
    calls: [{ service: DATABASE, per_request: 1 }],
    operation: 'POST /api/v1/reservations',
    port: 8082,
    image: 'registry.example.com/shop/inventory-service:3.8.1',
    subnet: 3,
  },
  {
    name: DATABASE,
    kind: 'StatefulSet',
    replicas: 1,
    capacity_rps: 1_500,
    workers: 16,
    median_ms: 1.1,
    contention: 0.5,
    direct_rps: 0,
    calls: [],
    operation: 'SELECT stock',
    port: 5432,
    image: 'registry.example.com/library/postgres:15.8',
    subnet: 4,
  },
];

/** The service of that name; a name that the shop does not have is a mistake of the caller. */
export function serviceSpec(name: string): ServiceSpec {
  const spec = SERVICES.find((service) => service.name === name);
  if (!spec) throw new RangeError(`the shop has no service ${name}`);
  return spec;
}

/** Things that can be made to go wrong. */
export const FAULTS = ['payment_traffic', 'order_cpu', 'inventory_database', 'disk'] as const;
export type Fault = (typeof FAULTS)[number];
