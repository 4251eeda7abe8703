/* demo.h - the made-up market lived in an empty store: for `tael demo` and for benchmarks. */
#ifndef TAEL_DEMO_DEMO_H
#define TAEL_DEMO_DEMO_H

#include "cli/cli.h"
#include "cli/demo/make.h"

/* `a` has its threads; the bank listens at bank_url. Progress goes to err. */
status demo_fill(ctx *c, app *a, const char *bank_url, const demo_size *size, FILE *err);

#endif
