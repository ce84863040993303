/* producer/ctl/waiting_items.h - what waits in the queue of the linkedin_accounts row a, for a
 * LATERAL: by the three indexes that hold nothing else. */
#ifndef SAM_CTL_WAITING_ITEMS_H
#define SAM_CTL_WAITING_ITEMS_H

#define WAITING_ITEMS                                                                              \
    "SELECT * FROM send_queue WHERE account_id = a.id AND status = 'pending' "                     \
    "UNION ALL "                                                                                   \
    "SELECT * FROM send_queue WHERE account_id = a.id AND status IN ('published', 'sending') "     \
    "UNION ALL "                                                                                   \
    "SELECT * FROM send_queue WHERE account_id = a.id AND status = 'unknown' "

#endif
