import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuSecondsOfTree, parseTicks } from '#bench/cpu.ts';

test('a process name with spaces and parentheses does not shift the fields', () => {
  const stat = '42 (odd) name (x)) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 3 4 20 0 5 0 999 1 2';
  assert.equal(parseTicks(stat), 40);
});

test('the CPU of this process rises as it works', () => {
  const before = cpuSecondsOfTree(process.pid);
  const began = process.cpuUsage();
  // On a busy machine that takes longer than 60 ms.
  for (let spent = 0; spent < 60_000;) {
    const { user, system } = process.cpuUsage(began);
    spent = user + system;
  }
  const used = cpuSecondsOfTree(process.pid) - before;
  assert.ok(used > 0 && used < 10, `${used} s`);
});
