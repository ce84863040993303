-- Partitions of the topics can be added, never taken away, and an account's events from before stand
-- in another partition than its later ones. This keeps the fewest partitions that the ledger ever
-- had: while the topics have as many, all history of an account stands in one partition, and one
-- that halts stops its own accounts only; else it stops all. A restored backup knows the number of
-- its time, which can only be smaller, and that errs on the safe side.
-- 0: not known (the ledger is older than this column, or was restored from before its first event);
-- taken as if partitions had been added. 2147483647: no program has looked at the topics yet.
ALTER TABLE ledger ADD COLUMN least_partitions integer NOT NULL DEFAULT 0
    CHECK (least_partitions >= 0);
