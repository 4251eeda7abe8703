/* ids_run.h - one run of the id index: a file of ids in rising order with their sequences, made
 * once and never changed. Private to the ledger.
 *
 * Layout, in blocks of 4096 bytes, little-endian:
 *   header | segment 0: data blocks, filter blocks | segment 1 ... | fences | sums
 * A data block holds 204 ids and their sequences as offsets from the run's first. A segment is
 * `segment_blocks` data blocks (the last one may have fewer) and the filter over their ids: lines
 * of 64 bytes, 12 bits an id, so that asking costs one line. fences: the first id of every data
 * block. sums: a checksum of every block between header and fences, at its position, so that a
 * block in the wrong place is a wrong block. The header holds a checksum of itself, of the fences
 * and of the sums; those are checked on opening, a block when it is first read.
 *
 * A run holds all sequences first..last of its lane and names the chain's head before and after
 * them, so that runs of two histories never join. Files appear by rename after a sync of file
 * and folder. On a machine with the other byte order the magic number differs and the file is
 * foreign. */
#ifndef TAEL_LEDGER_IDS_RUN_H
#define TAEL_LEDGER_IDS_RUN_H

#include "base/hash.h"
#include <stdatomic.h>

enum {
  IDS_BLOCK_BYTES = 4096,
  IDS_BLOCK_IDS = 204,
  IDS_LINE_WORDS = 8,
  IDS_BLOCK_LINES = IDS_BLOCK_BYTES / (IDS_LINE_WORDS * 8),
  IDS_BITS_PER_ID = 12,
  IDS_NAME_MAX = 40,
  IDS_CHUNK = 1 << 16 /* fences and sums are summed in chunks of so many bytes */
};

typedef struct ids_block {
  uint64_t high[IDS_BLOCK_IDS], low[IDS_BLOCK_IDS];
  uint32_t offset[IDS_BLOCK_IDS]; /* sequence - first */
  uint32_t zero[4];
} ids_block;
_Static_assert(sizeof(ids_block) == IDS_BLOCK_BYTES, "a data block fills its block");

typedef struct ids_header {
  uint64_t magic;
  uint32_t version, segment_blocks;
  int64_t first, last;
  id128 min, max;
  sha256 before, head; /* the chain's before `first` and after `last` */
  uint64_t seed;
  uint64_t file_bytes, fence_sum, sum_sum;
} ids_header; /* at the start of block 0; the block's last 8 bytes are its checksum */

/* Where everything is, from the number of ids alone. */
typedef struct ids_layout {
  uint64_t ids, segment_blocks, blocks, segments;
  uint64_t segment_stride; /* file blocks of a full segment: data and filter */
  uint64_t body_blocks;    /* all between header and fences */
} ids_layout;

ids_layout ids_layout_of(uint64_t count, uint64_t segment_blocks);
uint64_t ids_segment_data(const ids_layout *l, uint64_t segment);   /* data blocks of it */
uint64_t ids_segment_filter(const ids_layout *l, uint64_t segment); /* filter blocks of it */
size_t ids_block_count(const ids_layout *l, uint64_t block);        /* ids in a data block */
uint64_t ids_data_position(const ids_layout *l, uint64_t block);    /* its place in the body */
uint64_t ids_file_bytes(const ids_layout *l);

typedef struct ids_run {
  ids_header h;
  ids_layout layout;
  const uint8_t *map;
  const id128 *fences;       /* mapped */
  const uint64_t *sums;      /* mapped */
  id128 *starts;             /* first id of every segment */
  _Atomic uint64_t *checked; /* a bit for every block of the body that was found good */
  atomic_bool damaged;
  bool owned; /* this process may delete the file */
  int folder; /* descriptor, the index's own */
  int refs;   /* views that hold it; under the index's lock */
  struct ids_run *next;
  char name[IDS_NAME_MAX];
} ids_run;

/* Opens and checks header, fences and sums. NULL: `why` says what is wrong with the file; or `why`
 * is NULL and errno says why nobody knows, ENOENT when it is gone. */
ids_run *ids_run_open(int folder, const char *name, bool owned, const char **why);
void ids_run_close(ids_run *r);
/* Found bad: reported, and deleted by its owner so that the next opening rebuilds it. */
void ids_run_spoil(ids_run *r, uint64_t position);
/* Is the block of the body at `position` as it was written? Remembers a yes. */
bool ids_run_check_block(ids_run *r, uint64_t position);
/* Brings the filters into memory, so that no look-up waits for them. */
void ids_run_warm(ids_run *r);

typedef enum ids_answer { IDS_ABSENT, IDS_FOUND, IDS_DAMAGED } ids_answer;
typedef struct ids_probe { /* one id to be asked of one run */
  ids_run *run;
  uint64_t segment, filter_position; /* the filter block of its line, in the body */
  const uint64_t *line;
  uint64_t bits; /* one of each word of the line */
} ids_probe;
static inline bool ids_run_spans(const ids_run *r, id128 key) {
  return id128_cmp(key, r->h.min) >= 0 && id128_cmp(key, r->h.max) <= 0;
}
/* The id lies within the run's range; `hash` is of the run's seed. Computes where to look, reads no
 * filter yet. */
ids_probe ids_run_aim(ids_run *r, id128 key, uint64_t hash);
ids_answer ids_run_ask(const ids_probe *p, id128 key, int64_t *sequence);

/* --- hash and filter -------------------------------------------------------------------------- */
/* Ids are chosen by callers; the seed keeps them from choosing collisions. */
static inline uint64_t ids_hash(id128 key, uint64_t seed) {
  uint64_t h = (key.low ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
  h = (h ^ h >> 32 ^ key.high) * UINT64_C(0xd6e8feb86659fd93);
  h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
  return h ^ h >> 32;
}
/* 8 times 6 bits: one bit in each word of a line. */
static inline uint64_t ids_filter_bits(uint64_t hash) {
  return hash * UINT64_C(0xd1342543de82ef95) >> 16;
}
static inline uint64_t ids_filter_line(uint64_t hash, uint64_t lines) {
  return (hash >> 32) * lines >> 32;
}
static inline bool ids_line_has(const uint64_t *line, uint64_t bits) {
  for (int i = 0; i < IDS_LINE_WORDS; i++, bits >>= 6)
    if (!(line[i] >> (bits & 63) & 1)) return false;
  return true;
}

/* --- making one ------------------------------------------------------------------------------- */
typedef struct ids_writer ids_writer;
typedef struct ids_plan {
  int64_t first, last;
  sha256 before, head;
  uint64_t seed, segment_blocks;
} ids_plan;
/* NULL with errno when the file can't be made. */
ids_writer *ids_writer_open(int folder, const ids_plan *plan);
void ids_writer_add(ids_writer *w, id128 key, int64_t sequence); /* in rising order of ids */
/* Syncs, renames, syncs the folder; exactly last - first + 1 ids were added. false with errno: the
 * file is gone, as after ids_writer_drop. The writer is released either way. */
MUST_USE bool ids_writer_finish(ids_writer *w, char name[static IDS_NAME_MAX]);
void ids_writer_drop(ids_writer *w);

/* Reading one from end to end, past the map. */
typedef struct ids_reader ids_reader;
ids_reader *ids_reader_open(ids_run *r); /* NULL with errno */
/* The next id; false at the end, or when the run can't be read (ids_reader_failed). */
bool ids_reader_next(ids_reader *r, id128 *key, int64_t *sequence);
bool ids_reader_failed(const ids_reader *r);
void ids_reader_close(ids_reader *r);

#endif
