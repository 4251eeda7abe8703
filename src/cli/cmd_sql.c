/* cmd_sql.c - `tael sql`: one query of the reader's own over a store, in one read-only snapshot, as
 * CSV or a JSON object a line. On SQLite the packed history is there as tables too. Never writes:
 * the connection refuses. */
#include "cli/commands.h"
#include <jansson.h>
#include <string.h>

/* A second statement would be ignored by one store and refused by the other. */
static status check_text(ctx *c, str text) {
  str rest = str_trim(text), first;
  if (rest.len == 0) return fail(c, E_MALFORMED, "Write the query as one word, in quotes.");
  UNUSED(str_split(&rest, ';', &first));
  if (str_trim(rest).len == 0) return OK;
  return fail(c, E_MALFORMED, "One statement at a time: nothing may follow the semicolon.");
}

/* Quoted where a comma, quote or line end would be read as something else (RFC 4180). */
static void print_field(FILE *out, str text) {
  bool plain = true;
  for (size_t i = 0; i < text.len; i++)
    plain &= strchr(",\"\r\n", text.at[i]) == NULL || text.at[i] == 0;
  if (!plain) fputc('"', out);
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] == '"') fputc('"', out);
    fputc(text.at[i], out);
  }
  if (!plain) fputc('"', out);
}

static void print_names(FILE *out, const db_rows *rows) {
  for (int i = 0; i < db_columns(rows); i++) {
    if (i > 0) fputc(',', out);
    print_field(out, db_column_name(rows, i));
  }
  fputc('\n', out);
}

static void print_csv(ctx *c, FILE *out, const db_rows *rows) {
  for (int i = 0; i < db_columns(rows); i++) {
    db_shown shown = db_show(rows, i, c->arena);
    if (i > 0) fputc(',', out);
    if (!shown.is_null) print_field(out, shown.text);
  }
  fputc('\n', out);
}

static void print_json(ctx *c, FILE *out, const db_rows *rows) {
  json_t *row = json_object();
  for (int i = 0; i < db_columns(rows); i++) {
    db_shown shown = db_show(rows, i, c->arena);
    const char *name = str_zero(c->arena, db_column_name(rows, i));
    json_t *value = shown.is_null     ? json_null()
                    : shown.is_number ? json_integer(db_get_int(rows, i))
                                      : json_stringn(shown.text.at, shown.text.len);
    json_object_set_new(row, name, value);
  }
  json_dumpf(row, out, JSON_COMPACT);
  fputc('\n', out);
  json_decref(row);
}

static status print_rows(cli *self, str text, bool as_json) {
  ctx *c = self->ctx;
  db_rows *rows;
  TRY(db_ask(c, self->db, &rows, text));
  if (!as_json) print_names(self->out, rows);
  while (db_next(rows)) {
    if (as_json)
      print_json(c, self->out, rows);
    else
      print_csv(c, self->out, rows);
    arena_reset(c->arena);
  }
  return db_done(c, rows);
}

int cmd_sql(cli *self) {
  ctx *c = self->ctx;
  const char *format = cli_text(self, "format");
  bool as_json = strcmp(format, "json") == 0;
  if (!as_json && strcmp(format, "csv") != 0) {
    fprintf(self->err, "tael sql: there is no format \"%s\"; choose csv or json\n", format);
    return EXIT_USAGE;
  }
  str text = str_from(self->words[0]);
  status s = check_text(c, text);
  if (s == OK) s = db_begin(c, self->db);
  if (s == OK) {
    s = print_rows(self, text, as_json);
    db_rollback(self->db);
  }
  return s == OK ? 0 : cli_fail(self, s);
}
