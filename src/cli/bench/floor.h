/* floor.h - the least a durable HTTP answer can cost here: a bare server with the same sockets,
 * request and answer sizes and load, which appends 128 bytes a request to a file and syncs once for
 * all that came together. No auth, no JSON, no ledger. */
#ifndef TAEL_BENCH_FLOOR_H
#define TAEL_BENCH_FLOOR_H

#include "base/base.h"

typedef struct floor_server floor_server;
/* `folder`: where the appended file lies (beside the store measured). answer_bytes: length of the
 * JSON body answered. */
status floor_start(ctx *c, const char *folder, size_t answer_bytes, floor_server **out);
int floor_port(const floor_server *f);
void floor_stop(floor_server *f);

#endif
