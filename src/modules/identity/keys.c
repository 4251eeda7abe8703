/* keys.c - the secrets of this folder. A master key lies in a file beside the store (never in it);
 * under it each person's own random key is sealed, and under that key the person's data,
 * XChaCha20-Poly1305 throughout, bound to the user's id. Destroying the sealed key makes the data
 * unreadable everywhere the row was copied to later. Also: the keyed hash e-mail addresses are
 * found by, random secrets, password hashes (argon2id). Never logs or stores a key in the clear. */
#include "modules/identity/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
  NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
  TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
  SECRET_BYTES = 32,
  PERSON_JSON_MAX = 16 * 1024,
  PASSWORD_MEMORY_BYTES = 46 * 1024 * 1024, /* OWASP password storage: argon2id, 46 MiB, t=1, p=1 */
};
_Static_assert(KEY_BYTES == 32 && crypto_kdf_KEYBYTES == 32, "one size for every key");

/* The keys derived from the master key, loaded once in the life of a process. */
static struct {
  pthread_mutex_t lock;
  bool is_loaded;
  uint8_t seal[KEY_BYTES];  /* seals persons' keys */
  uint8_t email[KEY_BYTES]; /* hashes e-mail addresses */
  uint8_t check[KEY_BYTES]; /* tells master keys apart */
  uint8_t sign[KEY_BYTES];  /* seed of the store's signing key */
} keys = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- the file --------------------------------------------------------------------------------- */

static status sqlite_path(ctx *c, db *d, str *out) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows, "select file from pragma_database_list where name='main'"));
  str file = {0};
  if (db_next(rows)) file = db_keep_text(rows, 0, c->arena);
  TRY(db_done(c, rows));
  *out = file.len == 0 ? file : str_format(c->arena, "%.*s.key", STR_ARGS(file));
  return OK;
}

static status server_path(ctx *c, str *out) {
  const char *folder = getenv("TAEL_DATA_DIR"), *home = getenv("HOME");
  if (folder == NULL && home == NULL) {
    return fail(c, E_STORE, "set TAEL_MASTER_KEY_FILE: there is no home folder to keep the key in");
  }
  *out = folder != NULL ? str_format(c->arena, "%s/master.key", folder)
                        : str_format(c->arena, "%s/.tael/master.key", home);
  return OK;
}

/* Empty: a store in memory, whose key lives and dies with the process. */
static status key_path(ctx *c, db *d, str *out) {
  const char *given = getenv("TAEL_MASTER_KEY_FILE");
  if (given != NULL && given[0] != '\0') {
    *out = str_from(given);
    return OK;
  }
  return db_which(d) == DB_SQLITE ? sqlite_path(c, d, out) : server_path(c, out);
}

static bool write_all(int fd, const void *bytes, size_t len) {
  ssize_t done = write(fd, bytes, len);
  return done >= 0 && (size_t)done == len;
}

static void make_folder_of(ctx *c, str path) {
  char *folder = str_zero(c->arena, path), *slash = strrchr(folder, '/');
  if (slash == NULL || slash == folder) return;
  *slash = '\0';
  mkdir(folder, 0700); /* already there: fine; anything else shows when the file is opened */
}

static status create_file(ctx *c, str path, uint8_t master[static KEY_BYTES]) {
  make_folder_of(c, path);
  int fd = open(str_zero(c->arena, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(c, E_STORE, "cannot create the master key file %.*s: %s", STR_ARGS(path),
                strerror(errno));
  }
  randombytes_buf(master, KEY_BYTES);
  bool is_written = write_all(fd, master, KEY_BYTES) && fsync(fd) == 0;
  if (close(fd) == 0 && is_written) return OK;
  return fail(c, E_STORE, "cannot write the master key file %.*s", STR_ARGS(path));
}

static status read_file(ctx *c, str path, int fd, uint8_t master[static KEY_BYTES]) {
  struct stat about;
  uint8_t more;
  bool is_stat = fstat(fd, &about) == 0;
  bool is_whole = read(fd, master, KEY_BYTES) == KEY_BYTES && read(fd, &more, 1) == 0;
  close(fd);
  if (!is_stat || !is_whole) {
    return fail(c, E_STORE, "the master key file %.*s must hold exactly %d bytes", STR_ARGS(path),
                KEY_BYTES);
  }
  if ((about.st_mode & 077) != 0) {
    return fail(c, E_STORE, "others can read the master key file %.*s; chmod 600 it",
                STR_ARGS(path));
  }
  return OK;
}

static status load_master(ctx *c, str path, bool is_set_up, uint8_t master[static KEY_BYTES]) {
  if (path.len == 0) {
    randombytes_buf(master, KEY_BYTES);
    return OK;
  }
  int fd = open(str_zero(c->arena, path), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return read_file(c, path, fd, master);
  /* A new key for an old store would lock everybody's data away: only an empty store gets one. */
  if (errno == ENOENT && !is_set_up) return create_file(c, path, master);
  return fail(c, E_STORE, "cannot open the master key file %.*s (%s); restore it from the backup",
              STR_ARGS(path), strerror(errno));
}

/* --- ready ------------------------------------------------------------------------------------ */

static void derive(const uint8_t master[static KEY_BYTES]) {
  crypto_kdf_derive_from_key(keys.seal, KEY_BYTES, 1, "taelseal", master);
  crypto_kdf_derive_from_key(keys.email, KEY_BYTES, 2, "taelmail", master);
  crypto_kdf_derive_from_key(keys.check, KEY_BYTES, 3, "taelchck", master);
  crypto_kdf_derive_from_key(keys.sign, KEY_BYTES, 4, "taelsign", master);
}

static status load_keys(ctx *c, db *d) {
  market m;
  sha256 check;
  bool is_set_up;
  str path = {0};
  uint8_t master[KEY_BYTES];
  if (sodium_init() < 0) return fail(c, E_INTERNAL, "libsodium could not be started");
  TRY(identity_load_market(c, d, &m, &check, &is_set_up));
  TRY(key_path(c, d, &path));
  TRY(load_master(c, path, is_set_up, master));
  derive(master);
  sodium_memzero(master, sizeof master);
  sha256 mine = identity_key_check();
  if (is_set_up && !sha256_eq(&mine, &check)) {
    return fail(c, E_STORE, "the master key file %.*s belongs to another store", STR_ARGS(path));
  }
  keys.is_loaded = true;
  return OK;
}

status identity_keys_ready(ctx *c, db *d) {
  pthread_mutex_lock(&keys.lock);
  status result = keys.is_loaded ? OK : load_keys(c, d);
  pthread_mutex_unlock(&keys.lock);
  return result;
}

status identity_signing_seed(ctx *c, db *d, uint8_t seed[static 32]) {
  TRY(identity_keys_ready(c, d));
  memcpy(seed, keys.sign, sizeof keys.sign);
  return OK;
}

void identity_keys_forget(void) {
  pthread_mutex_lock(&keys.lock);
  keys.is_loaded = false;
  pthread_mutex_unlock(&keys.lock);
}

sha256 identity_key_check(void) { return sha256_of(keys.check, sizeof keys.check); }

sha256 identity_email_key(str normal_email) {
  sha256 out;
  crypto_generichash(out.bytes, sizeof out.bytes, (const uint8_t *)normal_email.at,
                     normal_email.len, keys.email, sizeof keys.email);
  return out;
}

/* --- a person's data -------------------------------------------------------------------------- */

static const field person_fields[] = {
    F_STR(person, name, 0, 0, 200, "Full name."),
    F_STR(person, email, 0, 0, 254, "E-mail address."),
    F_STR(person, phone, 0, 0, 32, "Telephone number."),
    F_STR(person, address, 0, 0, 1000, "Postal address."),
};
static SHAPE(person_shape, "Person", person, person_fields);

/* nonce || ciphertext || tag */
static str encrypt(arena *a, const uint8_t *key, id user, str clear) {
  uint8_t *out = arena_take(a, NONCE_BYTES + clear.len + TAG_BYTES, 1);
  randombytes_buf(out, NONCE_BYTES);
  unsigned long long len;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, &len, (const uint8_t *)clear.at,
                                             clear.len, (const uint8_t *)&user, sizeof user, NULL,
                                             out, key);
  return (str){(char *)out, NONCE_BYTES + (size_t)len};
}

static bool decrypt(arena *a, const uint8_t *key, id user, str sealed, str *clear) {
  if (sealed.len < NONCE_BYTES + TAG_BYTES) return false;
  const uint8_t *from = (const uint8_t *)sealed.at;
  uint8_t *out = arena_take(a, sealed.len, 1);
  unsigned long long len;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &len, NULL, from + NONCE_BYTES,
                                                 sealed.len - NONCE_BYTES, (const uint8_t *)&user,
                                                 sizeof user, from, key) != 0) {
    return false;
  }
  *clear = (str){(char *)out, (size_t)len};
  return true;
}

static str person_json(ctx *c, const person *p) {
  buf b = buf_make(c->arena, PERSON_JSON_MAX);
  shape_print(&b, &person_shape, p);
  assert(!b.overflowed); /* the routes' limits keep a person far below it */
  return buf_str(&b);
}

void identity_person_seal(ctx *c, id user, const person *p, str *sealed_key, str *data) {
  uint8_t key[KEY_BYTES];
  randombytes_buf(key, sizeof key);
  *sealed_key = encrypt(c->arena, keys.seal, user, (str){(char *)key, sizeof key});
  *data = encrypt(c->arena, key, user, person_json(c, p));
  sodium_memzero(key, sizeof key);
}

bool identity_person_is_erased(str sealed_key) {
  return sealed_key.len == 0 || sodium_is_zero((const uint8_t *)sealed_key.at, sealed_key.len);
}

static status open_key(ctx *c, id user, str sealed_key, str *key) {
  if (identity_person_is_erased(sealed_key)) {
    return fail(c, E_EXPIRED, "this person's data was erased");
  }
  if (!decrypt(c->arena, keys.seal, user, sealed_key, key) || key->len != KEY_BYTES) {
    return fail(c, E_STORE, "a person's key does not open under this master key");
  }
  return OK;
}

status identity_person_reseal(ctx *c, id user, str sealed_key, const person *p, str *data) {
  str key = {0};
  TRY(open_key(c, user, sealed_key, &key));
  *data = encrypt(c->arena, (const uint8_t *)key.at, user, person_json(c, p));
  return OK;
}

status identity_person_open(ctx *c, id user, str sealed_key, str data, person *out) {
  str key = {0}, json = {0};
  TRY(open_key(c, user, sealed_key, &key));
  if (!decrypt(c->arena, (const uint8_t *)key.at, user, data, &json)) {
    return fail(c, E_STORE, "a person's data was changed by something else than this program");
  }
  return shape_parse(c, &person_shape, json, out);
}

/* --- other modules' secrets ------------------------------------------------------------------- */

status identity_seal(ctx *c, db *d, id subject, str clear, str *sealed) {
  TRY(identity_keys_ready(c, d));
  *sealed = encrypt(c->arena, keys.seal, subject, clear);
  return OK;
}

status identity_open_sealed(ctx *c, db *d, id subject, str sealed, str *clear) {
  TRY(identity_keys_ready(c, d));
  if (decrypt(c->arena, keys.seal, subject, sealed, clear)) return OK;
  return fail(c, E_STORE, "a sealed secret does not open under this master key");
}

/* --- sealed as text --------------------------------------------------------------------------- */

static str to_text(arena *a, str bytes) {
  size_t room = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  char *text = arena_take(a, room, 1);
  sodium_bin2base64(text, room, (const uint8_t *)bytes.at, bytes.len,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return (str){text, room - 1};
}

static bool from_text(arena *a, str text, str *bytes) {
  uint8_t *out = arena_take(a, text.len + 1, 1);
  size_t len = 0;
  if (sodium_base642bin(out, text.len + 1, text.at, text.len, NULL, &len, NULL,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
    return false;
  }
  *bytes = (str){(const char *)out, len};
  return true;
}

static status open_text(ctx *c, const uint8_t *key, id subject, str sealed, str *clear) {
  str bytes;
  if (from_text(c->arena, sealed, &bytes) && decrypt(c->arena, key, subject, bytes, clear))
    return OK;
  return fail(c, E_STORE, "a sealed text was changed by something else than this program");
}

status identity_seal_text(ctx *c, db *d, id subject, str clear, str *sealed) {
  if (clear.len == 0) return (*sealed = (str){0}, OK);
  str bytes;
  TRY(identity_seal(c, d, subject, clear, &bytes));
  *sealed = to_text(c->arena, bytes);
  return OK;
}

status identity_open_text(ctx *c, db *d, id subject, str sealed, str *clear) {
  if (sealed.len == 0) return (*clear = (str){0}, OK);
  TRY(identity_keys_ready(c, d));
  return open_text(c, keys.seal, subject, sealed, clear);
}

status identity_seal_personal(ctx *c, db *d, id user, str clear, str *sealed) {
  if (clear.len == 0) return (*sealed = (str){0}, OK);
  str sealed_key, key = {0};
  TRY(identity_keys_ready(c, d));
  TRY(identity_load_person_key(c, d, user, &sealed_key));
  TRY(open_key(c, user, sealed_key, &key));
  *sealed = to_text(c->arena, encrypt(c->arena, (const uint8_t *)key.at, user, clear));
  return OK;
}

status identity_open_personal(ctx *c, db *d, id user, str sealed, str *clear) {
  if (sealed.len == 0) return (*clear = (str){0}, OK);
  str sealed_key, key = {0};
  TRY(identity_keys_ready(c, d));
  TRY(identity_load_person_key(c, d, user, &sealed_key));
  if (identity_person_is_erased(sealed_key)) return (*clear = (str){0}, OK);
  TRY(open_key(c, user, sealed_key, &key));
  return open_text(c, (const uint8_t *)key.at, user, sealed, clear);
}

/* --- secrets ---------------------------------------------------------------------------------- */

str identity_secret_make(arena *a) {
  enum {
    TEXT_MAX = sodium_base64_ENCODED_LEN(SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
  };
  uint8_t bytes[SECRET_BYTES];
  char *text = arena_take(a, TEXT_MAX, 1);
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2base64(text, TEXT_MAX, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(bytes, sizeof bytes);
  return str_from(text);
}

/* Secrets are 256 random bits: a plain hash is enough, there is nothing to guess. */
sha256 identity_secret_hash(str secret) { return sha256_of(secret.at, secret.len); }

/* Derived from the session's token, so that nothing more has to be stored; who reads it can't get
 * back. */
str identity_csrf_of(arena *a, str session_token) {
  sha256 hash = sha256_of_two("csrf:", 5, session_token.at, session_token.len);
  return str_hex(a, hash.bytes, sizeof hash.bytes);
}

str identity_hash_password(ctx *c, str password) {
  char *out = arena_take(c->arena, crypto_pwhash_STRBYTES, 1);
  int failed = sodium_init() < 0;
  if (!failed)
    failed = crypto_pwhash_str_alg(out, password.at, password.len, 1, PASSWORD_MEMORY_BYTES,
                                   crypto_pwhash_ALG_ARGON2ID13);
  if (failed == 0) return str_from(out);
  fail(c, E_NO_MEMORY, "there is no memory to hash a password now; retry");
  return (str){0};
}

/* A hash nobody knows the password of, made with today's cost. */
static const char *dummy_hash(void) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static char hash[crypto_pwhash_STRBYTES];
  pthread_mutex_lock(&lock);
  if (hash[0] == '\0') {
    char password[SECRET_BYTES];
    randombytes_buf(password, sizeof password);
    if (crypto_pwhash_str_alg(hash, password, sizeof password, 1, PASSWORD_MEMORY_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
      hash[0] = '\0';
    }
  }
  pthread_mutex_unlock(&lock);
  return hash;
}

bool identity_password_matches(str password_hash, str password) {
  char hash[crypto_pwhash_STRBYTES] = {0};
  bool is_known = password_hash.len > 0 && password_hash.len < sizeof hash;
  if (is_known) {
    memcpy(hash, password_hash.at, password_hash.len);
  } else {
    memcpy(hash, dummy_hash(), sizeof hash);
  }
  bool matches = crypto_pwhash_str_verify(hash, password.at, password.len) == 0;
  return matches && is_known;
}
