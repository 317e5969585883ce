/** The boards on the engines of the compose file, all of them asked everything. */
import { dashboardsTests } from '#test/engines/dashboards-tests.ts';

dashboardsTests('built');
