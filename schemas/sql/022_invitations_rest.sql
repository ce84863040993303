-- An account may be over the limit of its invitations alone: they rest, follow-ups go on.
-- *_rest_sent_at: a send on a local day that began after the rest. When another one comes on a later
-- day, a full day was without a refusal, and the count (the next rest is 2^count times as long) falls
-- back to 0.
ALTER TABLE linkedin_accounts
    ADD COLUMN invitations_rest_until timestamptz,
    ADD COLUMN invitations_rest_count integer NOT NULL DEFAULT 0,
    ADD COLUMN invitations_rest_sent_at timestamptz,
    ADD COLUMN rest_sent_at timestamptz;
