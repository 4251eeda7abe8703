/* test_store.c - makes and removes the stores of a test run. A watcher process waits for the end of
 * the test through a pipe, so that nothing is left behind even after an abort or a kill. */
#include "db/test_store.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
  char folder[STORE_PATH_BYTES];
  char server[STORE_URL_BYTES]; /* empty: no PostgreSQL */
  bool is_started;
  int count;
  int watch_fd;
  unsigned run; /* others may use the server at the same time */
  pid_t watcher, owner;
} store;

static void give_up(const char *what) {
  fprintf(stderr, "test store: %s\n", what);
  exit(1);
}

/* The watcher's own standard input is the pipe: it reads until the test is gone. */
static void start_watcher(bool has_server) {
  int ends[2];
  char command[512];
  snprintf(command, sizeof command,
           has_server ? "cat >/dev/null; %s stop %s/pg >/dev/null 2>&1; rm -rf %s"
                      : "cat >/dev/null; : %s %s; rm -rf %s",
           TAEL_PG_SCRIPT, store.folder, store.folder);
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("no pipe");
  store.watcher = fork();
  if (store.watcher < 0) give_up("cannot fork");
  if (store.watcher == 0) {
    setsid(); /* an interrupt of the test must not end the one who cleans up */
    dup2(ends[0], 0);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  close(ends[0]);
  store.watch_fd = ends[1];
}

static void start_server(void) {
  char command[512];
  snprintf(command, sizeof command, "%s start %s/pg", TAEL_PG_SCRIPT, store.folder);
  FILE *out = popen(command, "re");
  if (out == NULL || fgets(store.server, sizeof store.server, out) == NULL) {
    give_up("PostgreSQL did not start; set TAEL_TEST_DB to a url, or to none");
  }
  store.server[strcspn(store.server, "\n")] = 0;
  pclose(out);
}

static void on_server(const char *sql) {
  PGconn *conn = PQconnectdb(store.server);
  PGresult *result = PQexec(conn, sql);
  bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
  if (!done) fprintf(stderr, "%s: %s", sql, PQerrorMessage(conn));
  PQclear(result);
  PQfinish(conn);
  if (!done) give_up("PostgreSQL refused");
}

static void drop_databases(void) {
  for (int i = 1; i <= store.count; i++) {
    char sql[128];
    snprintf(sql, sizeof sql, "drop database if exists tael_test_%x_%ld_%d with (force)", store.run,
             (long)store.owner, i);
    on_server(sql);
  }
}

static void clean_up(void) {
  if (getpid() != store.owner) return; /* a forked child ends earlier */
  const char *given = getenv("TAEL_TEST_DB");
  if (given != NULL && store.server[0] != 0) drop_databases();
  close(store.watch_fd);
  waitpid(store.watcher, NULL, 0);
}

static void start(void) {
  const char *given = getenv("TAEL_TEST_DB");
  bool wants_server = given == NULL || given[0] == 0;
  store.is_started = true;
  store.owner = getpid();
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  store.run = (unsigned)now.tv_nsec;
  snprintf(store.folder, sizeof store.folder, "/tmp/tael-test-XXXXXX");
  if (mkdtemp(store.folder) == NULL) give_up("no folder under /tmp");
  chmod(store.folder, 0755); /* the server's user walks through it */
  start_watcher(wants_server);
  if (wants_server)
    start_server();
  else if (strcmp(given, "none") == 0)
    fprintf(stderr, "PostgreSQL is left out: TAEL_TEST_DB=none\n");
  else
    snprintf(store.server, sizeof store.server, "%s", given);
  atexit(clean_up);
}

const char *store_folder(void) {
  if (!store.is_started) start();
  return store.folder;
}

/* The server's url with the last part of its path, the database, replaced. */
static void database_url(char out[STORE_URL_BYTES], const char *name) {
  const char *query = strchr(store.server, '?');
  size_t path_len = query == NULL ? strlen(store.server) : (size_t)(query - store.server);
  while (path_len > 0 && store.server[path_len - 1] != '/')
    path_len--;
  int len = snprintf(out, STORE_URL_BYTES, "%.*s%s%s", (int)path_len, store.server, name,
                     query == NULL ? "" : query);
  if (len >= STORE_URL_BYTES) give_up("TAEL_TEST_DB is too long");
}

int store_urls(char urls[STORE_HOMES][STORE_URL_BYTES]) {
  if (!store.is_started) start();
  int number = ++store.count;
  snprintf(urls[0], STORE_URL_BYTES, "sqlite:%s/store-%d.db", store.folder, number);
  if (store.server[0] == 0) return 1;
  char name[64], sql[160];
  snprintf(name, sizeof name, "tael_test_%x_%ld_%d", store.run, (long)store.owner, number);
  snprintf(sql, sizeof sql, "create database %s encoding 'UTF8' template template0", name);
  on_server(sql);
  database_url(urls[1], name);
  return 2;
}

static uint64_t from_environment(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text == NULL || text[0] == 0 ? otherwise : strtoull(text, NULL, 10);
}

uint64_t store_cases(uint64_t otherwise) { return from_environment("TAEL_STORE_CASES", otherwise); }

uint64_t store_seed(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = from_environment("TAEL_SEED", (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec);
  fprintf(stderr, "TAEL_SEED=%llu\n", (unsigned long long)seed);
  return seed;
}
