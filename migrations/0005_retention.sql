-- Which occurrences ended long ago.
create index occurrences_ended on occurrences (resolved_at) where not open;
