/** Access to the origin: the rules every door of ours shares. */
export { hostName, isLoopback, LOOPBACK_NAMES, refusal, type AccessRules } from '#base/real/http-access.ts';
