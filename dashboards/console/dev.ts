/**
 * The console while it is written: changes show at once. The APIs are those of a
 * Plimsoll that runs: `node dashboards/console/dev.ts http://127.0.0.1:7300`.
 */
import { createServer } from 'vite';
import { consoleBuild } from '#dashboards/console/vite.config.ts';

const origin = process.argv[2] ?? 'http://127.0.0.1:7300';
const server = await createServer({
  ...consoleBuild('.build/console-dev'),
  logLevel: 'info',
  server: {
    host: '127.0.0.1',
    proxy: {
      // For the origin it is a request of its own: what comes from elsewhere may change nothing.
      '/api': { target: origin, changeOrigin: true, headers: { origin } },
      '/metrics': { target: origin, changeOrigin: true, headers: { origin } },
    },
  },
});
await server.listen();
server.printUrls();
