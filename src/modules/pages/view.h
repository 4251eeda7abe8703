/* view.h - private to pages: one page under construction, and the few words pages are written in:
 * text, amounts, times, chips, tables. A table is written once and comes out as HTML or as CSV; in
 * CSV mode everything but the wanted table is silent. Every text from outside goes through
 * buf_add_html or buf_add_csv here and nowhere else. */
#ifndef TAEL_PAGES_VIEW_H
#define TAEL_PAGES_VIEW_H

/* Where the pages lie; the web applications have the rest. */
#define PAGES_AT "/plain"

#include "modules/identity/identity.h"
#include "modules/pages/pages.h"

typedef struct pages_query {
  int64_t limit;
  str after;
  int lang;   /* 0: as the browser asks, 1 en, 2 zh */
  int format; /* 0 html, 1 csv */
  str table;  /* CSV: which of the page's tables; the first when empty */
  str state;  /* a filter's value; "" all */
  bool run;   /* the proof: recompute everything now */
} pages_query;
extern const shape pages_query_shape;

enum { ROWS_SHOWN = 25, ROWS_CSV = 10000 };

typedef struct page {
  ctx *c;
  const request *r;
  db *d;
  buf *out;
  const pages_query *q;
  market facts;
  bool is_set_up, is_zh, is_csv;
  bool csv_done; /* the wanted table has been written */
  bool is_staff; /* may see what supervisors see */
} page;

/* --- a page ----------------------------------------------------------------------------------- */
/* Reads the market's facts and the language; sets the content type. OK also before the market is
 * set up. */
status page_begin(page *p, ctx *c, const request *r, db *d, buf *out, const char **content_type);
/* A page of a refusal: no store at hand. */
void page_begin_refused(page *p, ctx *c, const request *r, buf *out);
/* Head, navigation and the heading; `here`: the navigation's path that is current, or NULL. */
void page_head(page *p, const char *here, str title, str lead);
/* E_MALFORMED: CSV of a table that this page has not. */
status page_foot(page *p);
bool page_is_chinese(const request *r, int lang);

/* --- words ------------------------------------------------------------------------------------ */
str tr(const page *p, const char *en, const char *zh);
/* States, kinds and steps by their wire name, in the page's language; unknown names come back as
 * they are. */
str word(const page *p, str name);
const char *tone_of(str name); /* "good", "wait", "bad", "calm": the chip's colour */
str account_name(const page *p, uint16_t code);

/* --- plain parts: silent in CSV --------------------------------------------------------------- */
void html(page *p, const char *markup); /* our own markup, as it is */
void text(page *p, str s);              /* anybody's text, escaped */
void text_t(page *p, const char *en, const char *zh);
void chip(page *p, str name); /* word(name) in its tone */
void money_text(page *p, int64_t minor, uint32_t unit);
void fact(page *p, str label, str value); /* a row of a definition list */
void section(page *p, const char *en, const char *zh);
void section_end(page *p);
/* A figure of the dashboard; tone NULL: neutral. */
void figure(page *p, str label, str value, str note, const char *tone);

/* --- printing --------------------------------------------------------------------------------- */
str print_amount(page *p, int64_t minor,
                 uint32_t unit); /* "1,234.56", by the asset's scale, no code */
str print_money(page *p, int64_t minor, uint32_t unit); /* "1,234.56 BRL" */
str print_number(page *p, int64_t value);               /* "12,345" */
str print_time(page *p, instant t); /* "2026-11-22 10:48" in the market's zone; 0: "" */
str print_day(page *p, date d);
/* A link within the site that keeps the language; `query`: "state=paid" or empty. */
str link_to(page *p, str path, str query);
str query_value(page *p, str value); /* percent-encoded */

/* The state asked for, as an index of the NULL-terminated `names`; -1: all. E_MALFORMED: none of
 * them. */
status filter_state(page *p, const char *const *names, int *at);
/* Links to each of them and to all; `here` as from filter_state. */
void filter_links(page *p, const char *path, const char *const *names, int here);

/* --- tables ----------------------------------------------------------------------------------- */
typedef enum column_kind {
  COLUMN_TEXT,
  COLUMN_NUMBER,
  COLUMN_MONEY
} column_kind; /* money: two columns of CSV */
typedef struct column {
  const char *en, *zh;
  column_kind kind;
} column;
typedef struct table {
  page *p;
  const column *columns;
  size_t count, at, rows;
  const char *name;
  bool is_shown; /* HTML, or the CSV that was asked for */
  bool is_total; /* the row being written is a sum */
} table;
/* title_en NULL: without a heading of its own. */
table table_open(page *p, const char *name, const char *title_en, const char *title_zh,
                 const column *columns, size_t count);
#define TABLE(p, name, en, zh, columns) \
  table_open((p), (name), (en), (zh), (columns), COUNT_OF(columns))
void cell(table *t, str s);
void cell_word(table *t, str s); /* short words that stay on one line */
void cell_code(table *t, str s); /* outside references, JSON: in the fixed-width face */
void cell_name(table *t, str s); /* our own ids and names in that face; they stay on one line */
void cell_link(table *t, str href, str s);
void cell_id(table *t, id_kind kind, id value,
             const char *path_prefix); /* path_prefix NULL: no link; 0: blank */
void cell_chip(table *t, str name);
void cell_markup(table *t, str markup,
                 str s); /* our own markup, and what it says in words (CSV: alone) */
void cell_money(table *t, int64_t minor, uint32_t unit);
void cell_money_or_blank(table *t, int64_t minor, uint32_t unit); /* nothing at all for 0 */
void cell_number(table *t, int64_t value);
void cell_time(table *t, instant at);
void cell_day(table *t, date on);
/* The next row is a sum: it stands out. */
void table_total(table *t);
/* `more`: there are rows beyond; `next` is the cursor that leads to them. */
void table_close(table *t, str next);
size_t table_rows(const page *p); /* how many rows a list reads */
/* The first key of q->after; 0 when there is none. E_MALFORMED: not a cursor of ours. */
status table_after(page *p, int64_t *key);
str cursor_of(page *p, int64_t key);

#endif
