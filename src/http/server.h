/* server.h - private to src/http: the loop behind http_run. */
#ifndef TAEL_HTTP_SERVER_H
#define TAEL_HTTP_SERVER_H

#include "http/inside.h"

typedef struct server server;

status server_open(ctx *c, http *h, str listen, server **out); /* binds; no thread yet */
int server_port(const server *s);
status server_run(server *s);
void server_stop(server *s);  /* async-signal-safe; NULL: nothing */
void server_close(server *s); /* NULL: nothing */

#endif
