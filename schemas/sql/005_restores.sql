-- A version of an operator's change that a restored database cannot hand out again.
--
-- A counter is turned back by a restore: another change would take a number that the ledger has
-- given to a change which the database does not know (yet), and that one would be ignored as old.
-- Milliseconds of the clock only go on; the old counters are far below them.
CREATE FUNCTION sam_next_version(version bigint) RETURNS bigint
    LANGUAGE sql VOLATILE
    AS $$ SELECT greatest(version + 1, (extract(epoch FROM sam_now()) * 1000)::bigint) $$;
