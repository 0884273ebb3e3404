const MAX_LINE = 2_048;
const MAX_MESSAGE = 5 * 1024 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_ERRORS = 20;
const NAME = 'mail.shop.example.com';
const PATH = /^<(?:@[^:>]+:)?((?:[^\s<>@"\\]+|"(?:[^"\\]|\\.)*")@[^\s<>@]+|)>$/u;

/** What goes back to the client, and whether that was all. */
interface Reaction {
  readonly reply: string;
  readonly ends: boolean;
}

/**
 * The server's side of one SMTP connection, without the socket: bytes in, replies out. Commands follow RFC 5321's order; several may come
 * at once (PIPELINING), and bytes may be cut anywhere.
 */
export class SmtpConversation {
  readonly #take: (from: string, to: readonly string[], raw: string) => void;
  #buffer = Buffer.alloc(0);
  #greeted = false;
  #extended = false;
  #from: string | null = null;
  #to: string[] = [];
  #inData = false;
  #lines: Buffer[] = [];
  #size = 0;
  #errors = 0;

  constructor(take: (from: string, to: readonly string[], raw: string) => void) {
    this.#take = take;
  }

  greeting(): string {
    return `220 ${NAME} ESMTP\r\n`;
  }

  /** Takes what came and answers what there is to say. */
  receive(chunk: Uint8Array): Reaction {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    let reply = '';
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end < 0) break;
      const line = this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(end + 2);
      const answer = this.#inData ? this.#dataLine(line) : this.#command(line);
      if (answer !== null) reply += `${answer}\r\n`;
      if (answer?.startsWith('221 ') || answer?.startsWith('421 ')) return { reply, ends: true };
    }
    const limit = this.#inData ? MAX_MESSAGE : MAX_LINE;
    if (this.#buffer.length > limit) return { reply: `${reply}500 5.5.2 line too long\r\n`, ends: true };
    return { reply, ends: false };
  }

  #command(line: Buffer): string {
    const answer = this.#answer(line);
    if (answer.startsWith('5')) this.#errors++;
    return this.#errors > MAX_ERRORS ? '421 4.7.0 too many errors' : answer;
  }

  #answer(line: Buffer): string {
    if (line.length > MAX_LINE) return '500 5.5.2 line too long';
    const text = line.toString('utf8');
    const [verb = '', ...rest] = text.split(' ');
    const argument = rest.join(' ');
    switch (verb.toUpperCase()) {
      case 'EHLO':
      case 'HELO':
        return this.#hello(verb.toUpperCase() === 'EHLO', argument);
      case 'MAIL':
        return this.#mail(argument);
      case 'RCPT':
        return this.#recipient(argument);
      case 'DATA':
        return this.#data(argument);
      case 'RSET':
        if (argument !== '') return '501 5.5.4 RSET takes no argument';
        this.#reset();
        return '250 2.0.0 reset';
      case 'NOOP':
        return '250 2.0.0 ok';
      case 'VRFY':
        return '252 2.1.5 cannot verify, but will take the message';
      case 'QUIT':
        return argument === '' ? `221 2.0.0 ${NAME} closes the connection` : '501 5.5.4 QUIT takes no argument';
      default:
        return '500 5.5.1 command unrecognized';
    }
  }

  #hello(isExtended: boolean, name: string): string {
    if (name.trim() === '') return `501 5.5.4 say who you are: ${isExtended ? 'EHLO' : 'HELO'} host.example.com`;
    this.#greeted = true;
    this.#extended = isExtended;
    this.#reset();
    if (!isExtended) return `250 ${NAME}`;
    return [
      `250-${NAME}`,
      `250-SIZE ${MAX_MESSAGE}`,
      '250-8BITMIME',
      '250-SMTPUTF8',
      '250-ENHANCEDSTATUSCODES',
      '250 PIPELINING',
    ].join('\r\n');
  }

  #mail(argument: string): string {
    if (!this.#greeted) return '503 5.5.1 say EHLO first';
    if (this.#from !== null) return '503 5.5.1 a message is under way: RSET first';
    const path = pathOf(argument, 'FROM');
    if (path === null) return '501 5.1.7 expected MAIL FROM:<address>';
    for (const parameter of path.parameters) {
      const refusal = this.#mailParameter(parameter);
      if (refusal !== null) return refusal;
    }
    this.#from = path.address;
    return '250 2.1.0 sender ok';
  }

  #mailParameter(parameter: string): string | null {
    const [name = '', value = ''] = parameter.toUpperCase().split('=');
    if (!this.#extended) return '555 5.5.4 parameters need EHLO';
    if (name === 'SIZE' && /^\d{1,20}$/.test(value))
      return Number(value) > MAX_MESSAGE ? '552 5.3.4 message too big' : null;
    if (name === 'BODY' && (value === '7BIT' || value === '8BITMIME')) return null;
    if (name === 'SMTPUTF8' && value === '') return null;
    return `555 5.5.4 parameter ${name} is not known`;
  }

  #recipient(argument: string): string {
    if (this.#from === null) return '503 5.5.1 say MAIL FROM first';
    const path = pathOf(argument, 'TO');
    if (path === null || path.address === '') return '501 5.1.3 expected RCPT TO:<address>';
    if (path.parameters.length > 0) return '555 5.5.4 RCPT takes no parameters here';
    if (this.#to.length >= MAX_RECIPIENTS) return '452 4.5.3 too many recipients';
    this.#to.push(path.address);
    return '250 2.1.5 recipient ok';
  }

  #data(argument: string): string {
    if (argument !== '') return '501 5.5.4 DATA takes no argument';
    if (this.#from === null) return '503 5.5.1 say MAIL FROM first';
    if (this.#to.length === 0) return '503 5.5.1 there is no recipient';
    this.#inData = true;
    return '354 end with a line that holds a dot only';
  }

  /** Null while the message goes on. */
  #dataLine(line: Buffer): string | null {
    if (line.length !== 1 || line[0] !== DOT) {
      const content = line[0] === DOT ? line.subarray(1) : line;
      this.#size += content.length + 2;
      // Beyond the limit nothing is kept, but the client is heard to its end: only there it listens.
      if (this.#size <= MAX_MESSAGE) this.#lines.push(Buffer.from(content));
      return null;
    }
    const isTooBig = this.#size > MAX_MESSAGE;
    const raw = this.#lines.map((each) => `${each.toString('utf8')}\r\n`).join('');
    const [from, to] = [this.#from ?? '', this.#to];
    this.#reset();
    if (isTooBig) return '552 5.3.4 message too big';
    this.#take(from, to, raw);
    return '250 2.0.0 taken';
  }

  #reset(): void {
    this.#from = null;
    this.#to = [];
    this.#inData = false;
    this.#lines = [];
    this.#size = 0;
  }
}

const DOT = 0x2e;

function pathOf(argument: string, word: 'FROM' | 'TO'): { address: string; parameters: string[] } | null {
  const match = new RegExp(`^${word}:\\s?(<[^>]*>)((?: \\S+)*)$`, 'i').exec(argument.trimEnd());
  const address = PATH.exec(match?.[1] ?? '')?.[1];
  if (!match || address === undefined) return null;
  return { address, parameters: (match[2] ?? '').split(' ').filter((part) => part !== '') };
}
