#!/usr/bin/env node
import { parseArgs } from 'node:util';

/** What `npm run demo` was asked for; null, and a word on it, where it was asked for something else. */
function readArguments(): { readonly once: boolean } | null {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
    return values;
  } catch (error) {
    process.stderr.write(`fixpoint demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

async function main(): Promise<number> {
  const asked = readArguments();
  if (asked === null) return 2;
  process.stdout.write('Opening a small simulated shop, and Fixpoint with a new embedded store: a few seconds …\n');
  // Loaded behind the line above: everything that the story needs takes a second or two to load.
  const { demo } = await import('./demo-story.js');
  return demo(asked);
}

// No await at the top: bundled programs are scripts.
void main().then((code) => {
  process.exitCode = code;
});
