/* worker/unwritten.h - why Kafka has not taken an attempt.started, in an operator's words. */
#ifndef SAM_WORKER_UNWRITTEN_H
#define SAM_WORKER_UNWRITTEN_H

/* error: the negative errno of the delivery. Never NULL. */
const char *unwritten_text(int error);

#endif
