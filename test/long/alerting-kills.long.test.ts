import { test } from 'node:test';
import { runAlertingKills } from '#test/support/alerting-kills.ts';

test('twenty times kill -9: no page missed, none doubled', (t) => runAlertingKills(t, 20));
