/** The whole of a body as text; rejects, and lets go of the rest, as soon as it is longer than may be taken into memory. */
export async function readBody(body: AsyncIterable<unknown>, max_bytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer; // undici's bodies are byte streams
    size += bytes.length;
    if (size > max_bytes) throw new Error(`the answer is larger than ${max_bytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
