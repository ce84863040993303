-- A version of an operator's change that a restored database cannot hand out again.
--
-- A counter is turned back by a restore: another change would take a number that the ledger has
-- given to a change which the database does not know (yet), and that one would be ignored as old.
-- Milliseconds of the clock only go on; the old counters are far below them.
CREATE FUNCTION sam_next_version(version bigint) RETURNS bigint
    LANGUAGE sql VOLATILE
    AS $$ SELECT greatest(version + 1, (extract(epoch FROM sam_now()) * 1000)::bigint) $$;

-- The version of a change that lets something go. Made behind, without knowledge of the ledger, it
-- is the least that counts here: any of the ledger's own goes before it.
CREATE FUNCTION sam_change_version(version bigint, behind boolean) RETURNS bigint
    LANGUAGE sql VOLATILE
    AS $$ SELECT CASE WHEN behind THEN version + 1 ELSE sam_next_version(version) END $$;

-- Who has tried to write to a human first: asked when an identity is freed.
CREATE INDEX send_attempts_identity ON send_attempts ((identities[1]))
    WHERE identities[1] IS NOT NULL;
CREATE INDEX send_attempts_other_identity ON send_attempts ((identities[2]))
    WHERE identities[2] IS NOT NULL;

-- Items have ended. Without an attempt that is open, sent or unknown they give back the identities
-- they hold: to another item that has such an attempt at the same human (a ledger that was applied
-- late may bring several), else to everybody. The rows are locked first, so that the look for heirs
-- sees what others have just committed: who brings an attempt touches the row too.
CREATE FUNCTION sam_free_identities(items uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
BEGIN
    PERFORM FROM contacted k WHERE k.item_id = ANY (items)
        ORDER BY k.workspace_id, k.identity FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- (SELECT true ... LIMIT 1), not EXISTS: that one may be turned into a pass over every attempt
    WITH freed AS MATERIALIZED (
        SELECT k.workspace_id, k.identity FROM contacted k WHERE k.item_id = ANY (items)
        AND (SELECT true FROM send_attempts t WHERE t.item_id = k.item_id
             AND t.kind <> 'profile_view'
             AND (t.outcome IS NULL OR t.outcome IN ('sent', 'unknown')) LIMIT 1) IS NULL),
    heirs AS MATERIALIZED (
        SELECT f.workspace_id, f.identity, h.item_id, h.prospect_id, h.account_id, h.started_at
        FROM freed f LEFT JOIN LATERAL (
            SELECT t.* FROM (
                SELECT * FROM send_attempts WHERE identities[1] = f.identity
                UNION ALL
                SELECT * FROM send_attempts WHERE identities[2] = f.identity) t
            WHERE t.workspace_id = f.workspace_id AND t.kind <> 'profile_view'
            AND (t.outcome IS NULL OR t.outcome IN ('sent', 'unknown'))
            ORDER BY t.started_at, t.id LIMIT 1) h ON true),
    moved AS (
        UPDATE contacted k SET item_id = h.item_id, prospect_id = h.prospect_id,
            account_id = h.account_id, at = h.started_at
        FROM heirs h WHERE k.workspace_id = h.workspace_id AND k.identity = h.identity
        AND h.item_id IS NOT NULL)
    DELETE FROM contacted k USING heirs h
        WHERE k.workspace_id = h.workspace_id AND k.identity = h.identity AND h.item_id IS NULL;
END $$;
