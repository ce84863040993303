/* tests/devbroker/broker.h - librdkafka's mock cluster, serving other processes.
 *
 * It listens on ports of 127.0.0.1 that the kernel chooses, keeps everything in memory, and answers
 * from a thread of its own. What it does not do as Kafka does stands in README.md. */
#ifndef SAM_DEVBROKER_BROKER_H
#define SAM_DEVBROKER_BROKER_H

#include "common/base/attr.h"
#include "tests/devbroker/topics.h"

#define BROKERS_MAX 10

struct broker;

/* 0 done; -EIO: why says what librdkafka refused. Signals that the caller has blocked stay blocked
 * in the cluster's thread. */
SAM_MUSTCHECK int broker_new(int brokers, const struct topics *topics, struct broker **ret,
                             char *why, size_t why_bytes);
void broker_free(struct broker *b);
SAM_DEFINE_FREEP(broker)

/* The next records that anybody produces are refused as out of sequence: fatal to a producer that
 * is idempotent, for it cannot know what it has written. */
void broker_break_producer(struct broker *b);

/* "127.0.0.1:40123", with commas between several brokers. */
const char *broker_address(const struct broker *b);

#endif
