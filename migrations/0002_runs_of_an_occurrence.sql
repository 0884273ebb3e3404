-- Most occurrences have one run, which is found by its own column; those whose rules started several are found by any of them.
create index occurrences_of_several_runs on occurrences using gin ((run_ids::jsonb)) where json_array_length(run_ids) > 1;
