/* ids_write.c - making a run of the id index and reading one from end to end. A run is written
 * straight through, from buffers of a fixed size whatever its length; the header comes last. It
 * promises that a run under its final name is whole and on disk; it never touches another file. */
#include "ledger/ids_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  BODY_BUFFER = 64 * IDS_BLOCK_BYTES,
  SYNC_STEP = 8 << 20, /* the disk starts early, so that the last sync is short */
  READ_BLOCKS = 16,
  FILE_MODE = 0644
};

void ids_run_name(char into[static IDS_NAME_MAX], int64_t first, int64_t last, const char *ending) {
  int n = snprintf(into, IDS_NAME_MAX, "%016llx-%016llx%s", (unsigned long long)first,
                   (unsigned long long)last, ending);
  assert(n > 0 && n < IDS_NAME_MAX);
}

/* --- streams ---------------------------------------------------------------------------------- */
typedef struct stream { /* bytes that follow one another from a place in the file */
  uint8_t *bytes;
  size_t used, room;
  uint64_t at, sum;
  bool is_summed;
} stream;

struct ids_writer {
  ids_plan plan;
  ids_layout layout;
  int folder, fd, error;
  char name[IDS_NAME_MAX];
  stream body, fences, sums;
  uint64_t synced;
  ids_block block;
  size_t in_block;
  uint64_t blocks, position; /* data blocks written; blocks of the body written */
  uint64_t *filter;          /* of the segment being written */
  uint64_t filter_lines;
  uint64_t written;
  id128 min, max;
};

static stream stream_make(size_t room, uint64_t at, bool is_summed) {
  return (stream){
      .bytes = ids_memory(NULL, room, 1), .room = room, .at = at, .is_summed = is_summed};
}

static void write_out(ids_writer *w, stream *s) {
  if (s->used > 0 && s->is_summed) s->sum = hash64(s->bytes, s->used, s->sum);
  for (size_t done = 0; done < s->used && w->error == 0;) {
    ssize_t n = pwrite(w->fd, s->bytes + done, s->used - done, (off_t)(s->at + done));
    if (n < 0 && errno != EINTR) w->error = errno;
    if (n > 0) done += (size_t)n;
  }
  s->at += s->used;
  s->used = 0;
}

static void put(ids_writer *w, stream *s, const void *bytes, size_t len) {
  assert(len <= s->room && s->room % len == 0);
  if (s->used == s->room) write_out(w, s);
  memcpy(s->bytes + s->used, bytes, len);
  s->used += len;
}

static void put_block(ids_writer *w, const void *block) {
  uint64_t sum = ids_block_sum(block, w->position++);
  put(w, &w->body, block, IDS_BLOCK_BYTES);
  put(w, &w->sums, &sum, sizeof sum);
  if (w->body.at - w->synced < SYNC_STEP) return;
  (void)sync_file_range(w->fd, (off_t)w->synced, (off_t)(w->body.at - w->synced),
                        SYNC_FILE_RANGE_WRITE);
  w->synced = w->body.at;
}

/* --- writing ---------------------------------------------------------------------------------- */
static void start_segment(ids_writer *w) {
  uint64_t segment = w->blocks / w->layout.segment_blocks;
  uint64_t blocks = ids_segment_filter(&w->layout, segment);
  w->filter_lines = blocks * IDS_BLOCK_LINES;
  memset(w->filter, 0, blocks * IDS_BLOCK_BYTES);
}

ids_writer *ids_writer_open(int folder, const ids_plan *plan) {
  char name[IDS_NAME_MAX];
  ids_run_name(name, plan->first, plan->last, ".tmp");
  int fd = openat(folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
  if (fd < 0) return NULL;
  ids_writer *w = ids_memory(NULL, 1, sizeof *w);
  *w = (ids_writer){.plan = *plan, .folder = folder, .fd = fd};
  memcpy(w->name, name, sizeof name);
  w->layout = ids_layout_of((uint64_t)(plan->last - plan->first) + 1, plan->segment_blocks);
  uint64_t fences = (1 + w->layout.body_blocks) * IDS_BLOCK_BYTES;
  w->body = stream_make(BODY_BUFFER, IDS_BLOCK_BYTES, false);
  w->fences = stream_make(IDS_CHUNK, fences, true);
  w->sums = stream_make(IDS_CHUNK, fences + w->layout.blocks * sizeof(id128), true);
  w->filter = ids_memory(NULL, ids_segment_filter(&w->layout, 0), IDS_BLOCK_BYTES);
  start_segment(w);
  return w;
}

static void add_to_filter(ids_writer *w, id128 key) {
  uint64_t hash = ids_hash(key, w->plan.seed), bits = ids_filter_bits(hash);
  uint64_t *line = w->filter + ids_filter_line(hash, w->filter_lines) * IDS_LINE_WORDS;
  for (int i = 0; i < IDS_LINE_WORDS; i++, bits >>= 6)
    line[i] |= UINT64_C(1) << (bits & 63);
}

static void end_segment(ids_writer *w) {
  for (uint64_t i = 0; i < w->filter_lines / IDS_BLOCK_LINES; i++)
    put_block(w, w->filter + i * (IDS_BLOCK_BYTES / sizeof *w->filter));
}

static void end_block(ids_writer *w) {
  id128 first = {.low = w->block.low[0], .high = w->block.high[0]};
  put(w, &w->fences, &first, sizeof first);
  put_block(w, &w->block);
  memset(&w->block, 0, sizeof w->block);
  w->in_block = 0;
  w->blocks++;
  if (w->blocks % w->layout.segment_blocks != 0 && w->blocks != w->layout.blocks) return;
  end_segment(w);
  if (w->blocks != w->layout.blocks) start_segment(w);
}

void ids_writer_add(ids_writer *w, id128 key, int64_t sequence) {
  assert(sequence >= w->plan.first && sequence <= w->plan.last);
  assert(w->written == 0 || id128_cmp(w->max, key) <= 0);
  if (w->written == 0) w->min = key;
  w->max = key;
  w->block.high[w->in_block] = key.high;
  w->block.low[w->in_block] = key.low;
  w->block.offset[w->in_block] = (uint32_t)(sequence - w->plan.first);
  add_to_filter(w, key);
  w->in_block++;
  w->written++;
  if (w->in_block == IDS_BLOCK_IDS || w->written == w->layout.ids) end_block(w);
}

static void write_header(ids_writer *w) {
  ids_header h = {.magic = IDS_MAGIC,
                  .version = IDS_VERSION,
                  .segment_blocks = (uint32_t)w->plan.segment_blocks,
                  .first = w->plan.first,
                  .last = w->plan.last,
                  .min = w->min,
                  .max = w->max,
                  .before = w->plan.before,
                  .head = w->plan.head,
                  .seed = w->plan.seed,
                  .file_bytes = ids_file_bytes(&w->layout),
                  .fence_sum = w->fences.sum,
                  .sum_sum = w->sums.sum};
  stream s = stream_make(IDS_BLOCK_BYTES, 0, false);
  memcpy(s.bytes, &h, sizeof h);
  uint64_t sum = hash64(s.bytes, IDS_BLOCK_BYTES - sizeof sum, IDS_MAGIC);
  memcpy(s.bytes + IDS_BLOCK_BYTES - sizeof sum, &sum, sizeof sum);
  s.used = IDS_BLOCK_BYTES;
  write_out(w, &s);
  free(s.bytes);
}

static void release(ids_writer *w) {
  if (w->fd >= 0) close(w->fd);
  free(w->body.bytes);
  free(w->fences.bytes);
  free(w->sums.bytes);
  free(w->filter);
  free(w);
}

void ids_writer_drop(ids_writer *w) {
  unlinkat(w->folder, w->name, 0);
  release(w);
}

bool ids_writer_finish(ids_writer *w, char name[static IDS_NAME_MAX]) {
  assert(w->written == w->layout.ids && w->position == w->layout.body_blocks);
  write_out(w, &w->body);
  write_out(w, &w->fences);
  write_out(w, &w->sums);
  write_header(w);
  if (w->error == 0 && fsync(w->fd) != 0) w->error = errno;
  ids_run_name(name, w->plan.first, w->plan.last, ".ids");
  if (w->error == 0 && renameat(w->folder, w->name, w->folder, name) != 0) w->error = errno;
  if (w->error == 0 && fsync(w->folder) != 0) w->error = errno;
  int error = w->error;
  if (error == 0)
    release(w);
  else
    ids_writer_drop(w);
  errno = error;
  return error == 0;
}

/* --- reading ---------------------------------------------------------------------------------- */
struct ids_reader {
  ids_run *run;
  int fd;
  bool failed;
  uint64_t block; /* the next to be read */
  size_t have, at, in_block;
  ids_block blocks[READ_BLOCKS];
};

ids_reader *ids_reader_open(ids_run *r) {
  int fd = openat(r->folder, r->name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  ids_reader *reader = ids_memory(NULL, 1, sizeof *reader);
  reader->run = r;
  reader->fd = fd;
  return reader;
}

/* The next data blocks of one segment. */
static bool fill(ids_reader *r) {
  const ids_layout *l = &r->run->layout;
  if (r->block == l->blocks) return false;
  uint64_t left = l->segment_blocks - r->block % l->segment_blocks;
  if (left > l->blocks - r->block) left = l->blocks - r->block;
  if (left > READ_BLOCKS) left = READ_BLOCKS;
  uint64_t position = ids_data_position(l, r->block);
  size_t bytes = (size_t)left * IDS_BLOCK_BYTES;
  ssize_t got = pread(r->fd, r->blocks, bytes, (off_t)((1 + position) * IDS_BLOCK_BYTES));
  r->failed = got != (ssize_t)bytes;
  for (uint64_t i = 0; i < left && !r->failed; i++) {
    if (ids_block_sum(&r->blocks[i], position + i) == r->run->sums[position + i]) continue;
    r->failed = true;
    ids_run_spoil(r->run, position + i);
  }
  r->have = r->failed ? 0 : (size_t)left;
  r->at = r->in_block = 0;
  return !r->failed;
}

bool ids_reader_next(ids_reader *r, id128 *key, int64_t *sequence) {
  if (r->at == r->have && !fill(r)) return false;
  const ids_block *b = &r->blocks[r->at];
  *key = (id128){.low = b->low[r->in_block], .high = b->high[r->in_block]};
  *sequence = r->run->h.first + b->offset[r->in_block];
  uint64_t number = r->block + r->at;
  if (++r->in_block == ids_block_count(&r->run->layout, number)) {
    r->in_block = 0;
    if (++r->at == r->have) r->block += r->have;
  }
  return true;
}

bool ids_reader_failed(const ids_reader *r) { return r->failed; }

void ids_reader_close(ids_reader *r) {
  if (r == NULL) return;
  close(r->fd);
  free(r);
}
