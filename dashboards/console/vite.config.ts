/** How the console is built: one small entry, a file a page, names by content. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

/** @param outDir where the built files go; emptied first */
export function consoleBuild(outDir: string): InlineConfig {
  return {
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    base: '/',
    plugins: [react()],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // A strict content security policy knows no data: scripts or styles.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 600,
    },
  };
}
