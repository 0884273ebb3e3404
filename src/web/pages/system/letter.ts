import type { z } from 'zod';
import type { DeadLetterAnswer } from '../../../domain/api/system.js';

/** A body that could not be used, as the API lists it. */
export type DeadLetter = z.infer<typeof DeadLetterAnswer>;
