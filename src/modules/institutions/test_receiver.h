/* test_receiver.h - a small HTTP server on a thread that writes down what it is sent and answers as
 * told. For tests. */
#ifndef TAEL_TEST_RECEIVER_H
#define TAEL_TEST_RECEIVER_H

#include "base/base.h"

enum { RECEIVED_MAX = 4096, RECEIVED_BODY_MAX = 1024 };

typedef struct received {
  char id[64], timestamp[32], signature[256], body[RECEIVED_BODY_MAX];
} received;

typedef struct receiver receiver;
receiver *receiver_open(void);
void receiver_close(receiver *r);
int receiver_port(const receiver *r);
/* Answers `status` to bodies that hold `part` (NULL: to all), 204 to the others. */
void receiver_answer(receiver *r, const char *part, int status);
size_t receiver_count(receiver *r);
received receiver_get(receiver *r, size_t index);

#endif
