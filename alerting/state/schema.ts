/**
 * The schema of the state file, one step a version: append, never edit. Times
 * are milliseconds since the Unix epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE identity (id TEXT NOT NULL) STRICT;
  CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL) STRICT;
  CREATE TABLE snapshots (slo_id TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE alerts (
    fingerprint TEXT PRIMARY KEY,
    slo_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    firing INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    updated_at INTEGER NOT NULL,
    labels TEXT NOT NULL,
    annotations TEXT NOT NULL,
    incident_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_firing ON alerts (firing);

  CREATE TABLE incidents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    slo_id TEXT NOT NULL,
    service TEXT NOT NULL,
    severity TEXT NOT NULL,
    alertname TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    evidence TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_open ON incidents (ends_at);

  CREATE TABLE timeline (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX timeline_incident ON timeline (incident_id, seq);

  CREATE TABLE alert_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    route TEXT NOT NULL,
    labels TEXT NOT NULL,
    next_flush_at INTEGER NOT NULL,
    flushes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX groups_due ON alert_groups (next_flush_at);
  CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES alert_groups (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (group_id, fingerprint)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE group_log (
    group_id INTEGER NOT NULL REFERENCES alert_groups (id) ON DELETE CASCADE,
    integration TEXT NOT NULL,
    notified TEXT NOT NULL,
    PRIMARY KEY (group_id, integration)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id INTEGER NOT NULL,
    group_key TEXT NOT NULL,
    receiver TEXT NOT NULL,
    integration TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    body BLOB NOT NULL,
    firing TEXT NOT NULL,
    resolved TEXT NOT NULL,
    incidents TEXT NOT NULL,
    base TEXT,
    state TEXT NOT NULL,
    touched INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    settled_at INTEGER
  ) STRICT;
  CREATE INDEX outbox_queue ON outbox (integration, group_key, id) WHERE state = 'waiting';
  CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE state = 'waiting';
  CREATE INDEX outbox_group ON outbox (group_id, integration, id);
  CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE state = 'waiting';
  CREATE INDEX outbox_settled ON outbox (settled_at) WHERE state <> 'waiting';
  CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attempts_delivery ON attempts (delivery_id, seq);

  CREATE TABLE silences (
    id TEXT PRIMARY KEY,
    matchers TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    comment TEXT NOT NULL,
    annotations TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX silences_end ON silences (ends_at);
  `,
  // Which silences are over and have been told so to the incidents they were about. One
  // that was changed when it ended was ended by hand, and that has been told already.
  `
  ALTER TABLE silences ADD COLUMN end_told INTEGER NOT NULL DEFAULT 0;
  UPDATE silences SET end_told = 1 WHERE ends_at <= updated_at;
  CREATE INDEX silences_untold ON silences (ends_at) WHERE end_told = 0;
  `,
  // What the stores told when an incident began. Those of before are past being asked for.
  `
  CREATE TABLE kept_evidence (
    incident_id TEXT PRIMARY KEY REFERENCES incidents (id) ON DELETE CASCADE,
    data TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE incidents ADD COLUMN evidence_pending INTEGER NOT NULL DEFAULT 1;
  UPDATE incidents SET evidence_pending = 0;
  CREATE INDEX incidents_evidence ON incidents (seq) WHERE evidence_pending = 1;
  `,
  // What each Alertmanager outside was told to fire and has not been told to have ended.
  `
  CREATE TABLE told_alerts (
    alertmanager TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    labels TEXT NOT NULL,
    annotations TEXT NOT NULL,
    generator_url TEXT NOT NULL,
    PRIMARY KEY (alertmanager, fingerprint, incarnation)
  ) STRICT, WITHOUT ROWID;
  `,
  // A telling that failed or was refused was none; what was told before this counts as taken.
  `
  ALTER TABLE told_alerts ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
  UPDATE told_alerts SET taken = 1;
  `,
];
