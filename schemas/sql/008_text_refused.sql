-- A text that Unipile refuses is refused for everybody: while one person is held for it, nobody of
-- the campaign gets the same message. Every claim asks whether there is one.
CREATE INDEX campaign_prospects_text_refused
    ON campaign_prospects (campaign_id, next_step)
    WHERE hold_reason = 'text_refused';
