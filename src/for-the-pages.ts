import { join } from 'node:path';
import type { Settings } from './config.js';
import { durationMs } from './domain/duration.js';
import type { HttpConfig } from './http/deps.js';

/** What the HTTP face takes from the settings; `root` is the folder of the installation. */
export function httpConfigOf(settings: Settings, root: string): HttpConfig {
  return {
    bodyLimit: settings.body_limit,
    publicUrl: settings.public_url ?? null,
    language: settings.language,
    sessionMs: durationMs(settings.session_life),
    webDir: join(root, 'dist', 'web'),
  };
}
