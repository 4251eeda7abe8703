/* ids_folder.c - the folder of runs: which files hold the lane's history from its start without a
 * gap. An owner deletes everything else that looks like a run: what a crash left half made, what a
 * merge replaced, what is damaged, what lies behind a gap. A reader deletes nothing and looks again
 * when files went away under its eyes. It never believes a name: ids_run_open checks each file. */
#include "ledger/ids_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 8 }; /* a merge can finish between a reader's look and its opening */

typedef struct listing {
  ids_run **runs;
  size_t count, room;
  bool moved;   /* a listed file was gone when it was opened */
  bool dropped; /* a file was deleted */
} listing;

static bool ends_with(const char *name, const char *ending) {
  size_t n = strlen(name), m = strlen(ending);
  return n >= m && strcmp(name + n - m, ending) == 0;
}

static void drop(const ids *x, listing *l, const char *name) {
  if (x->reader) return;
  unlinkat(x->folder, name, 0);
  l->dropped = true;
}

/* Out of descriptors or memory: nothing is known of the file, so it is neither used nor dropped. */
static status take_run(ctx *c, const ids *x, listing *l, const char *name) {
  const char *why;
  ids_run *r = ids_run_open(x->folder, name, !x->reader, &why);
  if (r == NULL && why == NULL && errno != ENOENT)
    return fail(c, E_STORE, "cannot open %s/%s: %s", x->path.at, name, strerror(errno));
  if (r == NULL && why == NULL) {
    l->moved = true;
    return OK;
  }
  if (r == NULL) {
    log_line(LOG_WARN, "id_index_dropped", "file=%s reason=\"%s\"", name, why);
    drop(x, l, name);
    return OK;
  }
  if (l->count == l->room) {
    l->room = l->room == 0 ? 64 : l->room * 2;
    l->runs = ids_memory(l->runs, l->room, sizeof(ids_run *));
  }
  l->runs[l->count++] = r;
  return OK;
}

static status list_folder(ctx *c, ids *x, listing *l) {
  int fd = openat(x->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (d == NULL) {
    int error = errno;
    if (fd >= 0) close(fd);
    return fail(c, E_STORE, "cannot list the id index %.*s: %s", STR_ARGS(x->path),
                strerror(error));
  }
  status s = OK;
  for (const struct dirent *e; s == OK && (e = readdir(d)) != NULL;) {
    if (strlen(e->d_name) >= IDS_NAME_MAX) continue;
    if (ends_with(e->d_name, ".ids")) s = take_run(c, x, l, e->d_name);
    if (ends_with(e->d_name, ".tmp")) drop(x, l, e->d_name);
  }
  closedir(d);
  return s;
}

/* By first sequence; of those that start together the longest comes first. */
static int by_first(const void *a, const void *b) {
  const ids_run *x = *(ids_run *const *)a, *y = *(ids_run *const *)b;
  if (x->h.first != y->h.first) return x->h.first < y->h.first ? -1 : 1;
  return (x->h.last < y->h.last) - (x->h.last > y->h.last);
}

/* Keeps the chain from 1 on; the rest is closed, and deleted by an owner: a run that a merge
 * replaced starts inside the chain, one behind a gap starts beyond it, one of another history does
 * not follow the head before it. */
static void keep_chain(ids *x, listing *l) {
  qsort(l->runs, l->count, sizeof(ids_run *), by_first);
  int64_t next = 1;
  sha256 head = {{0}};
  size_t kept = 0;
  for (size_t i = 0; i < l->count; i++) {
    ids_run *r = l->runs[i];
    if (r->h.first == next && sha256_eq(&r->h.before, &head)) {
      next = r->h.last + 1;
      head = r->h.head;
      l->runs[kept++] = r;
      continue;
    }
    drop(x, l, r->name);
    ids_run_close(r);
  }
  l->count = kept;
}

void ids_folder_sync(const ids *x) {
  if (x->folder >= 0 && !x->reader && fsync(x->folder) != 0)
    log_line(LOG_WARN, "id_index_sync", "error=\"%s\"", strerror(errno));
}

status ids_folder_scan(ctx *c, ids *x, ids_run ***runs, size_t *count) {
  listing l = {0};
  for (int look = 0; look < LOOKS; look++) {
    for (size_t i = 0; i < l.count; i++)
      ids_run_close(l.runs[i]);
    l.count = 0;
    l.moved = false;
    status s = list_folder(c, x, &l);
    if (s != OK) {
      for (size_t i = 0; i < l.count; i++)
        ids_run_close(l.runs[i]);
      free(l.runs);
      return s;
    }
    if (!l.moved) break;
  }
  if (l.count > 0) keep_chain(x, &l);
  if (l.dropped) ids_folder_sync(x);
  *runs = l.runs;
  *count = l.count;
  return OK;
}
