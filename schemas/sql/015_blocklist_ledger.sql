-- The blocklist outlives a restore of an older dump: what is listed, and what is taken off, is in
-- the ledger too (sam.blocklist.v1), once for each partition that holds an account of the workspace.
--
-- An event may come late, from another partition. So what was taken off is remembered, with the
-- version of the change: a listing that is older stays off. Of two with one version the listing
-- counts.
ALTER TABLE blocklist ADD COLUMN version bigint NOT NULL DEFAULT 0; -- 0 = of an older release
CREATE TABLE blocklist_removed (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    kind          text NOT NULL CHECK (kind IN ('person', 'company', 'domain')),
    value         text NOT NULL,
    version       bigint NOT NULL,
    removed_at    timestamptz NOT NULL DEFAULT sam_now(),
    PRIMARY KEY (workspace_id, kind, value)
);

-- Whom a company or a domain means, without reading all people of the workspace.
CREATE INDEX campaign_prospects_block_keys ON campaign_prospects USING gin (block_keys)
    WHERE block_keys <> '{}' AND status IN
        ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging');

-- As it stands on the list: somebody who was forgotten only as a hash.
CREATE FUNCTION sam_blocklist_value(workspace uuid, kind text, value text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    names text[] := ARRAY['v:' || value, 'p:' || value];
BEGIN
    IF kind <> 'person' OR NOT sam_is_forgotten(workspace, names) THEN
        RETURN value;
    END IF;
    RETURN (SELECT f.hash FROM forgotten f WHERE f.workspace_id = workspace AND f.hash IN
            (SELECT sam_identity_hash(workspace, x) FROM unnest(names) x) ORDER BY 1 LIMIT 1);
END $$;

-- Open people whom one of these entries of a workspace means, who are on hold for that or not.
CREATE FUNCTION sam_blocklist_means(workspace uuid, kinds text[], vals text[], held boolean)
    RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    names text[] := ARRAY(SELECT x.v FROM unnest(kinds, vals) AS x(k, v) WHERE x.k = 'person');
    keys text[] := ARRAY(SELECT x.k || ':' || x.v FROM unnest(kinds, vals) AS x(k, v)
                         WHERE x.k <> 'person');
    found uuid[] := '{}';
BEGIN
    IF cardinality(names) > 0 THEN
        found := ARRAY(
            SELECT p.id FROM campaigns c JOIN campaign_prospects p ON p.campaign_id = c.id
                AND p.vanity = ANY (names) WHERE c.workspace_id = workspace
            UNION SELECT p.id FROM campaign_prospects p
                WHERE p.provider_id = ANY (names) AND p.workspace_id = workspace);
    END IF;
    IF cardinality(keys) > 0 THEN
        found := found || ARRAY(
            SELECT p.id FROM campaign_prospects p WHERE p.block_keys && keys
                AND p.block_keys <> '{}' AND p.workspace_id = workspace AND p.status IN
                ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging'));
    END IF;
    RETURN ARRAY(SELECT p.id FROM campaign_prospects p WHERE p.id = ANY (found)
        AND CASE WHEN held THEN p.hold_reason = 'blocklisted' ELSE p.hold_reason IS NULL END
        AND p.status IN
            ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')
        ORDER BY p.id FOR UPDATE);
END $$;

-- What is on hold only for entries that are gone goes on, with what waits for it.
CREATE FUNCTION sam_blocklist_release(people uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    free uuid[];
    items uuid[];
BEGIN
    WITH u AS (UPDATE campaign_prospects SET hold_reason = NULL WHERE id = ANY (people)
               RETURNING id, hold_reason)
    SELECT array_agg(u.id) INTO free FROM u WHERE u.hold_reason IS NULL; -- see person_blocklisted
    IF free IS NULL THEN
        RETURN;
    END IF;
    -- LIMIT: by the person alone, whatever the planner believes; nobody has so many
    items := ARRAY(SELECT i.id FROM unnest(free) AS x(id) CROSS JOIN LATERAL
        (SELECT * FROM send_queue w WHERE w.prospect_id = x.id LIMIT 1000) i
        WHERE i.status = 'pending' AND i.reason = 'person_held');
    UPDATE send_queue SET scheduled_for = sam_now(), reason = 'scheduled', reason_detail = NULL
        WHERE id = ANY (items);
    UPDATE account_schedule SET plan_at = least(plan_at, sam_now()) WHERE account_id IN
        (SELECT p.account_id FROM campaign_prospects p WHERE p.id = ANY (free));
END $$;

-- What the ledger says, in any order and more than once; the accounts of the workspaces are locked.
-- A workspace that a restored database does not have has no people either.
CREATE FUNCTION sam_blocklist_told(workspaces uuid[], kinds text[], vals text[], listed boolean[],
                                   versions bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    told record;
    entered record;
    gone record;
    people uuid[];
BEGIN
    -- by workspace; of each value the last change
    FOR told IN
        SELECT z.w, array_agg(z.k ORDER BY z.k, z.v) AS k, array_agg(z.v ORDER BY z.k, z.v) AS v,
            array_agg(z.l ORDER BY z.k, z.v) AS l, array_agg(z.n ORDER BY z.k, z.v) AS n
        FROM (SELECT DISTINCT ON (x.w, x.k, y.v) x.w, x.k, y.v, x.l, x.n
              FROM unnest(workspaces, kinds, vals, listed, versions) AS x(w, k, v, l, n)
              CROSS JOIN LATERAL (SELECT true FROM workspaces s WHERE s.id = x.w LIMIT 1) s
              CROSS JOIN LATERAL (SELECT sam_blocklist_value(x.w, x.k, x.v)) AS y(v)
              ORDER BY x.w, x.k, y.v, x.n DESC, x.l DESC) z
        GROUP BY z.w ORDER BY z.w
    LOOP
        DELETE FROM blocklist_removed r USING unnest(told.k, told.v, told.l, told.n)
            AS x(k, v, l, n) WHERE r.workspace_id = told.w AND r.kind = x.k AND r.value = x.v
            AND x.l AND r.version <= x.n;
        DELETE FROM blocklist b USING unnest(told.k, told.v, told.l, told.n)
            AS x(k, v, l, n) WHERE b.workspace_id = told.w AND b.kind = x.k AND b.value = x.v
            AND NOT x.l AND b.version < x.n;
        WITH i AS (INSERT INTO blocklist AS b (workspace_id, kind, value, version)
            SELECT told.w, x.k, x.v, x.n FROM unnest(told.k, told.v, told.l, told.n)
                AS x(k, v, l, n)
            WHERE x.l AND (SELECT true FROM blocklist_removed r WHERE r.workspace_id = told.w
                AND r.kind = x.k AND r.value = x.v LIMIT 1) IS NULL
            ORDER BY x.k, x.v
            ON CONFLICT (workspace_id, kind, value) DO UPDATE SET version = excluded.version
                WHERE b.version < excluded.version
            RETURNING kind, value, xmax = 0 AS fresh)
        SELECT array_agg(i.kind) AS k, array_agg(i.value) AS v INTO entered FROM i WHERE i.fresh;
        WITH i AS (INSERT INTO blocklist_removed AS r (workspace_id, kind, value, version)
            SELECT told.w, x.k, x.v, x.n FROM unnest(told.k, told.v, told.l, told.n)
                AS x(k, v, l, n)
            WHERE NOT x.l AND (SELECT true FROM blocklist b WHERE b.workspace_id = told.w
                AND b.kind = x.k AND b.value = x.v LIMIT 1) IS NULL
            ORDER BY x.k, x.v
            ON CONFLICT (workspace_id, kind, value) DO UPDATE SET version = excluded.version
                WHERE r.version < excluded.version
            RETURNING kind, value)
        SELECT array_agg(i.kind) AS k, array_agg(i.value) AS v INTO gone FROM i;
        IF entered.k IS NOT NULL THEN
            people := sam_blocklist_means(told.w, entered.k, entered.v, false);
            UPDATE campaign_prospects SET hold_reason = 'blocklisted' WHERE id = ANY (people);
        END IF;
        IF gone.k IS NOT NULL THEN
            people := sam_blocklist_means(told.w, gone.k, gone.v, true);
            PERFORM sam_blocklist_release(people);
        END IF;
    END LOOP;
END $$;

-- Somebody who is forgotten stands in no list of what was taken off, and not in what is on its way
-- to the ledger.
ALTER FUNCTION sam_forget(uuid[]) RENAME TO sam_forget_people;
CREATE FUNCTION sam_forget(people uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
BEGIN
    PERFORM sam_forget_people(people);
    DELETE FROM blocklist_removed r WHERE r.kind = 'person' AND r.value NOT LIKE 'forgotten:%'
        AND sam_is_forgotten(r.workspace_id, ARRAY['v:' || r.value, 'p:' || r.value]);
    UPDATE outbox o SET payload = (o.payload::jsonb || jsonb_build_object('value',
        sam_blocklist_value((o.payload::jsonb->>'workspace_id')::uuid, 'person',
                            o.payload::jsonb->>'value')))::text
        WHERE o.event_type = 'sam.blocklist.v1' AND o.payload::jsonb->>'kind' = 'person'
        AND sam_is_forgotten((o.payload::jsonb->>'workspace_id')::uuid,
            ARRAY['v:' || (o.payload::jsonb->>'value'), 'p:' || (o.payload::jsonb->>'value')]);
END $$;
