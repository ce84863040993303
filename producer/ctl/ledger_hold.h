/* producer/ctl/ledger_hold.h - events of the ledger are lost: who may have been written to?
 *
 * Nobody can tell. So everybody is put on hold whose next step may have been sent before the loss
 * ended, by what this database knows, and whoever is the same human in another campaign and was not
 * written to yet. An operator looks at LinkedIn and releases them (`samctl person release`). */
#ifndef SAM_CTL_LEDGER_HOLD_H
#define SAM_CTL_LEDGER_HOLD_H

#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"

#define LEDGER_HOLD_REASON "ledger_gap"

/* Events of the partition's accounts are lost up to a moment of the database's clock. */
struct ledger_loss {
    int32_t partition;
    int64_t until_ms;
};

struct ledger_hold {
    struct uuid *accounts; /* owned; ascending */
    int64_t *until_ms;     /* owned; one each */
    size_t count;
    size_t next; /* of the accounts, that is being worked on */
    size_t page; /* people that the last change has held */
};

/* The accounts that the losses concern; everywhere: each loss concerns all accounts. partitions: of
 * the topic. Deinit in any case. */
SAM_MUSTCHECK enum ctl_exit ledger_hold_init(struct ledger_hold *h, struct ctl *c,
                                             const struct ledger_loss *losses, size_t count,
                                             int32_t partitions, bool everywhere);
void ledger_hold_deinit(struct ledger_hold *h);
/* How many are to be held and are not yet. */
SAM_MUSTCHECK enum ctl_exit ledger_hold_count(const struct ledger_hold *h, struct ctl *c,
                                              int64_t *ret);
/* Holds them, some hundred in a transaction; what was done stays done when it fails. */
SAM_MUSTCHECK enum ctl_exit ledger_hold_all(struct ledger_hold *h, struct ctl *c);

#endif
