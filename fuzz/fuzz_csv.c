/* fuzz_csv.c - the CSV reader over any bytes, whole and in small pieces: it ends, counts each byte
 * once, gives the same records both ways, and what it read is read again when written down. */
#include "target.h"
#include "base/csv.h"
#include <string.h>

typedef struct source {
  str left;
  size_t piece;
} source;

static size_t read_piece(void *arg, char *into, size_t room) {
  source *s = arg;
  size_t n = s->left.len;
  if (n > s->piece) n = s->piece;
  if (n > room) n = room;
  if (n > 0) memcpy(into, s->left.at, n);
  s->left = (str){s->left.at + n, s->left.len - n};
  return n;
}

/* The fields of a record survive being written; a leading quote mark against formulas may be added.
 */
static void check_rewrite(arena *a, const csv_record *record) {
  if (record->count == CSV_FIELDS_MAX) return;
  buf written = buf_make(a, 4 << 20);
  buf_add(&written,
          STR("first")); /* so that no byte-order mark or empty line stands at the start */
  for (size_t i = 0; i < record->count; i++) {
    buf_add_char(&written, ',');
    buf_add_csv(&written, record->fields[i]);
  }
  buf_add_char(&written, '\n');
  csv_record again;
  bool found = csv_next(csv_open_text(a, buf_str(&written)), &again);
  assert(found && again.error == NULL && again.count == record->count + 1);
  for (size_t i = 0; i < record->count; i++) {
    str field = again.fields[i + 1];
    bool is_defused = field.len == record->fields[i].len + 1 && field.at[0] == '\'';
    if (is_defused) field = (str){field.at + 1, field.len - 1};
    assert(str_eq(field, record->fields[i]));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  arena *a = fuzz_arena(256u << 20);
  str text = {(const char *)data + 1, size - 1};
  source pieces = {text, 1u + data[0] % 7};
  csv_reader *whole = csv_open_text(a, text), *parts = csv_open(a, read_piece, &pieces);
  csv_record *one = ARENA_NEW(a, csv_record), *other = ARENA_NEW(a, csv_record);
  int64_t last_line = 0;
  int checked = 0;
  while (csv_next(whole, one)) {
    bool found = csv_next(parts, other);
    assert(found && one->count == other->count && one->line == other->line);
    assert((one->error == NULL) == (other->error == NULL) &&
           (one->error == NULL || one->count == 0));
    assert(one->line > last_line);
    last_line = one->line;
    for (size_t i = 0; i < one->count; i++) {
      assert(str_eq(one->fields[i], other->fields[i]));
    }
    if (one->error == NULL && checked++ < 2) check_rewrite(a, one);
  }
  bool more = csv_next(parts, other);
  assert(!more);
  assert(csv_bytes_read(whole) == (int64_t)text.len && csv_bytes_read(parts) == (int64_t)text.len);
  return 0;
}
