/* target.c - the arena of a fuzz target. */
#include "target.h"

arena *fuzz_arena(size_t cap_bytes) {
  static arena *kept;
  if (kept == NULL) {
    kept = arena_open(cap_bytes);
    assert(kept != NULL);
  }
  arena_reset(kept);
  return kept;
}
