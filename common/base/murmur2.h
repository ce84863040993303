/* common/base/murmur2.h - the hash by which Kafka's clients choose a partition from a key.
 *
 * MurmurHash2 (32 bits) with the seed of the Java client; librdkafka's murmur2_random agrees. So
 * Postgres can be asked for the accounts of a partition: key_hash % partitions. */
#ifndef SAM_BASE_MURMUR2_H
#define SAM_BASE_MURMUR2_H

#include <stddef.h>
#include <stdint.h>

uint32_t murmur2(const void *bytes, size_t n);

/* linkedin_accounts.key_hash of a key's text: partition = key_hash % partitions. Never negative. */
int32_t murmur2_key_hash(const char *key);

#endif
