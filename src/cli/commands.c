/* commands.c - the table of subcommands: words, options, what each needs of the store, examples.
 * --help, completion and the refusal of a wrong option all come from here. */
#include "cli/commands.h"

#define OPTION_DB \
  { "db", "URL", "sqlite:tael.db", "The store: sqlite:FILE or postgres://USER@HOST/NAME." }
#define OPTION_LISTEN(fallback) \
  { "listen", "HOST:PORT", fallback, "Where to serve; port 0 takes a free one." }

static const cli_option serve_options[] = {
    OPTION_DB,
    OPTION_LISTEN("127.0.0.1:8080"),
    {"sandbox", NULL, NULL, "A market to try things in: its business clock can be moved."},
    {"lanes", "N", "2", "Writer connections on PostgreSQL, 1 to 8; an embedded store has one."},
    {"calendar", "NAME", "every-day", "Business calendar: every-day, weekdays or china."},
    {"rate-limit", "N", "20000", "Requests a second that one key, or one address, may make."},
    {"behind-tls", NULL, NULL,
     "A proxy in front ends TLS: Secure cookies, HSTS, X-Forwarded-For is believed."},
};
static const cli_option demo_options[] = {
    {"db", "URL", "sqlite:tael-demo.db",
     "The store of the demo; made and filled when it is not there."},
    OPTION_LISTEN("127.0.0.1:8080"),
    {"seed", "S", "1", "Another seed is another market."},
    {"orders", "N", "1200", "Orders of the weeks before today."},
    {"shops", "N", "12", "Shops."},
    {"no-serve", NULL, NULL, "Fill the store and stop."},
};
static const cli_option replay_options[] = {
    {"db", "URL", NULL,
     "The store to fill; left out: a temporary file in the working folder, removed at the end."},
    {"json", NULL, NULL,
     "Standard output is the one JSON object of totals; all else goes to standard error."},
    {"commission", "PERCENT", "12", "Of the item price, per item, half-up."},
    {"settle-days", "N", "7", "Calendar days from delivery to settlement."},
    {"reserve", "PERCENT", "0", "Kept back from each seller at release."},
    {"in-flight", "N", "512", "Orders under way at the same time."},
};
static const cli_option db_only[] = {OPTION_DB};
static const cli_option migrate_options[] = {
    OPTION_DB,
    {"from", "URL", NULL, "The store to move, whose servers are stopped."},
    {"to", "URL", NULL, "The empty store it moves into, of the other kind."},
    {"distribute", NULL, NULL, "Put the tables on the nodes of a Citus cluster."},
    {"dry-run", NULL, NULL, "Only print the SQL of --distribute; needs no cluster."},
};
static const cli_option verify_options[] = {
    OPTION_DB,
    {"seal", "FILE", NULL, "A checkpoint kept elsewhere: what it sealed must still be there."},
    {"hash", NULL, NULL,
     "Also the SHA-256 of the logical state: equal for stores of equal history."},
};
static const cli_option sql_options[] = {
    OPTION_DB,
    {"format", "NAME", "csv", "csv, or json: an object a line."},
};
static const cli_option export_options[] = {
    OPTION_DB,
    {"format", "NAME", "ledger", "ledger, hledger, beancount or csv."},
};
static const cli_option key_options[] = {
    OPTION_DB,
    {"name", "TEXT", "command line", "What the key is for."},
    {"scopes", "LIST", "supervise", "Scopes, separated by commas."},
    {"days", "N", "90", "Days until it expires."},
};
static const cli_option bank_options[] = {
    OPTION_LISTEN("127.0.0.1:8090"),
    {"seed", "S", "1", "Which requests misbehave is decided by the seed and the attempt's id."},
    {"decline", "PERCENT", "0", "Share of attempts declined."},
    {"timeout", "PERCENT", "0", "Share answered too late, though carried out."},
    {"twice", "PERCENT", "0", "Share answered twice."},
    {"unknown", "PERCENT", "0", "Share that says it does not know yet."},
    {"fee", "PERCENT", "0", "What the bank keeps of each capture."},
};
static const cli_option bench_options[] = {
    {"json", NULL, NULL, "Print one JSON object."},
    {"db", "URL", NULL, "The store; left out: a temporary file beside the working directory."},
    {"connections", "N", NULL,
     "Connections of the load; left out: 64 (checkout: 96; binary: 2 of each client)."},
    {"seconds", "N", "5", "Length of a run."},
    {"runs", "N", "3", "Runs; the median is quoted."},
    {"accounts", "N", "10000", "Accounts of transfers."},
    {"buyers", "N", "10000", "Buyers of checkouts, each with a wallet and a key."},
    {"seed", "S", "1", "Seed of the load."},
    {"transfers", "N", "1000000", "ledger: in a run; growth, ids: stored in the end."},
    {"batch", "N", "8192", "ledger, growth, ids, binary: transfers in a batch."},
    {"clients", "N", "1", "ledger, growth: who send; binary: processes that do."},
    {"depth", "N", "2", "Batches each has under way; binary: on each connection."},
    {"hot", "PERCENT", "0", "ledger, growth, binary: of the transfers, among 10 accounts."},
    {"ids", "ordered|random", "ordered", "Ids in order of time, or anywhere."},
    {"rows", "N", "1000000", "lists: rows of each long table; 0: the store has them already."},
    {"all", NULL, NULL, "lists: print every request, not the slow ones alone."},
    {"plans", NULL, NULL, "lists: judge plans and steps only, not the time taken."},
    {"planted", NULL, NULL, "lists: with a statement that must be found."},
};

static const cli_option sim_options[] = {
    {"seed", "S", "1", "The seed: everything that is asked and that fails follows from it."},
    {"seeds", "N", "1", "How many seeds to run, this one and those after it."},
    {"ops", "N", "2000", "Steps of each."},
    {"seconds", "N", "0", "Begin no further seed after so long; 0: run all."},
    {"plant", "NAME", "none",
     "A defect that must be found: normal (commits not synced), lock (two writers), double (a "
     "stored answer dropped), tenant (a read without its filter)."},
    {"sweep", "KIND", NULL,
     "Instead: let one thing after another fail in short scenarios: io, full, cut, flip, flip-log "
     "or "
     "oom."},
    {"count", "N", "300", "Runs of a sweep."},
    {"every", "N", "1", "A sweep takes every N-th place only."},
    {"planted", NULL, NULL, "A sweep with a defect of its own, which must be found."},
    {"trace", NULL, NULL, "Write every request and answer to standard error."},
    {"check", NULL, NULL, "Run each seed twice and compare every byte answered."},
};

#define OPTIONS(table) .options = (table), .option_count = COUNT_OF(table)

const subcommand cli_subcommands[] = {
    {.name = "serve",
     .words = "",
     .summary = "serve a market over HTTP",
     .store = STORE_OWN,
     OPTIONS(serve_options),
     .run = cmd_serve,
     .examples = "  tael serve --db sqlite:market.db\n  tael serve --db "
                 "postgres://tael@127.0.0.1/market --lanes 4 --listen 0.0.0.0:8080\n"},
    {.name = "demo",
     .words = "",
     .summary = "serve a sandbox market with plausible data",
     .store = STORE_OWN,
     OPTIONS(demo_options),
     .run = cmd_demo,
     .examples = "  tael demo\n  tael demo --seed 7 --orders 5000 --db sqlite:demo7.db\n"},
    {.name = "replay",
     .words = "olist DIR",
     .summary = "live real marketplace orders through the program",
     .store = STORE_OWN,
     OPTIONS(replay_options),
     .words_min = 2,
     .words_max = 2,
     .run = cmd_replay,
     .examples = "  tael replay olist DIR --json\n  tael replay olist DIR --db sqlite:replay.db && "
                 "tael verify --db sqlite:replay.db\n"},
    {.name = "verify",
     .words = "",
     .summary = "prove books, chain, stock, safeguarding, answers and holds",
     .store = STORE_OWN,
     OPTIONS(verify_options),
     .run = cmd_verify,
     .examples = "  tael verify --db sqlite:market.db     # exit 0 and {\"ok\":true,...} or 1\n"},
    {.name = "sql",
     .words = "QUERY",
     .summary = "ask the store by SQL, read only; the whole history is there as tables",
     .store = STORE_READ,
     OPTIONS(sql_options),
     .words_min = 1,
     .words_max = 1,
     .run = cmd_sql,
     .examples =
         "  tael sql --db sqlite:market.db \"select code, count(*), sum(amount) from "
         "ledger_transfer group by code\"\n"
         "  tael sql --db sqlite:market.db \"select * from ledger_entry where account = 7\"\n"},
    {.name = "export",
     .words = "",
     .summary = "write the books for other accounting programs",
     .store = STORE_READ,
     OPTIONS(export_options),
     .run = cmd_export,
     .examples =
         "  tael export --format beancount > books.beancount && bean-check books.beancount\n"
         "  tael export --format hledger > books.journal && hledger -f books.journal check\n"},
    {.name = "clock",
     .words = "[advance STEP]",
     .summary = "show business time, or move a sandbox's and run what is due",
     .store = STORE_WRITE,
     OPTIONS(db_only),
     .words_max = 2,
     .run = cmd_clock,
     .examples =
         "  tael clock\n  tael clock advance 30d\n  tael clock advance 2026-12-01T00:00:00Z\n"},
    {.name = "job",
     .words = "list | run NAME [DATE]",
     .summary = "list the scheduled jobs, or run one for a business date",
     .store = STORE_WRITE,
     OPTIONS(db_only),
     .words_min = 1,
     .words_max = 3,
     .run = cmd_job,
     .examples = "  tael job list\n  tael job run settlement.daily 2026-11-20\n"},
    {.name = "key",
     .words = "EMAIL",
     .summary = "make an API key for a user and show it once",
     .store = STORE_WRITE,
     OPTIONS(key_options),
     .words_min = 1,
     .words_max = 1,
     .run = cmd_key,
     .examples = "  tael key operator@example.com --scopes supervise,ledger.read --days 30\n"},
    {.name = "migrate",
     .words = "",
     .summary = "bring a store to this program's version, move it, or distribute it",
     .store = STORE_OWN,
     OPTIONS(migrate_options),
     .run = cmd_migrate,
     .examples =
         "  tael migrate --db postgres://tael@127.0.0.1/market\n  tael migrate --from "
         "sqlite:market.db --to postgres://tael@127.0.0.1/market\n  tael migrate --distribute "
         "--dry-run --db postgres://tael@127.0.0.1/market\n"},
    {.name = "backup",
     .words = "FILE",
     .summary = "copy an embedded store while it is in use",
     .store = STORE_READ,
     OPTIONS(db_only),
     .words_min = 1,
     .words_max = 1,
     .run = cmd_backup,
     .examples = "  tael backup /backup/market-$(date +%F).db --db sqlite:market.db\n"},
    {.name = "restore",
     .words = "FILE",
     .summary = "put a backup in place and verify it",
     .store = STORE_OWN,
     OPTIONS(db_only),
     .words_min = 1,
     .words_max = 1,
     .run = cmd_restore,
     .examples = "  tael restore /backup/market.db --db sqlite:market.db\n"},
    {.name = "bank-sim",
     .words = "",
     .summary = "an outside bank that misbehaves on demand",
     .store = STORE_NONE,
     OPTIONS(bank_options),
     .run = cmd_bank_sim,
     .examples = "  tael bank-sim --decline 5 --timeout 2 --twice 1 --unknown 3\n"},
    {.name = "bench",
     .words = "ledger | binary | http-transfers | checkout | overload | growth | ids | lists | floor",
     .summary = "measure, with the floor of the same run beside it",
     .store = STORE_OWN,
     OPTIONS(bench_options),
     .words_min = 1,
     .words_max = 1,
     .run = cmd_bench,
     .examples = "  tael bench http-transfers --json\n  tael bench checkout --connections 64 "
                 "--seconds 10\n"},
    {.name = "sim",
     .words = "",
     .summary = "run the whole program in a made-up world and audit every answer",
     .store = STORE_NONE,
     OPTIONS(sim_options),
     .run = cmd_sim,
     .examples =
         "  tael sim --seed 7\n  tael sim --seed 1 --seeds 1000 --ops 2000\n  tael sim --seed 7 "
         "--plant normal      # must end with exit 1\n"},
    {.name = "openapi",
     .words = "",
     .summary = "print the OpenAPI 3.1 document of the API",
     .store = STORE_NONE,
     .run = cmd_openapi,
     .examples = "  tael openapi > tael.openapi.json\n"},
    {.name = "completion",
     .words = "",
     .summary = "print shell completion for bash and zsh",
     .store = STORE_NONE,
     .run = cmd_completion,
     .examples = "  eval \"$(tael completion)\"\n"},
};
const size_t cli_subcommand_count = COUNT_OF(cli_subcommands);
