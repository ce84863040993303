-- A campaign may write again to people whom the workspace has written to long ago (a second campaign
-- to the same customers): not before so much time has passed since our last message to them.
ALTER TABLE campaigns ADD COLUMN contact_again_after_ms bigint
    CHECK (contact_again_after_ms >= 30 * 86400000::bigint);

-- When one of the workspace's accounts wrote last to the human of these names and ids. Who is still
-- in the midst of another campaign hears from us any time: that counts as now. NULL: nobody has.
CREATE FUNCTION sam_last_written(of_workspace uuid, names text[], ids text[]) RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$
    SELECT greatest(
        (SELECT max(k.at) FROM contacted k WHERE k.workspace_id = of_workspace
         AND k.identity IN (SELECT 'v:' || n FROM unnest(names) n
                            UNION ALL SELECT 'p:' || i FROM unnest(ids) i)),
        (SELECT max(CASE WHEN p.status IN ('connection_request_sent', 'connected', 'messaging')
                         THEN sam_now() ELSE p.last_sent_at END)
         FROM campaign_prospects p WHERE p.workspace_id = of_workspace AND p.vanity = ANY (names)
         AND p.contacted_at IS NOT NULL),
        (SELECT max(CASE WHEN p.status IN ('connection_request_sent', 'connected', 'messaging')
                         THEN sam_now() ELSE p.last_sent_at END)
         FROM campaign_prospects p WHERE p.workspace_id = of_workspace
         AND p.provider_id = ANY (ids) AND p.contacted_at IS NOT NULL))
$$;

-- So long ago that even who replied then, in another campaign, may be written to again.
CREATE FUNCTION sam_old_reply(status text, replied_at timestamptz, after_ms bigint) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(status = 'replied' AND replied_at < sam_now() - after_ms * interval '1 ms', false)
$$;
