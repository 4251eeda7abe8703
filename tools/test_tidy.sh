#!/usr/bin/env bash
# test_tidy.sh - plants one breach of each house rule in a folder of its own and fails unless tidy.sh names all
# of them and nothing in the clean file beside them.
set -euo pipefail
tidy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/tidy.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/{tools,src/modules/x,src/wire,src/http}
cp "$tidy" "$folder/tools/"

lines() { for _ in $(seq "$1"); do echo '  g("malloc(");'; done; }

{
  echo '/* clean.c - words like malloc( and double may stand in comments and texts. */'
  echo '#include "http/http.h"'
  echo 'static int f(void) {'
  lines 68
  echo '}'
  echo 'void k(void) { my_time(3); x->free(3); }'
} >"$folder/src/modules/x/clean.c"
{
  echo '/* broken.c - everything that is not done here. */'
  echo '#include "cli/cli.h"'
  echo 'static int f(int a,'
  echo '             int b) {'
  lines 75
  echo '}'
  printf '%s\n' 'void *p = malloc(3);' 'strcpy(a, b);' 'long t = time(NULL);' 'clock_gettime(c, &t);' \
    'double d;' 'system(s);'
  lines 920
} >"$folder/src/modules/x/broken.c"
printf 'int x;\n#include "http/http.h"\n' >"$folder/src/wire/w.c"
printf '/* h.c - http. */\n#include "modules/x/x.h"\n' >"$folder/src/http/h.c"

code=0
said=$("$folder/tools/tidy.sh") || code=$?
[ $code = 1 ] || { echo "tidy.sh ended with $code, not 1"; exit 1; }
expected='src/http/h.c:2 src/modules/x/broken.c:2 src/modules/x/broken.c:4 src/modules/x/broken.c:81
src/modules/x/broken.c:82 src/modules/x/broken.c:83 src/modules/x/broken.c:84 src/modules/x/broken.c:85
src/modules/x/broken.c:86 src/modules/x/broken.c:1001 src/wire/w.c:1 src/wire/w.c:2'
found=$(cut -d: -f1,2 <<<"$said" | tr '\n' ' ')
if [ "$(xargs <<<"$expected")" != "$(xargs <<<"$found")" ]; then
  printf 'expected %s\nfound    %s\n%s\n' "$(xargs <<<"$expected")" "$(xargs <<<"$found")" "$said"
  exit 1
fi
echo "all planted breaches found"
