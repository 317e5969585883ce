/** Authorities and certificates of a test, made with openssl: servers that look closely take nothing less. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Missing } from '#test/engines/engine.ts';
import { findOnPath, runTool } from '#test/engines/tool.ts';

const TOOL_MS_MAX = 20_000;
const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
const DAYS = '-days 2';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A folder of them, removed with it. */
export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'plimsoll-ca-'));
  readonly #openssl: string;

  private constructor(openssl: string) {
    this.#openssl = openssl;
  }

  /** With its own certificate as {@link ca}. */
  static async make(): Promise<Authority | Missing> {
    const openssl = findOnPath('openssl');
    if (openssl === undefined) return { missing: 'openssl, which makes the certificates, was not found' };
    const authority = new Authority(openssl);
    // Servers that run as somebody else read from here.
    chmodSync(authority.folder, 0o755);
    await authority.#run(
      `req -x509 ${NEW_KEY} ${DAYS} -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem`,
    );
    return authority;
  }

  get ca(): string {
    return join(this.folder, 'ca.pem');
  }

  /** @param name a word @param names as in `subjectAltName`: `DNS:localhost,IP:127.0.0.1` */
  async issue(name: string, names: string): Promise<CertificateFiles> {
    const [key, request, cert, extensions] = [`${name}.key`, `${name}.csr`, `${name}.pem`, `${name}.ext`];
    const use = 'extendedKeyUsage=serverAuth,clientAuth';
    writeFileSync(join(this.folder, extensions), `subjectAltName=${names}\n${use}\n`);
    await this.#run(`req ${NEW_KEY} -subj /CN=${name} -keyout ${key} -out ${request}`);
    const by = '-CA ca.pem -CAkey ca.key -CAcreateserial';
    await this.#run(`x509 -req -in ${request} ${by} ${DAYS} -extfile ${extensions} -out ${cert}`);
    return { cert: join(this.folder, cert), key: join(this.folder, key) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(words: string): Promise<void> {
    await runTool([this.#openssl, ...words.split(' ')], { cwd: this.folder, timeoutMs: TOOL_MS_MAX });
  }
}
