#!/usr/bin/env node
import { serve } from './serve.js';

// No await at the top: bundled programs are scripts.
void serve(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
