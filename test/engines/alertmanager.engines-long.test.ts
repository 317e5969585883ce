/** The Alertmanager of the compose file. */
import { alertmanagerTests } from '#test/engines/alertmanager-tests.ts';

alertmanagerTests('built');
