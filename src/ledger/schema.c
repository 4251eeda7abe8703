/* schema.c - hands the ledger's tables to the migrator. */
#include "ledger/book.h"

extern const char ledger_schema_sql[];

const db_schema ledger_schema = {.module = "ledger", .sql = ledger_schema_sql};
