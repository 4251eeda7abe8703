/* test_site.c - the files of the web applications: which path gets which file, variants, ETags,
 * the nonce that is another one in every answer, and the paths that must never become a page. */
#include "http/test_app.h"
#include "http/test_groups.h"
#include <stdio.h>
#include <string.h>

static const char front[] =
    "<html><link nonce=\"" SITE_NONCE_MARK "\"><meta nonce=\"" SITE_NONCE_MARK "\"></html>";
static const char console_front[] = "<html>console " SITE_NONCE_MARK "</html>";
static const char script[] = "plain script", script_gz[] = "gzipped!", script_br[] = "brotli!";

static const site_file files[] = {
    {"/assets/main-1a.js",
     "text/javascript; charset=utf-8",
     "\"abc\"",
     true,
     false,
     {script, sizeof script - 1},
     {script_gz, sizeof script_gz - 1},
     {script_br, sizeof script_br - 1}},
    {"/console/index.html",
     "text/html; charset=utf-8",
     "\"con\"",
     false,
     true,
     {console_front, sizeof console_front - 1},
     {NULL, 0},
     {NULL, 0}},
    {"/index.html",
     "text/html; charset=utf-8",
     "\"ind\"",
     false,
     true,
     {front, sizeof front - 1},
     {NULL, 0},
     {NULL, 0}},
    {"/tael.svg", "image/svg+xml", "\"svg\"", false, false, {"<svg/>", 6}, {NULL, 0}, {NULL, 0}},
};

static int open_app(void **state) {
  app *a = app_open(NULL, false, NULL);
  a->h->site = (site){files, COUNT_OF(files)};
  *state = a;
  return 0;
}

static int close_app(void **state) {
  app_close(*state);
  return 0;
}

#define GET_(path, headers) "GET " path " HTTP/1.1\r\nHost: t\r\n" headers "\r\n"
#define HTML "Accept: text/html,*/*\r\n"

typedef struct asked {
  const char *request;
  int http_status;
  const char *says;
} asked;

static const asked cases[] = {
    {GET_("/", ""), 200, "<html><link"},
    {GET_("/", HTML), 200, "<html><link"},
    {GET_("/index.html", ""), 200, "<html><link"},
    {GET_("/orders/ord_1", HTML), 200, "<html><link"},
    {GET_("/orders/ord_1", ""), 404, "not_found"},
    {GET_("/console", ""), 200, "console"},
    {GET_("/console/", ""), 200, "console"},
    {GET_("/console/breaks", HTML), 200, "console"},
    {GET_("/consoles", HTML), 200, "<html><link"},
    {GET_("/console/missing.js", HTML), 404, ""},
    {GET_("/assets/none.js", HTML), 404, ""},
    {GET_("/assets/../index.html", HTML), 404, ""},
    {GET_("/v1/nothing", HTML), 404, ""},
    {GET_("/v1", HTML), 404, ""},
    {GET_("/v1/notes", HTML), 401, "unauthenticated"},
    {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n", 404, "not_found"},
    {"TRACE / HTTP/1.1\r\nHost: t\r\n\r\n", 404, "not_found"},
    {GET_("/assets/main-1a.js", ""), 200, "\r\n\r\nplain script"},
    {GET_("/assets/main-1a.js", "Accept-Encoding: gzip, br\r\n"), 200, "\r\n\r\nbrotli!"},
    {GET_("/assets/main-1a.js", "Accept-Encoding: gzip, br;q=0\r\n"), 200, "\r\n\r\ngzipped!"},
    {GET_("/assets/main-1a.js", "Accept-Encoding: br;q=0.5\r\n"), 200, "\r\n\r\nbrotli!"},
    {GET_("/assets/main-1a.js", "Accept-Encoding: brief\r\n"), 200, "\r\n\r\nplain script"},
    {GET_("/tael.svg", "Accept-Encoding: gzip\r\n"), 200, "\r\n\r\n<svg/>"},
    {GET_("/tael.svg", "If-None-Match: \"svg\"\r\n"), 304, "Content-Length: 6\r\n"},
    {GET_("/tael.svg", "If-None-Match: \"old\", W/\"svg\"\r\n"), 304, "ETag: \"svg\""},
    {GET_("/tael.svg", "If-None-Match: \"old\"\r\n"), 200, "<svg/>"},
};

static void every_path_gets_its_file_or_nothing(void **state) {
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    str got = app_ask(*state, cases[i].request);
    if (app_status(got) != cases[i].http_status || !app_has(got, cases[i].says))
      fail_msg("%s\nanswered\n%.*s", cases[i].request, STR_ARGS(got));
  }
}

static void files_are_kept_as_long_as_their_name_allows(void **state) {
  str hashed = app_ask(*state, GET_("/assets/main-1a.js", ""));
  assert_true(app_has(hashed, "Cache-Control: public, max-age=31536000, immutable\r\n"));
  assert_true(app_has(hashed, "Vary: Accept-Encoding\r\n"));
  assert_true(app_has(hashed, "X-Content-Type-Options: nosniff\r\n"));
  assert_true(app_has(app_ask(*state, GET_("/tael.svg", "")), "Cache-Control: no-cache\r\n"));
  assert_true(app_has(app_ask(*state, GET_("/", "")), "Cache-Control: no-store\r\n"));
  str unchanged = app_ask(*state, GET_("/tael.svg", "If-None-Match: \"svg\"\r\n"));
  assert_int_equal(app_body(unchanged).len, 0);
}

static str nonce_of(str got) {
  static const char before[] = "'nonce-";
  const char *at = memmem(got.at, got.len, before, sizeof before - 1);
  assert_non_null(at);
  return (str){at + sizeof before - 1, 32};
}

static void a_page_and_its_policy_name_the_same_nonce_and_never_an_old_one(void **state) {
  str first = app_ask(*state, GET_("/", "")), second = app_ask(*state, GET_("/", ""));
  str nonce = nonce_of(first);
  assert_false(str_eq(nonce, nonce_of(second)));
  assert_false(app_has(first, SITE_NONCE_MARK));
  char twice[128];
  snprintf(twice, sizeof twice, "<link nonce=\"%.*s\"><meta nonce=\"%.*s\">", STR_ARGS(nonce),
           STR_ARGS(nonce));
  assert_true(app_has(first, twice));
  assert_true(app_has(first, "script-src 'self';"));
  assert_true(app_has(first, "frame-ancestors 'none'"));
  assert_false(app_has(first, "script-src 'self' 'unsafe-inline'"));
}

static void without_applications_their_paths_lead_nowhere(void **state) {
  app *a = *state;
  a->h->site = (site){.count = 0};
  assert_int_equal(app_status(app_ask(a, GET_("/", ""))), 404);
  assert_int_equal(app_status(app_ask(a, GET_("/tael.svg", ""))), 404);
}

int test_site(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_path_gets_its_file_or_nothing),
      cmocka_unit_test(files_are_kept_as_long_as_their_name_allows),
      cmocka_unit_test(a_page_and_its_policy_name_the_same_nonce_and_never_an_old_one),
      cmocka_unit_test(without_applications_their_paths_lead_nowhere),
  };
  return cmocka_run_group_tests_name("site", tests, open_app, close_app);
}
