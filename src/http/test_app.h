/* test_app.h - a small module for the tests of http: notes in a table of their own, over a real
 * engine and a store in a fresh file, and callers known by simple tokens. Linked into tests only.
 */
#ifndef TAEL_HTTP_TEST_APP_H
#define TAEL_HTTP_TEST_APP_H

#include "base/testing.h"
#include "http/inside.h"

enum { APP_NOTE_MAX = 200 };

typedef struct app {
  ctx *c;
  instant clock;
  engine *e;
  http *h;
  char file[64];
} app;

/* listen NULL: no socket. The engine's threads run when `threads`. limits NULL: the defaults. */
app *app_open(const char *listen, bool threads, const http_limits *limits);
void app_close(app *a);
/* One request without a socket; the answer's bytes. */
str app_ask(app *a, const char *bytes);
int app_status(str response);
bool app_has(str text, const char *piece);
str app_body(str response);
extern const module app_module;
/* How long the slow route sleeps, and how many reads run at once. */
extern _Atomic int app_slow_ms;

#endif
