-- Found by a reader with fresh eyes, about who was written to long ago, and who is forgotten.
--
-- A human whom a campaign has written to by a name that only the profile told stands in `contacted`
-- alone: the people behind its rows are asked too. Who wants no more, or is in the midst of another
-- campaign, counts as written to now. except_person: who is asked about; what they did themselves
-- does not stand in their own way. NULL: nobody has written.
DROP FUNCTION sam_last_written(uuid, text[], text[]);
CREATE FUNCTION sam_last_touched(p campaign_prospects) RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN p.status IN ('connection_request_sent', 'connected', 'messaging', 'opted_out',
                                  'converted', 'not_interested') THEN sam_now()
                ELSE greatest(p.last_sent_at, p.replied_at) END
$$;
CREATE FUNCTION sam_last_written(of_workspace uuid, names text[], ids text[], except_person uuid)
    RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$
    SELECT greatest(
        (SELECT max(greatest(k.at, (SELECT sam_last_touched(o) FROM campaign_prospects o
                                    WHERE o.id = k.prospect_id LIMIT 1)))
         FROM contacted k WHERE k.workspace_id = of_workspace
         AND k.prospect_id IS DISTINCT FROM except_person
         AND k.identity IN (SELECT 'v:' || n FROM unnest(names) n
                            UNION ALL SELECT 'p:' || i FROM unnest(ids) i)),
        (SELECT max(sam_last_touched(p)) FROM campaign_prospects p
         WHERE p.workspace_id = of_workspace AND p.vanity = ANY (names)
         AND p.contacted_at IS NOT NULL AND p.id IS DISTINCT FROM except_person),
        (SELECT max(sam_last_touched(p)) FROM campaign_prospects p
         WHERE p.workspace_id = of_workspace AND p.provider_id = ANY (ids)
         AND p.contacted_at IS NOT NULL AND p.id IS DISTINCT FROM except_person))
$$;

-- Of several heirs the latest, whose time counts; somebody who was invited by hand has no attempt.
CREATE OR REPLACE FUNCTION sam_free_identities(items uuid[]) RETURNS void
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
                SELECT item_id, prospect_id, account_id, started_at, id FROM send_attempts
                WHERE identities[1] = f.identity AND workspace_id = f.workspace_id
                AND kind <> 'profile_view' AND (outcome IS NULL OR outcome IN ('sent', 'unknown'))
                UNION ALL
                SELECT item_id, prospect_id, account_id, started_at, id FROM send_attempts
                WHERE identities[2] = f.identity AND workspace_id = f.workspace_id
                AND kind <> 'profile_view' AND (outcome IS NULL OR outcome IN ('sent', 'unknown'))
                -- invited by hand: the person's own id stands for the item
                UNION ALL
                SELECT id, id, account_id, contacted_at, id FROM campaign_prospects
                WHERE workspace_id = f.workspace_id AND contacted_at IS NOT NULL
                AND vanity = substr(f.identity, 3) AND f.identity LIKE 'v:%'
                UNION ALL
                SELECT id, id, account_id, contacted_at, id FROM campaign_prospects
                WHERE workspace_id = f.workspace_id AND contacted_at IS NOT NULL
                AND provider_id = substr(f.identity, 3) AND f.identity LIKE 'p:%') t
            ORDER BY t.started_at DESC, t.id LIMIT 1) h ON true),
    moved AS (
        UPDATE contacted k SET item_id = h.item_id, prospect_id = h.prospect_id,
            account_id = h.account_id, at = h.started_at
        FROM heirs h WHERE k.workspace_id = h.workspace_id AND k.identity = h.identity
        AND h.item_id IS NOT NULL)
    DELETE FROM contacted k USING heirs h
        WHERE k.workspace_id = h.workspace_id AND k.identity = h.identity AND h.item_id IS NULL;
END $$;

-- A human is also who a profile has told them to be.
CREATE OR REPLACE FUNCTION sam_same_human(workspace uuid, begin_id uuid, begin_vanity text,
                               begin_provider text)
    RETURNS TABLE (id uuid, campaign_id uuid, account_id uuid, vanity text, provider_id text,
                   approved boolean)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    vanities text[] := array_remove(ARRAY[begin_vanity], NULL);
    providers text[] := array_remove(ARRAY[begin_provider], NULL);
    ids uuid[] := array_remove(ARRAY[begin_id], NULL);
    seen integer := -1;
BEGIN
    WHILE cardinality(ids) + cardinality(vanities) + cardinality(providers) > seen LOOP
        seen := cardinality(ids) + cardinality(vanities) + cardinality(providers);
        WITH found AS MATERIALIZED (
            SELECT p.id, p.vanity, p.provider_id FROM campaign_prospects p
                WHERE p.id = ANY (ids) AND p.workspace_id = workspace
            UNION SELECT p.id, p.vanity, p.provider_id FROM campaigns c
                JOIN campaign_prospects p ON p.campaign_id = c.id AND p.vanity = ANY (vanities)
                WHERE c.workspace_id = workspace
            UNION SELECT p.id, p.vanity, p.provider_id FROM campaign_prospects p
                WHERE p.provider_id = ANY (providers) AND p.workspace_id = workspace
            UNION SELECT d.id, d.vanity, d.provider_id FROM prospect_approval_data d
                WHERE d.id = ANY (ids) AND d.workspace_id = workspace
            UNION SELECT d.id, d.vanity, d.provider_id FROM campaigns c
                JOIN prospect_approval_data d ON d.campaign_id = c.id
                AND (d.vanity = ANY (vanities) OR d.provider_id = ANY (providers))
                WHERE c.workspace_id = workspace
            -- by what a profile has told: it stands in contacted alone
            UNION SELECT k.prospect_id, NULL, NULL FROM contacted k
                WHERE k.workspace_id = workspace
                AND k.identity IN (SELECT 'v:' || v FROM unnest(vanities) v
                                   UNION ALL SELECT 'p:' || p FROM unnest(providers) p)
            UNION SELECT NULL, CASE WHEN k.identity LIKE 'v:%' THEN substr(k.identity, 3) END,
                CASE WHEN k.identity LIKE 'p:%' THEN substr(k.identity, 3) END FROM contacted k
                WHERE k.workspace_id = workspace AND k.item_id IN
                (SELECT i.id FROM send_queue i WHERE i.prospect_id = ANY (ids)
                 UNION SELECT unnest(ids)))
        SELECT ARRAY(SELECT unnest(ids) UNION
                  SELECT f.id FROM found f WHERE f.id IS NOT NULL),
            ARRAY(SELECT unnest(vanities) UNION
                  SELECT f.vanity FROM found f WHERE f.vanity IS NOT NULL),
            ARRAY(SELECT unnest(providers) UNION
                  SELECT f.provider_id FROM found f WHERE f.provider_id IS NOT NULL)
            INTO ids, vanities, providers;
    END LOOP;
    RETURN QUERY
        SELECT p.id, p.campaign_id, p.account_id, p.vanity, p.provider_id, true
            FROM campaign_prospects p WHERE p.id = ANY (ids) AND p.workspace_id = workspace
        UNION ALL
        SELECT d.id, d.campaign_id, d.account_id, d.vanity, d.provider_id, false
            FROM prospect_approval_data d WHERE d.id = ANY (ids) AND d.workspace_id = workspace
            AND (SELECT true FROM campaign_prospects p WHERE p.id = d.id) IS NULL
        ORDER BY 2, 1;
END $$;

-- Not by a pass over all attempts where somebody is not approved yet; and attempts whose item is
-- gone.
CREATE OR REPLACE FUNCTION sam_forget_people(people uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    attempts uuid[];
    spaces uuid[];
    names text[];
BEGIN
    INSERT INTO forgotten_people (person_id) SELECT DISTINCT unnest(people)
        ON CONFLICT DO NOTHING;
    SELECT array_agg(t.id) FROM send_attempts t WHERE t.item_id IN
        (SELECT i.id FROM send_queue i WHERE i.prospect_id = ANY (people)) INTO attempts;
    -- a restored database may have the attempts without the person: there is no index for that
    IF (SELECT true FROM unnest(people) x(id) WHERE
            (SELECT true FROM campaign_prospects p WHERE p.id = x.id LIMIT 1) IS NULL
            AND (SELECT true FROM prospect_approval_data d WHERE d.id = x.id LIMIT 1) IS NULL
            LIMIT 1) IS NOT NULL THEN
        SELECT attempts || array_agg(t.id) FROM send_attempts t
            WHERE t.prospect_id = ANY (people) INTO attempts;
    END IF;
    SELECT array_agg(x.workspace_id), array_agg(x.identity) FROM (
        SELECT p.workspace_id, 'v:' || p.vanity AS identity FROM campaign_prospects p
            WHERE p.id = ANY (people) AND p.vanity IS NOT NULL
        UNION SELECT p.workspace_id, 'p:' || p.provider_id FROM campaign_prospects p
            WHERE p.id = ANY (people) AND p.provider_id IS NOT NULL
        UNION SELECT d.workspace_id, 'v:' || d.vanity FROM prospect_approval_data d
            WHERE d.id = ANY (people) AND d.vanity IS NOT NULL
        UNION SELECT d.workspace_id, 'p:' || d.provider_id FROM prospect_approval_data d
            WHERE d.id = ANY (people) AND d.provider_id IS NOT NULL
        UNION SELECT t.workspace_id, unnest(t.identities) FROM send_attempts t
            WHERE t.id = ANY (attempts)
        -- and what a profile told, or an invitation that was sent by hand: then the person's id
        -- stands for the item
        UNION SELECT k.workspace_id, k.identity FROM contacted k WHERE k.item_id IN
            (SELECT i.id FROM send_queue i WHERE i.prospect_id = ANY (people)
             UNION SELECT unnest(people))) x INTO spaces, names;
    -- and those of an item that is gone
    SELECT attempts || array_agg(t.id) FROM (
        SELECT t.id FROM unnest(spaces, names) AS x(w, i)
            JOIN send_attempts t ON t.identities[1] = x.i AND t.workspace_id = x.w
        UNION SELECT t.id FROM unnest(spaces, names) AS x(w, i)
            JOIN send_attempts t ON t.identities[2] = x.i AND t.workspace_id = x.w) t INTO attempts;
    INSERT INTO forgotten (workspace_id, hash)
        SELECT DISTINCT x.w, sam_identity_hash(x.w, x.i) FROM unnest(spaces, names) AS x(w, i)
        ON CONFLICT DO NOTHING;

    UPDATE send_queue SET message = '', reason_detail = NULL,
        sweep_at = CASE WHEN status IN ('pending', 'published') THEN NULL ELSE sweep_at END,
        reason = CASE WHEN status IN ('pending', 'published') THEN 'person_stopped' ELSE reason END,
        status = CASE status WHEN 'pending' THEN 'cancelled' WHEN 'published' THEN 'cancelled'
            WHEN 'unknown' THEN 'failed' ELSE status END
        WHERE prospect_id = ANY (people);
    UPDATE send_attempts t SET invitation_id = NULL, chat_id = NULL, message_id = NULL,
        identities = ARRAY(SELECT sam_identity_hash(t.workspace_id, x.i)
                           FROM unnest(t.identities) WITH ORDINALITY AS x(i, n) ORDER BY n)
        WHERE t.id = ANY (attempts);
    UPDATE campaign_messages SET invitation_id = NULL, chat_id = NULL, message_id = NULL
        WHERE prospect_id = ANY (people);
    DELETE FROM inbound_messages WHERE prospect_id = ANY (people);
    WITH gone AS (DELETE FROM contacted k USING unnest(spaces, names) AS x(w, i)
        WHERE k.workspace_id = x.w AND k.identity = x.i AND k.identity NOT LIKE 'forgotten:%'
        RETURNING k.*)
    INSERT INTO contacted (workspace_id, identity, item_id, prospect_id, account_id, at)
        SELECT workspace_id, sam_identity_hash(workspace_id, identity), item_id, prospect_id,
            account_id, at FROM gone ON CONFLICT DO NOTHING;
    WITH gone AS (DELETE FROM blocklist b USING unnest(spaces, names) AS x(w, i)
        WHERE b.workspace_id = x.w AND b.kind = 'person' AND b.value = substr(x.i, 3)
        RETURNING b.workspace_id, x.i, b.added_at)
    INSERT INTO blocklist (workspace_id, kind, value, added_at)
        SELECT workspace_id, 'person', sam_identity_hash(workspace_id, i), added_at FROM gone
        ON CONFLICT DO NOTHING;
    -- two rows of one campaign may be this human: only one may bear the name
    UPDATE campaign_prospects p SET status = 'opted_out', status_reason = 'forgotten',
        hold_reason = NULL, next_at = NULL, give_up_at = NULL, first_name = NULL, last_name = NULL,
        company = NULL, title = NULL, custom = NULL, block_keys = '{}', invitation_id = NULL,
        chat_id = NULL,
        provider_id = sam_identity_hash(p.workspace_id, 'p:' || p.provider_id),
        vanity = CASE WHEN p.provider_id IS NULL OR (SELECT true FROM campaign_prospects o
            WHERE o.campaign_id = p.campaign_id AND o.id <> p.id
            AND o.vanity = sam_identity_hash(p.workspace_id, 'v:' || p.vanity) LIMIT 1) IS NULL
            THEN sam_identity_hash(p.workspace_id, 'v:' || p.vanity) END
        WHERE p.id = ANY (people);
    DELETE FROM prospect_approval_data d USING unnest(spaces, names) AS x(w, i), campaigns c
        WHERE c.workspace_id = x.w AND d.campaign_id = c.id
        AND ((x.i LIKE 'v:%' AND d.vanity = substr(x.i, 3))
             OR (x.i LIKE 'p:%' AND d.provider_id = substr(x.i, 3)));
    UPDATE outbox o SET payload = (o.payload::jsonb || sam_forget_record(o.payload::jsonb))::text
        FROM unnest(people) AS x(id) WHERE strpos(o.payload, x.id::text) > 0;
    UPDATE ledger_aside a SET record = ''
        FROM unnest(people) AS x(id)
        WHERE position(convert_to(x.id::text, 'UTF8') IN a.record) > 0;
END $$;
