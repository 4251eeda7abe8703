/* seal.c - signed checkpoints over all lane heads: kept elsewhere, one of them makes a cut-off tail
 * or a rewritten lane visible. Ed25519 through libsodium. The body is plain text, one line a lane,
 * so that it can be printed, mailed and checked by other programs. The caller holds the secret; it
 * is never stored. */
#include "ledger/verify.h"

#include <sodium.h>
#include <string.h>

enum { BODY_MAX_BYTES = 1 << 23, LINE_PARTS = 4 };

static status make_body(ctx *c, db *d, const checkpoint *seal, str *out) {
  buf b = buf_make(c->arena, BODY_MAX_BYTES);
  buf_format(&b, "tael checkpoint 1\nid %lld\nat %lld\n", (long long)seal->checkpoint_id,
             (long long)seal->at);
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select lane, sequence, head from ledger_lane order by lane"));
  while (db_next(rows)) {
    str head = db_get_bytes(rows, 2);
    buf_format(&b, "lane %lld %lld ", (long long)db_get_int(rows, 0),
               (long long)db_get_int(rows, 1));
    buf_add(&b, str_hex(c->arena, head.at, head.len));
    buf_add_char(&b, '\n');
  }
  TRY(db_done(c, rows));
  if (b.overflowed) return fail(c, E_TOO_LARGE, "too many lanes for one checkpoint");
  *out = buf_str(&b);
  return OK;
}

static void sign(checkpoint *seal, const uint8_t seed[static 32]) {
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(seal->public_key, secret, seed);
  crypto_sign_detached(seal->signature, NULL, (const uint8_t *)seal->body.at, seal->body.len,
                       secret);
  sodium_memzero(secret, sizeof secret);
}

static status save(ctx *c, db *d, const checkpoint *seal) {
  return db_run(
      c, d,
      "insert into ledger_checkpoint (checkpoint_id, sealed_at, body, signature, public_key) "
      "values (?1, ?2, ?3, ?4, ?5)",
      DB_INT(seal->checkpoint_id), DB_INT(seal->at), DB_TEXT(seal->body),
      DB_BYTES(seal->signature, sizeof seal->signature),
      DB_BYTES(seal->public_key, sizeof seal->public_key));
}

static status seal_now(ctx *c, db *d, const uint8_t seed[static 32], checkpoint *seal) {
  TRY(make_body(c, d, seal, &seal->body));
  sign(seal, seed);
  return save(c, d, seal);
}

status ledger_seal(ctx *c, db *d, const uint8_t seed[static 32], checkpoint *out) {
  if (sodium_init() < 0) return fail(c, E_INTERNAL, "libsodium could not start");
  checkpoint seal = {.checkpoint_id = id_next(c), .at = c->real_now};
  bool own = !db_in_transaction(d);
  if (own) TRY(db_begin(c, d));
  status s = seal_now(c, d, seed, &seal);
  if (own && s == OK)
    s = db_commit(c, d);
  else if (own)
    db_rollback(d);
  if (s == OK) *out = seal;
  return s;
}

/* --- reading ---------------------------------------------------------------------------------- */
static status seal_from_row(ctx *c, const db_rows *rows, checkpoint *out) {
  str signature = db_get_bytes(rows, 3), key = db_get_bytes(rows, 4);
  if (signature.len != sizeof out->signature || key.len != sizeof out->public_key)
    return fail(c, E_STORE, "a stored checkpoint is damaged");
  *out = (checkpoint){.checkpoint_id = db_get_int(rows, 0),
                      .at = db_get_int(rows, 1),
                      .body = db_keep_text(rows, 2, c->arena)};
  memcpy(out->signature, signature.at, signature.len);
  memcpy(out->public_key, key.at, key.len);
  return OK;
}

status ledger_checkpoints(ctx *c, db *d, id before, size_t max, checkpoint **out, size_t *count) {
  checkpoint *page = ARENA_ARRAY(c->arena, checkpoint, max + 1);
  size_t n = 0;
  status s = OK;
  db_rows *rows;
  TRY(db_query(
      c, d, &rows,
      "select checkpoint_id, sealed_at, body, signature, public_key from ledger_checkpoint "
      "where checkpoint_id < ?1 order by checkpoint_id desc limit ?2",
      DB_INT(before != 0 ? before : INT64_MAX), DB_INT(max)));
  while (s == OK && n < max && db_next(rows))
    s = seal_from_row(c, rows, &page[n++]);
  TRY(db_done(c, rows));
  *out = page;
  *count = n;
  return s;
}

/* --- checking --------------------------------------------------------------------------------- */
static bool parse_lane(str line, ledger_lane *out) {
  str parts[LINE_PARTS] = {0};
  size_t count = 0;
  while (count < LINE_PARTS && str_split(&line, ' ', &parts[count]))
    count++;
  int64_t lane = 0;
  *out = (ledger_lane){0};
  if (count != LINE_PARTS || line.len > 0 || !str_eq(parts[0], STR("lane"))) return false;
  if (!str_to_int(parts[1], &lane) || lane < 0 || lane > UINT16_MAX) return false;
  if (!str_to_int(parts[2], &out->sequence) || out->sequence < 0) return false;
  out->lane = (uint16_t)lane;
  return str_unhex(parts[3], out->head.bytes, sizeof out->head.bytes);
}

/* The lane's records up to the sealed one must still hash to the sealed head. */
static status check_lane(ctx *c, db *d, const ledger_lane *sealed, ledger_proof *p) {
  transfer records[WALK_RECORDS];
  ledger_lane walk = {.lane = sealed->lane};
  size_t count = 1;
  while (count > 0 && walk.sequence < sealed->sequence && is_sound(p)) {
    size_t most = WALK_RECORDS;
    if (sealed->sequence - walk.sequence < WALK_RECORDS) {
      most = (size_t)(sealed->sequence - walk.sequence);
    }
    TRY(walk_lane(c, d, &walk, most, records, &count, p));
  }
  if (!is_sound(p)) return OK;
  if (walk.sequence < sealed->sequence) {
    return violated(c, p, "lane %u ends at record %lld, but %lld were sealed", walk.lane,
                    (long long)walk.sequence, (long long)sealed->sequence);
  }
  if (!sha256_eq(&walk.head, &sealed->head)) {
    return violated(c, p, "lane %u: its first %lld records are not the sealed ones", walk.lane,
                    (long long)sealed->sequence);
  }
  return OK;
}

static status check_body(ctx *c, db *d, const checkpoint *seal, ledger_proof *p) {
  str rest = seal->body, line = {0};
  str head = str_format(c->arena, "tael checkpoint 1\nid %lld\nat %lld\n",
                        (long long)seal->checkpoint_id, (long long)seal->at);
  if (!str_starts(rest, head)) return violated(c, p, "the checkpoint is not of this form");
  rest = (str){rest.at + head.len, rest.len - head.len};
  while (is_sound(p) && rest.len > 0 && str_split(&rest, '\n', &line)) {
    ledger_lane sealed;
    if (!parse_lane(line, &sealed)) return violated(c, p, "a line of the checkpoint can't be read");
    TRY(check_lane(c, d, &sealed, p));
  }
  return OK;
}

status ledger_check_seal(ctx *c, db *d, const checkpoint *seal, str *violation) {
  if (sodium_init() < 0) return fail(c, E_INTERNAL, "libsodium could not start");
  ledger_proof p = {0};
  if (crypto_sign_verify_detached(seal->signature, (const uint8_t *)seal->body.at, seal->body.len,
                                  seal->public_key) != 0) {
    violated(c, &p, "the signature of the checkpoint is not of this key");
  } else {
    bool own_snapshot = !db_in_transaction(d);
    if (own_snapshot) TRY(db_begin(c, d));
    status s = check_body(c, d, seal, &p);
    if (own_snapshot) db_rollback(d);
    TRY(s);
  }
  *violation = p.violation;
  return OK;
}
