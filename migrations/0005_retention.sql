-- What pruning asks: which alert of the same condition came next, and which occurrences ended long ago. A fingerprint may be longer than an
-- index entry.
create index alerts_of_fingerprint on alerts (left(fingerprint, 64) collate "C", alert_id);
create index occurrences_ended on occurrences (resolved_at) where not open;
