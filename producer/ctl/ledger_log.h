/* producer/ctl/ledger_log.h - what Kafka says about the topic of the ledger. */
#ifndef SAM_CTL_LEDGER_LOG_H
#define SAM_CTL_LEDGER_LOG_H

#include "common/adapters/kafka_admin.h"
#include "producer/ctl/ctl.h"

#define LEDGER_LOG_TIMEOUT_MS 5000

struct ledger_log {
    char *topic;             /* owned */
    bool asked;              /* and answered */
    struct kafka_ends *ends; /* owned */
    int32_t count;
    char why[KAFKA_ADMIN_WHY_BYTES]; /* "" = all is known */
};

/* Cannot fail: what is not known, log says. Deinit in any case. */
void ledger_log_ask(const struct ctl *c, struct ledger_log *log);
/* Fails where not everything is known, and tells; then: what follows from it, "…; its columns are
 * -". */
SAM_MUSTCHECK enum ctl_exit ledger_log_tell(const struct ctl *c, const struct ledger_log *log,
                                            const char *then);
void ledger_log_deinit(struct ledger_log *log);

#endif
