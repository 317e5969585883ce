/**
 * Loaded with `--import` before a program that knows nothing of us: puts it on
 * the leash, so that it ends when whoever started it is gone.
 */
import { takeLeash } from '#bin/leash.ts';

takeLeash();
