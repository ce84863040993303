-- A restored database may hear of somebody on the blocklist before it hears that they were
-- forgotten, and have no row of them: the entry becomes a hash as well.
CREATE OR REPLACE FUNCTION sam_forget(people uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
BEGIN
    PERFORM sam_forget_people(people);
    DELETE FROM blocklist_removed r WHERE r.kind = 'person' AND r.value NOT LIKE 'forgotten:%'
        AND sam_is_forgotten(r.workspace_id, ARRAY['v:' || r.value, 'p:' || r.value]);
    WITH gone AS (DELETE FROM blocklist b WHERE b.kind = 'person'
        AND b.value NOT LIKE 'forgotten:%'
        AND sam_is_forgotten(b.workspace_id, ARRAY['v:' || b.value, 'p:' || b.value])
        RETURNING b.workspace_id, b.value, b.added_at, b.version)
    INSERT INTO blocklist (workspace_id, kind, value, added_at, version)
        SELECT DISTINCT ON (g.workspace_id, h.hash) g.workspace_id, 'person', h.hash, g.added_at,
            g.version
        FROM gone g CROSS JOIN LATERAL
            (SELECT sam_blocklist_value(g.workspace_id, 'person', g.value) AS hash) h
        ORDER BY g.workspace_id, h.hash, g.version DESC
        ON CONFLICT DO NOTHING;
    UPDATE outbox o SET payload = (o.payload::jsonb || jsonb_build_object('value',
        sam_blocklist_value((o.payload::jsonb->>'workspace_id')::uuid, 'person',
                            o.payload::jsonb->>'value')))::text
        WHERE o.event_type = 'sam.blocklist.v1' AND o.payload::jsonb->>'kind' = 'person'
        AND sam_is_forgotten((o.payload::jsonb->>'workspace_id')::uuid,
            ARRAY['v:' || (o.payload::jsonb->>'value'), 'p:' || (o.payload::jsonb->>'value')]);
END $$;
