/* table.c - tables and the printing of values: written once by a page, shown as HTML rows that fold
 * into cards on a narrow screen, or as CSV with plain numbers, currencies in columns of their own
 * and times in UTC. */
#include "modules/pages/view.h"

/* --- printing --------------------------------------------------------------------------------- */

/* "-1234567.89" -> "-1,234,567.89" */
static str group_digits(arena *a, str number) {
  size_t start = number.len > 0 && number.at[0] == '-' ? 1 : 0, whole = start;
  while (whole < number.len && number.at[whole] != '.')
    whole++;
  buf b = buf_make(a, 2 * number.len + 1);
  for (size_t i = 0; i < number.len; i++) {
    if (i > start && i < whole && (whole - i) % 3 == 0) buf_add_char(&b, ',');
    buf_add_char(&b, number.at[i]);
  }
  return buf_str(&b);
}

typedef struct asset_words {
  int scale;
  str unit;
} asset_words;

/* Money by ISO 4217; units of goods and points by the ledger's registry. */
static asset_words asset_of(page *p, uint32_t number) {
  char code[4];
  int scale;
  if (currency_by_number(number, code, &scale))
    return (asset_words){scale, str_copy(p->c->arena, str_from(code))};
  asset found;
  if (p->d == NULL || ledger_asset_by_number(p->c, p->d, number, &found) != OK) {
    fault_clear(p->c);
    return (asset_words){0, str_format(p->c->arena, "#%u", number)};
  }
  if (str_eq(found.kind, STR("stock"))) return (asset_words){found.scale, tr(p, "units", "件")};
  if (str_eq(found.kind, STR("points"))) return (asset_words){found.scale, tr(p, "points", "积分")};
  return (asset_words){found.scale, found.code};
}

str print_amount(page *p, int64_t minor, uint32_t unit) {
  return group_digits(p->c->arena, decimal_print(p->c->arena, minor, asset_of(p, unit).scale));
}

str print_money(page *p, int64_t minor, uint32_t unit) {
  asset_words a = asset_of(p, unit);
  str digits = group_digits(p->c->arena, decimal_print(p->c->arena, minor, a.scale));
  return str_format(p->c->arena, "%.*s %.*s", STR_ARGS(digits), STR_ARGS(a.unit));
}

str print_number(page *p, int64_t value) {
  return group_digits(p->c->arena, decimal_print(p->c->arena, value, 0));
}

str print_day(page *p, date d) { return d == 0 ? (str){0} : date_print(p->c->arena, d); }

str print_time(page *p, instant t) {
  if (t == 0) return (str){0};
  int offset = p->facts.utc_offset_minutes;
  date on = instant_date(t, offset);
  int minutes = (int)((t - instant_from_date(on, offset)) / (60 * MICROS_PER_SECOND));
  return str_format(p->c->arena, "%.*s %02d:%02d", STR_ARGS(date_print(p->c->arena, on)),
                    minutes / 60, minutes % 60);
}

/* --- tables ----------------------------------------------------------------------------------- */

static bool is_wanted(page *p, const char *name) {
  if (!p->is_csv) return true;
  if (p->csv_done) return false;
  return p->q->table.len == 0 || str_eq(p->q->table, str_from(name));
}

static void csv_head(const table *t) {
  page *p = t->p;
  for (size_t i = 0; i < t->count; i++) {
    if (i > 0) buf_add_char(p->out, ',');
    str label = tr(p, t->columns[i].en, t->columns[i].zh);
    buf_add_csv(p->out, label);
    if (t->columns[i].kind != COLUMN_MONEY) continue;
    buf_add_char(p->out, ',');
    str unit = str_format(p->c->arena, "%.*s %.*s", STR_ARGS(label),
                          STR_ARGS(tr(p, "(unit)", "（单位）")));
    buf_add_csv(p->out, unit);
  }
  buf_add(p->out, STR("\r\n"));
}

table table_open(page *p, const char *name, const char *title_en, const char *title_zh,
                 const column *columns, size_t count) {
  table t = {
      .p = p, .columns = columns, .count = count, .name = name, .is_shown = is_wanted(p, name)};
  if (p->is_csv && t.is_shown) csv_head(&t);
  if (title_en != NULL) section(p, title_en, title_zh);
  return t;
}

static void table_head(table *t) {
  page *p = t->p;
  html(p, "<table>\n<thead><tr>");
  for (size_t i = 0; i < t->count; i++) {
    html(p, t->columns[i].kind == COLUMN_TEXT ? "<th scope=\"col\">"
                                              : "<th scope=\"col\" class=\"num\">");
    text_t(p, t->columns[i].en, t->columns[i].zh);
    html(p, "</th>");
  }
  html(p, "</tr></thead>\n<tbody>\n");
}

/* Opens a cell: the row before it when it is the first. */
static void cell_open(table *t, const char *class) {
  page *p = t->p;
  assert(t->at < t->count);
  if (p->is_csv) {
    if (t->at > 0) buf_add_char(p->out, ',');
    return;
  }
  if (t->at == 0 && t->rows == 0) table_head(t);
  if (t->at == 0) html(p, t->is_total ? "<tr class=\"total\">" : "<tr>");
  html(p, "<td data-label=\"");
  text_t(p, t->columns[t->at].en, t->columns[t->at].zh);
  html(p, "\" class=\"");
  html(p, t->columns[t->at].kind == COLUMN_TEXT ? "" : "num ");
  html(p, class);
  html(p, "\"><span>");
}

static void cell_shut(table *t) {
  page *p = t->p;
  html(p, "</span></td>");
  if (++t->at < t->count) return;
  html(p, "</tr>\n");
  if (p->is_csv) buf_add(p->out, STR("\r\n"));
  t->at = 0;
  t->rows++;
  t->is_total = false;
}

static void cell_plain(table *t, const char *class, str shown, str csv) {
  if (!t->is_shown) return;
  cell_open(t, shown.len == 0 ? "blank" : class);
  if (t->p->is_csv) {
    buf_add_csv(t->p->out, csv);
  } else {
    text(t->p, shown);
  }
  cell_shut(t);
}

void table_total(table *t) { t->is_total = true; }

void cell(table *t, str s) { cell_plain(t, "", s, s); }
void cell_word(table *t, str s) { cell_plain(t, "word", s, s); }
void cell_name(table *t, str s) { cell_plain(t, "code word", s, s); }
void cell_code(table *t, str s) { cell_plain(t, "code", s, s); }

void cell_link(table *t, str href, str s) {
  if (!t->is_shown) return;
  if (t->p->is_csv || s.len == 0) {
    cell(t, s);
    return;
  }
  cell_open(t, "");
  html(t->p, "<a href=\"");
  text(t->p, href);
  html(t->p, "\">");
  text(t->p, s);
  html(t->p, "</a>");
  cell_shut(t);
}

void cell_id(table *t, id_kind kind, id value, const char *path_prefix) {
  page *p = t->p;
  if (!t->is_shown) return;
  str shown = value == 0 ? (str){0} : id_print(p->c->arena, kind, value);
  if (p->is_csv || path_prefix == NULL || value == 0) {
    cell_name(t, shown);
    return;
  }
  cell_open(t, "code word");
  html(p, "<a href=\"");
  text(p, link_to(p, str_format(p->c->arena, "%s%.*s", path_prefix, STR_ARGS(shown)), (str){0}));
  html(p, "\">");
  text(p, shown);
  html(p, "</a>");
  cell_shut(t);
}

void cell_markup(table *t, str markup, str s) {
  page *p = t->p;
  if (!t->is_shown) return;
  if (p->is_csv) {
    cell(t, s);
    return;
  }
  cell_open(t, "");
  buf_add(p->out, markup);
  html(p, " <span class=\"unit\">");
  text(p, s);
  html(p, "</span>");
  cell_shut(t);
}

void cell_chip(table *t, str name) {
  if (!t->is_shown) return;
  if (t->p->is_csv) {
    cell(t, name);
    return;
  }
  cell_open(t, "");
  chip(t->p, name);
  cell_shut(t);
}

/* Our own digits: a leading minus is a number's, so it is not defused as a formula. */
void cell_money(table *t, int64_t minor, uint32_t unit) {
  page *p = t->p;
  if (!t->is_shown) return;
  asset_words words = asset_of(p, unit);
  str plain = decimal_print(p->c->arena, minor, words.scale);
  cell_open(t, minor < 0 ? "money minus" : minor == 0 ? "money zero" : "money");
  if (p->is_csv) {
    buf_add(p->out, plain);
    buf_add_char(p->out, ',');
    buf_add_csv(p->out, words.unit);
  } else {
    text(p, group_digits(p->c->arena, plain));
    html(p, " <span class=\"unit\">");
    text(p, words.unit);
    html(p, "</span>");
  }
  cell_shut(t);
}

void cell_money_or_blank(table *t, int64_t minor, uint32_t unit) {
  if (!t->is_shown || minor != 0) {
    cell_money(t, minor, unit);
    return;
  }
  cell_open(t, "blank");
  if (t->p->is_csv) buf_add_char(t->p->out, ',');
  cell_shut(t);
}

void cell_number(table *t, int64_t value) {
  if (!t->is_shown) return;
  cell_open(t, "");
  buf_add(t->p->out,
          t->p->is_csv ? decimal_print(t->p->c->arena, value, 0) : print_number(t->p, value));
  cell_shut(t);
}

void cell_time(table *t, instant at) {
  str csv = at == 0 ? (str){0} : instant_print(t->p->c->arena, at);
  cell_plain(t, "time", print_time(t->p, at), csv);
}

void cell_day(table *t, date on) {
  str shown = print_day(t->p, on);
  cell_plain(t, "time", shown, shown);
}

/* --- after the rows --------------------------------------------------------------------------- */

static str keep_state(page *p) {
  if (p->q->state.len == 0) return (str){0};
  return str_format(p->c->arena, "&state=%.*s", STR_ARGS(query_value(p, p->q->state)));
}

static void table_links(table *t, str next) {
  page *p = t->p;
  arena *a = p->c->arena;
  html(p, "<p class=\"below\">");
  if (next.len > 0) {
    str query =
        str_format(a, "after=%.*s%.*s", STR_ARGS(query_value(p, next)), STR_ARGS(keep_state(p)));
    html(p, "<a rel=\"next\" class=\"button\" href=\"");
    text(p, link_to(p, p->r->path, query));
    html(p, "\">");
    text_t(p, "Next page", "下一页");
    html(p, "</a> ");
  }
  str query = str_format(a, "format=csv&table=%s%.*s", t->name, STR_ARGS(keep_state(p)));
  html(p, "<a class=\"csv\" href=\"");
  text(p, link_to(p, p->r->path, query));
  html(p, "\">");
  text_t(p, "Download as CSV", "下载 CSV");
  html(p, "</a></p>\n");
}

void table_close(table *t, str next) {
  page *p = t->p;
  assert(t->at == 0);
  if (p->is_csv) {
    p->csv_done = p->csv_done || t->is_shown;
    return;
  }
  if (t->rows == 0) {
    html(p, "<p class=\"empty\">");
    text_t(p, "Nothing here yet.", "暂无内容。");
    html(p, "</p>\n");
    return;
  }
  html(p, "</tbody>\n</table>\n");
  table_links(t, next);
}

size_t table_rows(const page *p) {
  if (p->q->limit > 0) return (size_t)p->q->limit;
  return p->is_csv ? ROWS_CSV : ROWS_SHOWN;
}

status table_after(page *p, int64_t *key) {
  *key = 0;
  if (p->q->after.len == 0 || cursor_parse(p->q->after, key, 1)) return OK;
  return fail_field(p->c, E_MALFORMED, STR("query/after"),
                    "Use the link to the next page, unchanged.");
}

str cursor_of(page *p, int64_t key) { return cursor_print(p->c->arena, &key, 1); }
