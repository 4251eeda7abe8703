/* serve.c - HTTP in front of a running application, with the control socket beside an embedded
 * store; returns after SIGINT or SIGTERM when what was in flight has been answered. */
#include "cli/cli.h"
#include "web/web.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static http *serving; /* for the signal handler alone */

static void on_signal(int number) {
  UNUSED(number);
  http_stop(serving);
}

static void catch_signals(void) {
  struct sigaction act;
  memset(&act, 0, sizeof act);
  act.sa_handler = on_signal;
  sigaction(SIGINT, &act, NULL);
  sigaction(SIGTERM, &act, NULL);
}

enum { REQUESTS_PER_S = 5000, OTHER_FILES = 1024 };

/* A descriptor a connection: shells and service managers give far fewer at first than they allow.
 * When even that is too little, who comes then is refused. */
static void take_descriptors(const http_limits *limits) {
  struct rlimit files;
  rlim_t wanted = limits->max_connections + OTHER_FILES;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
  files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
  (void)setrlimit(RLIMIT_NOFILE, &files);
}

int app_serve(app *a, const char *listen, FILE *out, FILE *err) {
  http_options options = {.listen = str_from(listen),
                          .modules = app_modules,
                          .module_count = app_module_count,
                          .engine = a->engine,
                          .auth = identity_auth,
                          .limits = http_default_limits,
                          .workers = 2,
                          .site = web_site,
                          .behind_tls = a->options.behind_tls};
  options.limits.requests_per_s =
      a->options.requests_per_s > 0 ? a->options.requests_per_s : REQUESTS_PER_S;
  identity_secure_cookies(a->options.behind_tls);
  take_descriptors(&options.limits);
  http *h = NULL;
  if (http_open(&a->ctx, &options, &h) != OK) {
    fprintf(err, "tael: %.*s\n", STR_ARGS(a->ctx.fault.detail));
    return EXIT_FAILED;
  }
  serving = h;
  catch_signals();
  control *k = control_open(a, a->options.db_url.at);
  const char *colon = strrchr(listen, ':');
  fprintf(out, "Tael is ready on http://%.*s:%d\n", colon == NULL ? 0 : (int)(colon - listen),
          listen, http_port(h));
  fflush(out);
  status s = http_run(h);
  control_close(k);
  http_close(h);
  return s == OK ? 0 : EXIT_FAILED;
}
