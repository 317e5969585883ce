import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { civilDay, dayNumber, daysInMonth, isoText, splitDay } from '#signals/elasticsearch/calendar.ts';

const day = fc.integer({ min: -700_000, max: 2_900_000 });

test('a day and its number are each other back, as the calendar has it', () => {
  fc.assert(
    fc.property(day, (days) => {
      const civil = civilDay(days);
      assert.equal(dayNumber(civil), days);
      const date = new Date(days * 86_400_000);
      assert.deepEqual(
        [civil.year, civil.month, civil.day],
        [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()],
      );
    }),
  );
});

test('months and days beyond their ends count on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1900, max: 2100 }), fc.integer({ min: -30, max: 30 }), (year, month) => {
      assert.equal(dayNumber({ year, month, day: 1 }) * 86_400_000, Date.UTC(year, month - 1, 1));
      assert.equal(dayNumber({ year, month, day: 40 }) * 86_400_000, Date.UTC(year, month - 1, 40));
    }),
  );
  assert.equal(daysInMonth({ year: 2028, month: 2, day: 1 }), 29);
  assert.equal(daysInMonth({ year: 2100, month: 2, day: 1 }), 28);
});

test('times are written as the calendar has them', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e14 }), (ms) => {
      assert.equal(isoText(ms), new Date(ms).toISOString());
      const { day: civil, restMs } = splitDay(ms);
      assert.equal(dayNumber(civil) * 86_400_000 + restMs, ms);
    }),
  );
});
