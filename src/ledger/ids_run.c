/* ids_run.c - opening a run of the id index and asking it. It promises that a run that opened
 * answers exactly or says that it is damaged; it never changes a file, and trusts no byte of one
 * before its checksum. */
#include "ledger/ids_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- layout ----------------------------------------------------------------------------------- */
static uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

static uint64_t filter_blocks(uint64_t count) {
  return ceil_div(count * IDS_BITS_PER_ID, UINT64_C(8) * IDS_BLOCK_BYTES);
}

ids_layout ids_layout_of(uint64_t count, uint64_t segment_blocks) {
  ids_layout l = {.ids = count, .segment_blocks = segment_blocks};
  l.blocks = ceil_div(count, IDS_BLOCK_IDS);
  l.segments = ceil_div(l.blocks, segment_blocks);
  l.segment_stride = segment_blocks + filter_blocks(segment_blocks * IDS_BLOCK_IDS);
  uint64_t last = l.segments - 1;
  l.body_blocks =
      last * l.segment_stride + ids_segment_data(&l, last) + ids_segment_filter(&l, last);
  return l;
}

uint64_t ids_segment_data(const ids_layout *l, uint64_t segment) {
  uint64_t left = l->blocks - segment * l->segment_blocks;
  return left < l->segment_blocks ? left : l->segment_blocks;
}

uint64_t ids_segment_filter(const ids_layout *l, uint64_t segment) {
  uint64_t full = l->segment_blocks * IDS_BLOCK_IDS, left = l->ids - segment * full;
  return filter_blocks(left < full ? left : full);
}

size_t ids_block_count(const ids_layout *l, uint64_t block) {
  uint64_t left = l->ids - block * IDS_BLOCK_IDS;
  return left < IDS_BLOCK_IDS ? (size_t)left : IDS_BLOCK_IDS;
}

uint64_t ids_data_position(const ids_layout *l, uint64_t block) {
  return block / l->segment_blocks * l->segment_stride + block % l->segment_blocks;
}

uint64_t ids_file_bytes(const ids_layout *l) {
  return (1 + l->body_blocks) * IDS_BLOCK_BYTES + l->blocks * sizeof(id128) +
         l->body_blocks * sizeof(uint64_t);
}

/* --- opening ---------------------------------------------------------------------------------- */
uint64_t ids_sum_chunks(const void *bytes, size_t len, uint64_t sum) {
  const uint8_t *at = bytes;
  for (size_t left = len, n = 0; left > 0; left -= n, at += n) {
    n = left < IDS_CHUNK ? left : IDS_CHUNK;
    sum = hash64(at, n, sum);
  }
  return sum;
}

static const char *check_header(const uint8_t *block, const char *name, uint64_t size,
                                ids_header *h) {
  uint64_t sum;
  memcpy(h, block, sizeof *h);
  memcpy(&sum, block + IDS_BLOCK_BYTES - sizeof sum, sizeof sum);
  if (h->magic != IDS_MAGIC) return "it is not a run of ids";
  if (sum != hash64(block, IDS_BLOCK_BYTES - sizeof sum, IDS_MAGIC)) return "its header is damaged";
  if (h->version != IDS_VERSION) return "another version wrote it";
  if (h->first < 1 || h->last < h->first || h->last - h->first >= IDS_RUN_MAX ||
      h->segment_blocks < 1 || h->segment_blocks > IDS_SEGMENT_MAX) {
    return "its header makes no sense";
  }
  char should[IDS_NAME_MAX];
  ids_run_name(should, h->first, h->last, ".ids");
  if (strcmp(should, name) != 0) return "its name is another's";
  ids_layout l = ids_layout_of((uint64_t)(h->last - h->first) + 1, h->segment_blocks);
  if (h->file_bytes != size || ids_file_bytes(&l) != size) return "its length is wrong";
  return NULL;
}

/* Fences and sums are what every look-up steers by: all of them are checked now. */
static const char *check_directory(const ids_run *r) {
  const ids_layout *l = &r->layout;
  if (ids_sum_chunks(r->fences, l->blocks * sizeof *r->fences, 0) != r->h.fence_sum)
    return "its fences are damaged";
  if (ids_sum_chunks(r->sums, l->body_blocks * sizeof *r->sums, 0) != r->h.sum_sum)
    return "its checksums are damaged";
  return id128_eq(r->fences[0], r->h.min) ? NULL : "its header is another's";
}

static const char *map_file(ids_run *r, int fd) {
  r->map = mmap(NULL, r->h.file_bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (r->map == MAP_FAILED) {
    r->map = NULL;
    return NULL;
  }
  /* Look-ups jump: reading ahead would only push out what is in use. */
  (void)madvise((void *)(uintptr_t)r->map, r->h.file_bytes, MADV_RANDOM);
  const uint8_t *directory = r->map + (1 + r->layout.body_blocks) * IDS_BLOCK_BYTES;
  r->fences = (const id128 *)(const void *)directory;
  r->sums = (const uint64_t *)(const void *)(r->fences + r->layout.blocks);
  return check_directory(r);
}

static ids_run *make_run(int folder, const char *name, bool owned, const ids_header *h) {
  ids_run *r = ids_memory(NULL, 1, sizeof *r);
  *r = (ids_run){.h = *h, .owned = owned, .folder = folder};
  r->layout = ids_layout_of((uint64_t)(h->last - h->first) + 1, h->segment_blocks);
  memcpy(r->name, name, strlen(name) + 1);
  size_t words = r->layout.body_blocks / 64 + 1;
  r->checked = ids_memory(NULL, words, sizeof *r->checked);
  for (size_t i = 0; i < words; i++)
    atomic_init(&r->checked[i], 0);
  r->starts = ids_memory(NULL, r->layout.segments, sizeof *r->starts);
  return r;
}

static ids_run *open_file(int folder, int fd, const char *name, bool owned, const char **why) {
  uint8_t block[IDS_BLOCK_BYTES];
  struct stat st;
  ids_header h;
  if (fstat(fd, &st) != 0) return NULL;
  if (pread(fd, block, sizeof block, 0) != sizeof block) {
    *why = "it is too short or can't be read";
    return NULL;
  }
  *why = check_header(block, name, (uint64_t)st.st_size, &h);
  if (*why != NULL) return NULL;
  ids_run *r = make_run(folder, name, owned, &h);
  *why = map_file(r, fd);
  int error = errno;
  if (*why == NULL && r->map != NULL) {
    for (uint64_t i = 0; i < r->layout.segments; i++)
      r->starts[i] = r->fences[i * r->layout.segment_blocks];
    return r;
  }
  ids_run_close(r);
  errno = error;
  return NULL;
}

ids_run *ids_run_open(int folder, const char *name, bool owned, const char **why) {
  *why = NULL;
  assert(strlen(name) < IDS_NAME_MAX);
  int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  ids_run *r = open_file(folder, fd, name, owned, why);
  int error = errno;
  close(fd);
  errno = error;
  return r;
}

void ids_run_close(ids_run *r) {
  if (r->map != NULL) munmap((void *)(uintptr_t)r->map, r->h.file_bytes);
  free(r->checked);
  free(r->starts);
  free(r);
}

void ids_run_spoil(ids_run *r, uint64_t position) {
  if (atomic_exchange(&r->damaged, true)) return;
  log_line(LOG_ERROR, "id_index_damaged", "file=%s block=%llu", r->name,
           (unsigned long long)position + 1);
  if (r->owned) unlinkat(r->folder, r->name, 0);
}

/* --- blocks ----------------------------------------------------------------------------------- */
static const uint8_t *block_at(const ids_run *r, uint64_t position) {
  return r->map + (1 + position) * IDS_BLOCK_BYTES;
}

uint64_t ids_block_sum(const void *block, uint64_t position) {
  return hash64(block, IDS_BLOCK_BYTES, position);
}

static bool check_now(ids_run *r, uint64_t position) {
  if (ids_block_sum(block_at(r, position), position) != r->sums[position]) return false;
  atomic_fetch_or_explicit(&r->checked[position / 64], UINT64_C(1) << position % 64,
                           memory_order_relaxed);
  return true;
}

bool ids_run_check_block(ids_run *r, uint64_t position) {
  uint64_t word = atomic_load_explicit(&r->checked[position / 64], memory_order_relaxed);
  return word >> position % 64 & 1 || check_now(r, position);
}

void ids_run_warm(ids_run *r) {
  const ids_layout *l = &r->layout;
  for (uint64_t s = 0; s < l->segments; s++) {
    uint64_t from = s * l->segment_stride + ids_segment_data(l, s);
    for (uint64_t i = 0; i < ids_segment_filter(l, s); i++) {
      if (!ids_run_check_block(r, from + i)) ids_run_spoil(r, from + i);
    }
  }
}

/* --- asking ----------------------------------------------------------------------------------- */
/* How many of the sorted `at` are not above the id. */
static size_t not_above(const id128 *at, size_t count, id128 key) {
  size_t low = 0;
  while (count > 0) {
    size_t half = count / 2;
    if (id128_cmp(at[low + half], key) <= 0) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

ids_probe ids_run_aim(ids_run *r, id128 key, uint64_t hash) {
  const ids_layout *l = &r->layout;
  uint64_t segment = not_above(r->starts, l->segments, key) - 1;
  uint64_t filter = segment * l->segment_stride + ids_segment_data(l, segment);
  uint64_t line = ids_filter_line(hash, ids_segment_filter(l, segment) * IDS_BLOCK_LINES);
  const uint64_t *words = (const uint64_t *)(const void *)block_at(r, filter);
  return (ids_probe){.run = r,
                     .segment = segment,
                     .filter_position = filter + line / IDS_BLOCK_LINES,
                     .line = words + line * IDS_LINE_WORDS,
                     .bits = ids_filter_bits(hash)};
}

static ids_answer search_block(const ids_block *b, size_t count, id128 key, uint32_t *offset) {
  size_t low = 0, left = count;
  while (left > 0) {
    size_t half = left / 2;
    id128 there = {.low = b->low[low + half], .high = b->high[low + half]};
    if (id128_cmp(there, key) < 0) {
      low += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  if (low == count || b->high[low] != key.high || b->low[low] != key.low) return IDS_ABSENT;
  *offset = b->offset[low];
  return IDS_FOUND;
}

static ids_answer damaged(ids_run *r, uint64_t position) {
  ids_run_spoil(r, position);
  return IDS_DAMAGED;
}

ids_answer ids_run_ask(const ids_probe *p, id128 key, int64_t *sequence) {
  ids_run *r = p->run;
  const ids_layout *l = &r->layout;
  if (!ids_run_check_block(r, p->filter_position)) return damaged(r, p->filter_position);
  if (!ids_line_has(p->line, p->bits)) return IDS_ABSENT;
  uint64_t from = p->segment * l->segment_blocks;
  size_t before = not_above(r->fences + from, ids_segment_data(l, p->segment), key);
  uint64_t block = from + before - 1;
  uint64_t position = ids_data_position(l, block);
  if (!ids_run_check_block(r, position)) return damaged(r, position);
  uint32_t offset;
  const ids_block *b = (const ids_block *)(const void *)block_at(r, position);
  if (search_block(b, ids_block_count(l, block), key, &offset) == IDS_ABSENT) return IDS_ABSENT;
  *sequence = r->h.first + offset;
  return IDS_FOUND;
}
