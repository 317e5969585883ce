/** The media types of Elasticsearch's clients: plain, or compatible with a major version. */
import { ElasticError } from '#server/elasticsearch/core/errors.ts';

const VENDOR = /application\/vnd\.elasticsearch\+(json|x-ndjson)/;
const VERSION = /compatible-with\s*=\s*"?(\d+)"?/;
const VERSIONS = new Set(['7', '8', '9']);
const PLAIN = /^application\/(?:json|x-ndjson)\b/;

/** The type of an answer to what the caller accepts. @throws ElasticError `media_type_header_exception` */
export function answerType(accept: string | undefined): string {
  const part = accept?.split(',').find((one) => VENDOR.test(one));
  if (part === undefined) return 'application/json';
  return `application/vnd.elasticsearch+json;compatible-with=${versionOf(part, 'Accept')}`;
}

/** @throws ElasticError for a type that is not understood */
export function checkBodyType(contentType: string | undefined): void {
  if (contentType !== undefined && VENDOR.test(contentType)) {
    versionOf(contentType, 'Content-Type');
    return;
  }
  if (contentType !== undefined && PLAIN.test(contentType.trim().toLowerCase())) return;
  throw new ElasticError(
    406,
    'media_type_header_exception',
    `Content-Type header [${contentType ?? ''}] is not supported`,
  );
}

function versionOf(header: string, name: string): string {
  const version = VERSION.exec(header)?.[1];
  if (version !== undefined && VERSIONS.has(version)) return version;
  throw new ElasticError(
    400,
    'media_type_header_exception',
    `Invalid media-type value on headers [${name}]: [${header.trim()}]; expected compatible-with=7, 8 or 9`,
  );
}
