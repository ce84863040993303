-- The tables of SAM. Postgres is the truth and the schedule; Kafka is the dispatch and the ledger.
--
-- Ids are UUIDs made in C: a restored sequence would hand out used ids. Times are timestamptz and
-- come from sam_now() alone. Statuses are text with a CHECK: the lists of common/model/status.h.
-- What is counted or must outlive a campaign (send_attempts, contacted) has no foreign keys.

-- The one reading of the clock. Test databases replace it by one with an offset.
CREATE FUNCTION sam_now() RETURNS timestamptz
    LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT clock_timestamp() $$;

CREATE TABLE workspaces (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name <> ''),
    version     bigint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT sam_now()
);

CREATE TABLE linkedin_accounts (
    id                  uuid PRIMARY KEY,
    workspace_id        uuid NOT NULL REFERENCES workspaces,
    name                text NOT NULL CHECK (name <> ''),
    unipile_id          text NOT NULL UNIQUE CHECK (unipile_id <> ''),
    country             text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    timezone            text NOT NULL,
    plan                text NOT NULL DEFAULT 'free'
        CHECK (plan IN ('free', 'premium', 'sales_navigator', 'recruiter')),
    status              text NOT NULL DEFAULT 'active'
        CHECK (status IN ('active', 'paused', 'resting', 'disconnected', 'restricted')),
    status_reason       text,
    rest_until          timestamptz,
    rest_count          integer NOT NULL DEFAULT 0,
    blocked_reason      text, -- an event of the account was set aside: nothing goes until cleared
    -- own values; NULL = the config's limits
    spacing_ms          bigint CHECK (spacing_ms >= 0),
    jitter_ms           bigint CHECK (jitter_ms >= 0),
    daily_cap           bigint CHECK (daily_cap >= 0),
    daily_invitations   bigint CHECK (daily_invitations >= 0),
    weekly_invitations  bigint CHECK (weekly_invitations >= 0),
    daily_messages      bigint CHECK (daily_messages >= 0),
    daily_profile_views bigint CHECK (daily_profile_views >= 0),
    ramp_days           integer CHECK (ramp_days >= 0),
    ramp_from           timestamptz,
    -- murmur2 of the id's text, as Kafka's partitioner has it: partition = key_hash % partitions
    key_hash            integer NOT NULL CHECK (key_hash >= 0),
    version             bigint NOT NULL DEFAULT 0, -- of operator changes, see outbox
    created_at          timestamptz NOT NULL DEFAULT sam_now(),
    UNIQUE (workspace_id, name),
    CHECK (status <> 'resting' OR rest_until IS NOT NULL)
);

-- The hot row of an account: the lock that plan, publish, claim and apply take first, and two
-- pointers that keep their work proportional to the sends of a day. Both may be too early (then a
-- look finds nothing), never too late.
CREATE TABLE account_schedule (
    account_id  uuid PRIMARY KEY REFERENCES linkedin_accounts ON DELETE CASCADE,
    plan_at     timestamptz, -- when the planner looks again; NULL = when something happens
    due_at      timestamptz  -- earliest pending item while none is published or sending
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX account_schedule_plan ON account_schedule (plan_at) WHERE plan_at IS NOT NULL;
CREATE INDEX account_schedule_due ON account_schedule (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE campaigns (
    id                uuid PRIMARY KEY,
    workspace_id      uuid NOT NULL REFERENCES workspaces,
    name              text NOT NULL CHECK (name <> ''),
    campaign_type     text NOT NULL CHECK (campaign_type IN ('connector', 'messenger')),
    status            text NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'running', 'paused', 'completed', 'stopped')),
    country           text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    subdivision       text,
    timezone          text NOT NULL,
    opens_minute      integer NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute     integer NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
    weekend_mask      integer CHECK (weekend_mask BETWEEN 0 AND 127), -- NULL = the country's
    holidays          boolean NOT NULL DEFAULT true,
    on_note_limit     text NOT NULL DEFAULT 'hold'
        CHECK (on_note_limit IN ('hold', 'without_note', 'cut')),
    give_up_after_ms  bigint NOT NULL CHECK (give_up_after_ms > 0),
    start_at          timestamptz,
    end_at            timestamptz,
    daily_cap         bigint CHECK (daily_cap > 0),
    -- [{"message_type", "text", "after_ms"}], index = step
    steps             jsonb NOT NULL
        CHECK (jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) > 0),
    source            jsonb NOT NULL DEFAULT '{}', -- the user's file as it was given
    first_left        integer CHECK (first_left >= 0), -- start --first N: so many messages may
                               -- still be planned until somebody says OK; NULL = no limit
    version           bigint NOT NULL DEFAULT 0, -- of operator changes, see outbox
    created_at        timestamptz NOT NULL DEFAULT sam_now(),
    updated_at        timestamptz NOT NULL DEFAULT sam_now(),
    UNIQUE (workspace_id, name),
    CHECK (closes_minute > opens_minute),
    CHECK (end_at IS NULL OR start_at IS NULL OR end_at > start_at)
);

CREATE TABLE campaign_accounts (
    campaign_id  uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    account_id   uuid NOT NULL REFERENCES linkedin_accounts,
    position     integer NOT NULL,
    PRIMARY KEY (campaign_id, account_id)
);
CREATE INDEX campaign_accounts_account ON campaign_accounts (account_id);

-- What an import brought, until somebody approves it.
CREATE TABLE prospect_approval_data (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    campaign_id   uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    account_id    uuid NOT NULL REFERENCES linkedin_accounts,
    status        text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'approved', 'rejected')),
    vanity        text, -- normal form of common/model/identity.h
    provider_id   text,
    first_name    text,
    last_name     text,
    company       text,
    title         text,
    custom        jsonb,
    created_at    timestamptz NOT NULL DEFAULT sam_now(),
    decided_at    timestamptz,
    CHECK (vanity IS NOT NULL OR provider_id IS NOT NULL)
);
-- Importing the same file again changes nothing.
CREATE UNIQUE INDEX prospect_approval_data_vanity
    ON prospect_approval_data (campaign_id, vanity) WHERE vanity IS NOT NULL;
CREATE UNIQUE INDEX prospect_approval_data_provider
    ON prospect_approval_data (campaign_id, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX prospect_approval_data_open
    ON prospect_approval_data (campaign_id, id) WHERE status = 'pending';

-- The people of a campaign.
CREATE TABLE campaign_prospects (
    id             uuid PRIMARY KEY,
    workspace_id   uuid NOT NULL,
    campaign_id    uuid NOT NULL REFERENCES campaigns,
    campaign_type  text NOT NULL CHECK (campaign_type IN ('connector', 'messenger')),
    account_id     uuid NOT NULL REFERENCES linkedin_accounts, -- a person stays with one
    status         text NOT NULL CHECK (status IN
        ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging', 'replied',
         'opted_out', 'converted', 'not_interested', 'completed', 'failed')),
    status_reason  text, -- why completed or failed: a code of common/model/reason.h
    hold_reason    text,
    vanity         text,
    provider_id    text, -- as account_id sees it
    first_name     text,
    last_name      text,
    company        text,
    title          text,
    custom         jsonb,
    contacted_at   timestamptz,
    connected_at   timestamptz,
    last_sent_at   timestamptz,
    replied_at     timestamptz,
    -- The step that is to be sent next, and from when the planner may place it. next_at is NULL
    -- while the step is in the queue, while an acceptance is awaited, and when all is over.
    next_step      integer NOT NULL DEFAULT 0,
    next_at        timestamptz,
    give_up_at     timestamptz, -- of an invitation that waits
    invitation_id  text,
    chat_id        text,
    old_status     text, -- of a database that was taken over
    version        bigint NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT sam_now(),
    CHECK (vanity IS NOT NULL OR provider_id IS NOT NULL),
    CHECK (status NOT IN ('connection_request_sent', 'messaging') OR contacted_at IS NOT NULL),
    CHECK (next_at IS NULL OR status IN
        ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging'))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- One human once per campaign.
CREATE UNIQUE INDEX campaign_prospects_vanity
    ON campaign_prospects (campaign_id, vanity) WHERE vanity IS NOT NULL;
-- Plan: the account's next people, follow-ups apart from first contacts, per campaign.
CREATE INDEX campaign_prospects_plan
    ON campaign_prospects (account_id, campaign_id, (next_step > 0), next_at, id)
    WHERE next_at IS NOT NULL AND hold_reason IS NULL;
-- Sync: who is behind a provider id that this account sees.
CREATE INDEX campaign_prospects_provider ON campaign_prospects (provider_id, account_id);
-- Give up on invitations that nobody accepted.
CREATE INDEX campaign_prospects_give_up
    ON campaign_prospects (give_up_at) WHERE status = 'connection_request_sent';
-- Has the campaign anybody, is anybody still open, has the account somebody to look for?
CREATE INDEX campaign_prospects_standing
    ON campaign_prospects (campaign_id, status, account_id, contacted_at);
-- P6: a human who has stopped, over all campaigns of the workspace. The human first: then neither
-- index is of any use for the other's question, and no lack of statistics can confuse them.
CREATE INDEX campaign_prospects_stopped_vanity
    ON campaign_prospects (vanity, workspace_id)
    WHERE status IN ('replied', 'opted_out', 'converted', 'not_interested');
CREATE INDEX campaign_prospects_stopped_provider
    ON campaign_prospects (provider_id, workspace_id)
    WHERE status IN ('replied', 'opted_out', 'converted', 'not_interested');

-- The queue: one row for each message that is to go out.
CREATE TABLE send_queue (
    id                   uuid PRIMARY KEY,
    workspace_id         uuid NOT NULL,
    campaign_id          uuid NOT NULL,
    prospect_id          uuid NOT NULL REFERENCES campaign_prospects,
    account_id           uuid NOT NULL,
    message_type         text NOT NULL, -- connection_request, follow_up_N, direct_message_N
    step                 integer NOT NULL,
    requires_connection  boolean NOT NULL,
    priority             smallint NOT NULL, -- 0 follow-up, 1 first contact
    status               text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'published', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
    reason               text NOT NULL DEFAULT 'scheduled', -- common/model/reason.h
    reason_detail        text,
    scheduled_for        timestamptz NOT NULL,
    message              text NOT NULL, -- rendered; '' = an invitation without a note
    dispatch             integer NOT NULL DEFAULT 0, -- of the latest publish; older jobs are ignored
    unclaimed            integer NOT NULL DEFAULT 0, -- publishes in a row that nobody claimed
    failures             integer NOT NULL DEFAULT 0, -- attempts in a row that were not executed
    sweep_at             timestamptz, -- published: returned then; sending: unknown after then
    attempt_id           uuid,        -- the latest attempt
    sent_at              timestamptz,
    restored             boolean NOT NULL DEFAULT false, -- made from the ledger: its text is not known
    created_at           timestamptz NOT NULL DEFAULT sam_now(),
    -- P1: one message of a kind to one person of a campaign.
    UNIQUE (prospect_id, message_type, campaign_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- P1 and P3: at most one outstanding item per account.
CREATE UNIQUE INDEX send_queue_outstanding
    ON send_queue (account_id) WHERE status IN ('published', 'sending');
-- Publish: the account's best due item.
CREATE INDEX send_queue_pending
    ON send_queue (account_id, priority, scheduled_for, id) WHERE status = 'pending';
-- Only for what has a time: its look-ups by account are the index above's.
CREATE INDEX send_queue_sweep ON send_queue (sweep_at) WHERE sweep_at IS NOT NULL;
CREATE INDEX send_queue_unknown ON send_queue (account_id) WHERE status = 'unknown';

-- Every call that was begun: append-only, the one record that caps and spacing are counted from.
-- It outlives campaigns. Rows come from the claim, or from the ledger when Postgres forgot them.
CREATE TABLE send_attempts (
    id             uuid PRIMARY KEY,
    workspace_id   uuid NOT NULL,
    account_id     uuid NOT NULL,
    campaign_id    uuid NOT NULL,
    prospect_id    uuid NOT NULL,
    item_id        uuid NOT NULL,
    message_type   text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('invitation', 'message', 'profile_view')),
    identities     text[] NOT NULL DEFAULT '{}', -- of a first contact, as in contacted
    started_at     timestamptz NOT NULL,
    start_by       timestamptz NOT NULL,
    ended_at       timestamptz, -- NULL = open: started, no end is known
    outcome        text CHECK (outcome IN ('sent', 'not_executed', 'throttled', 'refused',
                                           'account_broken', 'setup_broken', 'unknown')),
    error_type     text,
    http_status    integer,
    invitation_id  text,
    chat_id        text,
    message_id     text,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 50); -- the end of each is filled in: room for it on the page, no index touched
CREATE INDEX send_attempts_account
    ON send_attempts (account_id, started_at DESC) INCLUDE (kind, campaign_id);
CREATE INDEX send_attempts_item ON send_attempts (item_id);

-- P1: one human gets at most one first contact per workspace, over all campaigns and accounts.
CREATE TABLE contacted (
    workspace_id  uuid NOT NULL,
    identity      text NOT NULL, -- 'v:' vanity name | 'p:' provider id
    item_id       uuid NOT NULL,
    prospect_id   uuid NOT NULL,
    account_id    uuid NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, identity)
);
CREATE INDEX contacted_item ON contacted (item_id);

-- What was sent, one row per accepted call.
CREATE TABLE campaign_messages (
    id             uuid PRIMARY KEY, -- the attempt's id
    workspace_id   uuid NOT NULL,
    campaign_id    uuid NOT NULL,
    prospect_id    uuid NOT NULL,
    account_id     uuid NOT NULL,
    item_id        uuid NOT NULL,
    message_type   text NOT NULL,
    sent_at        timestamptz NOT NULL,
    invitation_id  text,
    chat_id        text,
    message_id     text
);
CREATE INDEX campaign_messages_prospect ON campaign_messages (prospect_id);

-- What came in: class, time and ids; never the text.
CREATE TABLE inbound_messages (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL,
    account_id    uuid NOT NULL,
    prospect_id   uuid NOT NULL,
    chat_id       text,
    message_id    text NOT NULL,
    class         text NOT NULL CHECK (class IN ('reply', 'opt_out')),
    received_at   timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL DEFAULT sam_now(),
    UNIQUE (prospect_id, message_id)
);
CREATE INDEX inbound_messages_recent ON inbound_messages (workspace_id, received_at);

-- How far each partition of sam.events has been applied; moved in the transaction of the events.
CREATE TABLE ledger_positions (
    partition      integer PRIMARY KEY,
    next_offset    bigint NOT NULL,
    last_event_id  uuid, -- of the record before next_offset; NULL = none was applied yet
    halted_reason  text, -- the log does not fit the position: every gate is shut; NULL = it fits
    updated_at     timestamptz NOT NULL DEFAULT sam_now()
) WITH (fillfactor = 50);

-- Which ledger these positions belong to (every event carries it).
CREATE TABLE ledger (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    ledger_id  uuid NOT NULL
);

-- Events that could not be applied; each blocks its account until an operator clears it.
CREATE TABLE ledger_aside (
    partition     integer NOT NULL,
    event_offset  bigint NOT NULL,
    event_id      uuid,
    account_id    uuid,
    reason        text NOT NULL,
    record        bytea NOT NULL,
    at            timestamptz NOT NULL DEFAULT sam_now(),
    cleared_at    timestamptz,
    PRIMARY KEY (partition, event_offset)
);

-- Operator changes, and events that Kafka had not taken when a worker had to leave: published to
-- the ledger by the producer.
CREATE TABLE outbox (
    id            uuid PRIMARY KEY, -- the event's id
    record_key    text NOT NULL,    -- account id; a campaign's change goes to each of its accounts
    event_type    text NOT NULL,
    payload       text NOT NULL,    -- the record's value, JSON
    created_at    timestamptz NOT NULL DEFAULT sam_now(),
    published_at  timestamptz
);
CREATE INDEX outbox_open ON outbox (id) WHERE published_at IS NULL;
-- What was published long ago is deleted.
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
-- Is somebody's answer to an unknown send of the account on its way?
CREATE INDEX outbox_ends ON outbox (record_key) WHERE event_type = 'sam.attempt.ended.v1';

-- When each account is looked at for acceptances and replies.
CREATE TABLE sync_schedule (
    account_id         uuid NOT NULL REFERENCES linkedin_accounts ON DELETE CASCADE,
    kind               text NOT NULL CHECK (kind IN ('relations', 'replies')),
    next_at            timestamptz, -- NULL = when there is something to look for
    dispatch           integer NOT NULL DEFAULT 0,
    outstanding_until  timestamptz, -- a job is under way; taken as lost after then
    watermark          timestamptz, -- seen completely up to here
    last_done_at       timestamptz,
    failures           integer NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, kind)
) WITH (fillfactor = 70);
CREATE INDEX sync_schedule_next ON sync_schedule (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE blocklist (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    kind          text NOT NULL CHECK (kind IN ('person', 'company', 'domain')),
    value         text NOT NULL,
    added_at      timestamptz NOT NULL DEFAULT sam_now(),
    PRIMARY KEY (workspace_id, kind, value)
);

CREATE TABLE holidays (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    day           date NOT NULL,
    name          text NOT NULL,
    working       boolean NOT NULL DEFAULT false, -- worked although the country's table says no
    PRIMARY KEY (workspace_id, day)
);
