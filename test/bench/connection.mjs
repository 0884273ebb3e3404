import { connect } from 'node:net';

/** One kept-alive HTTP/1.1 connection that asks one thing at a time; written out because a generator must cost less than what it measures. */
export class Connection {
  #socket;
  #received = [];
  #size = 0;
  #waiting = null;
  #broken = null;
  /** Called once when the other side is gone, whether or not anything was asked. */
  onBroken = () => undefined;

  /** Connects to `url`, whose path and token every request carries. */
  static async open(url, token) {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const head = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: `;
    return new Connection(socket, head);
  }

  constructor(socket, head) {
    this.#socket = socket;
    this.head = head;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Answers status and body of the response. */
  post(body) {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(`${this.head}${body.length}\r\n\r\n`, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close() {
    this.onBroken = () => undefined;
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received.push(chunk);
    this.#size += chunk.length;
    const all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received, this.#size);
    this.#received = [all];
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = all.latin1Slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (all.length < end + 4 + length) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#received = [];
    this.#size = 0;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body: all.subarray(end + 4) });
  }

  #fail(error) {
    if (this.#broken) return;
    this.#broken = error;
    this.#waiting?.reject(error);
    this.#waiting = null;
    this.onBroken(error);
  }
}
