/* target.h - what a fuzz target is: one function over bytes, linked with libFuzzer (-Dfuzz=true) or
 * with replay.c, which feeds it the saved corpus in every test run. */
#ifndef TAEL_FUZZ_TARGET_H
#define TAEL_FUZZ_TARGET_H

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An arena that lives as long as the process and is reset here, before each input. */
arena *fuzz_arena(size_t cap_bytes);

#endif
