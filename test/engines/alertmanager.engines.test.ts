/** The Alertmanager that comes in a package. */
import { alertmanagerTests } from '#test/engines/alertmanager-tests.ts';

alertmanagerTests('packaged');
