/* commands.h - the functions behind the subcommands (one file a group of commands); private to
 * cli/. */
#ifndef TAEL_CLI_COMMANDS_H
#define TAEL_CLI_COMMANDS_H

#include "cli/cli.h"

int cmd_serve(cli *self);
int cmd_demo(cli *self);
int cmd_replay(cli *self);
int cmd_verify(cli *self);
int cmd_sql(cli *self);
int cmd_migrate(cli *self);
int cmd_backup(cli *self);
int cmd_restore(cli *self);
int cmd_export(cli *self);
int cmd_clock(cli *self);
int cmd_job(cli *self);
int cmd_key(cli *self);
int cmd_openapi(cli *self);
int cmd_completion(cli *self);
int cmd_bank_sim(cli *self);
int cmd_bench(cli *self);
int cmd_sim(cli *self);

/* All proofs of `tael verify` over a read connection; *violation is empty when they hold. */
status cli_verify(ctx *c, db *d, str *violation);

#endif
