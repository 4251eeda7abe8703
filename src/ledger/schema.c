/* schema.c - the ledger's tables, and what they need of a connection. */
#include "ledger/packed.h"

extern const char ledger_schema_sql[];
const db_schema ledger_schema = {"ledger", ledger_schema_sql};

/* Before main: no connection of the program is without the virtual tables of the history. */
__attribute__((constructor)) static void announce(void) { db_on_sqlite(packed_install); }
