-- `samctl person forget`: what is known of a human is erased, and nobody writes to them again.
--
-- Identities that must stay (attempts, contacted, blocklist, the person's row) become keyed hashes,
-- 'forgotten:' and 64 digits. The key is this database's and is in no record of Kafka.
CREATE TABLE forget_key (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    key  bytea NOT NULL
);
INSERT INTO forget_key (key)
    SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

-- Never to be contacted: by any campaign, account or import.
CREATE TABLE forgotten (
    workspace_id  uuid NOT NULL,
    hash          text NOT NULL CHECK (hash ~ '^forgotten:[0-9a-f]{64}$'),
    PRIMARY KEY (workspace_id, hash)
);

-- Rows of people that were erased: what the ledger tells of them later is erased again. No foreign
-- key: a restored database may not have the row.
CREATE TABLE forgotten_people (
    person_id     uuid PRIMARY KEY, -- campaign_prospects.id
    forgotten_at  timestamptz NOT NULL DEFAULT sam_now()
);

-- identity: as in contacted, 'v:' vanity name | 'p:' provider id. A hash stays what it is.
CREATE FUNCTION sam_identity_hash(workspace_id uuid, identity text) RETURNS text
    LANGUAGE sql STABLE STRICT
    AS $$
SELECT CASE
    WHEN identity LIKE 'forgotten:%' THEN identity
    WHEN substr(identity, 3) LIKE 'forgotten:%' THEN substr(identity, 3)
    ELSE (SELECT 'forgotten:' || encode(sha256(key || sha256(key ||
        convert_to(workspace_id::text || identity, 'UTF8'))), 'hex') FROM forget_key)
    END $$;

-- Is one of these identities (NULL = not known) that of somebody who was forgotten? Nearly always
-- there is nobody.
CREATE FUNCTION sam_is_forgotten(workspace uuid, identities text[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF (SELECT true FROM forgotten f WHERE f.workspace_id = workspace LIMIT 1) IS NULL THEN
        RETURN false;
    END IF;
    RETURN (SELECT true FROM unnest(identities) AS x(identity) JOIN forgotten f
        ON f.workspace_id = workspace AND f.hash = sam_identity_hash(workspace, x.identity)
        LIMIT 1) IS NOT NULL;
END $$;

-- Whom nobody of the workspace may write to: on the blocklist, or forgotten. Asked for every item
-- that is published or claimed, with all names of the human.
CREATE FUNCTION sam_is_blocked(workspace uuid, identities text[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (SELECT true FROM blocklist b WHERE b.workspace_id = workspace AND b.kind = 'person'
            AND b.value = ANY (ARRAY(SELECT substr(x, 3) FROM unnest(identities) x)) LIMIT 1)
            IS NOT NULL
        OR sam_is_forgotten(workspace, identities);
END $$;

-- An attempt keeps its start; only its identities may become hashes.
DROP TRIGGER attempts_keep_their_start ON send_attempts;
CREATE TRIGGER attempts_keep_their_start
    BEFORE UPDATE OF id, workspace_id, account_id, campaign_id, prospect_id, item_id, message_type,
                     kind, started_at, start_by ON send_attempts FOR EACH ROW
    EXECUTE FUNCTION sam_refuse_change();
CREATE TRIGGER attempts_keep_their_identities
    BEFORE UPDATE OF identities ON send_attempts FOR EACH ROW
    WHEN (cardinality(NEW.identities) <> cardinality(OLD.identities)
          OR array_to_string(NEW.identities, ' ', '-') !~ '^(forgotten:[0-9a-f]{64} ?)*$')
    EXECUTE FUNCTION sam_refuse_change();

-- All rows that are one human, over the campaigns of a workspace, beginning with what is given: by
-- both names, until nothing new is found (one campaign knows the public name, another one the id).
CREATE FUNCTION sam_same_human(workspace uuid, begin_id uuid, begin_vanity text,
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
                WHERE c.workspace_id = workspace)
        SELECT ARRAY(SELECT unnest(ids) UNION SELECT f.id FROM found f),
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

-- A record of the outbox without what names a human; what its type needs stays, as a hash.
CREATE FUNCTION sam_forget_record(payload jsonb) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    AS $$
SELECT coalesce(jsonb_object_agg(r.key, CASE
    WHEN jsonb_typeof(r.value) <> 'string' OR r.value = '""' THEN r.value
    WHEN r.key IN ('identity', 'identity_2')
        THEN to_jsonb(sam_identity_hash((payload->>'workspace_id')::uuid, r.value #>> '{}'))
    WHEN r.key IN ('vanity', 'provider_id') THEN to_jsonb(sam_identity_hash(
        (payload->>'workspace_id')::uuid, left(r.key, 1) || ':' || (r.value #>> '{}')))
    ELSE to_jsonb('forgotten'::text) END), '{}')
FROM (SELECT key, value FROM jsonb_each(payload)
      WHERE key IN ('identity', 'identity_2', 'vanity', 'provider_id', 'invitation_id', 'chat_id',
                    'message_id')) r $$;

-- Erases the rows of these people; again and again with the same result. Every column that can hold
-- something of a human stands here; what is left is ids, codes, times and hashes.
--   campaign_prospects      vanity, provider_id (hashes); first_name, last_name, company, title,
--                           custom, block_keys, hold_reason, invitation_id, chat_id (gone)
--   prospect_approval_data  the whole row
--   send_queue              message, reason_detail
--   send_attempts           identities (hashes); invitation_id, chat_id, message_id
--   contacted, blocklist    identity, value (hashes), given (gone)
--   campaign_messages       invitation_id, chat_id, message_id
--   inbound_messages        the whole row
--   outbox, ledger_aside    payload (hashes), record
-- The account of each is locked. Who is on the way is not called back: the item stays `sending`,
-- and its end is erased when the ledger tells it. An unknown one fails: nobody can look for it.
CREATE FUNCTION sam_forget(people uuid[]) RETURNS void
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
    IF (SELECT count(*) FROM campaign_prospects p WHERE p.id = ANY (people))
        < (SELECT count(DISTINCT x) FROM unnest(people) x) THEN
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

-- What the ledger says: these people are forgotten, with the hashes that this database or an
-- earlier one had of them (NULL = none); and what a batch has written about people who were.
CREATE FUNCTION sam_forget_told(people uuid[], spaces uuid[], hashes text[]) RETURNS void
    LANGUAGE sql VOLATILE
    AS $$
INSERT INTO forgotten (workspace_id, hash) SELECT x.w, x.h FROM unnest(spaces, hashes) AS x(w, h)
    WHERE x.h ~ '^forgotten:[0-9a-f]{64}$' ON CONFLICT DO NOTHING;
SELECT sam_forget(people) $$;
CREATE FUNCTION sam_forget_again(people uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    again uuid[] := ARRAY(SELECT f.person_id FROM forgotten_people f
                          WHERE f.person_id = ANY (people));
BEGIN
    IF cardinality(again) > 0 THEN
        PERFORM sam_forget(again);
    END IF;
END $$;
