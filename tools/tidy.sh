#!/usr/bin/env bash
# tidy.sh - the house rules that a compiler does not know, over src/, lib/, fuzz/ and bench/: lengths of functions
# and files, a comment on top of every file, calls that are banned, floating point near money, and who may
# include whom. Prints file:line: reason; exit 1 when there is any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

files=$(find . -path './build*' -prune -o -path './tests' -prune -o -path './web' -prune -o -name '*.[ch]' -printf '%P\n' | sort)
[ -n "$files" ] || exit 0

# Strings and comments are blanked first, so that only code is looked at.
lengths='
FNR == 1 {
  in_function = 0
  if ($0 !~ /^\/\*/) print FILENAME ":1: starts without a comment that says what it is"
}
FNR == 1001 { print FILENAME ":1001: the file is longer than 1000 lines" }
/^[A-Za-z_].*\) \{$/ || /^ .*\) \{$/ && held { in_function = 1; start = FNR }
{ held = ($0 ~ /^[A-Za-z_][^;{]*\(/ && $0 !~ /[;{}]$/) || (held && $0 !~ /[;{}]$/) }
/^\}/ && in_function {
  if (FNR - start + 1 > 70) print FILENAME ":" start ": the function is longer than 70 lines"
  in_function = 0
}'

code_only='
FNR == 1 { in_comment = 0 }
{
  line = $0
  gsub(/\\./, "", line)
  gsub(/"[^"]*"/, "\"\"", line)
  out = ""
  while (line != "") {
    if (in_comment) {
      at = index(line, "*/")
      if (at == 0) { line = ""; break }
      line = substr(line, at + 2)
      in_comment = 0
    } else {
      at = index(line, "/*")
      if (at == 0) { out = out line; line = ""; break }
      out = out substr(line, 1, at - 1)
      line = substr(line, at + 2)
      in_comment = 1
    }
  }
  sub(/\/\/.*/, "", out)
  print FILENAME ":" FNR ": " out
}'

found=$(mktemp)
code=$(mktemp)
trap 'rm -f "$found" "$code"' EXIT

# shellcheck disable=SC2086
awk "$lengths" $files >"$found"
# shellcheck disable=SC2086
awk "$code_only" $files >"$code"

# ban WHERE_NOT PATTERN REASON: PATTERN may appear only in files that match WHERE_NOT.
ban() {
  grep -E "^[^:]*:[0-9]+: (.*[^A-Za-z0-9_>.])?($2)" "$code" | grep -vE "^($1)" |
    sed -E "s#^([^:]*:[0-9]+): .*#\1: $3#" >>"$found" || true
}

nowhere='\.never/'
tests='src/[^:]*/test[a-z0-9_]*\.[ch]:'
ban "$nowhere" '(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|localtime|localtime_r) ?\(' 'this call is banned; base has a safe one'
ban "$tests" '(system|popen) ?\(' 'no shell stands between the program and its children'
ban "src/cli/|$tests|src/base/testing\.c|fuzz/|bench/" 'time ?\(' 'the time comes from the context'
ban "src/cli/|src/base/log\.c|src/base/testing\.c|src/http/|src/engine/|$tests|bench/|fuzz/growth\.c|lib/" \
  'clock_gettime ?\(|gettimeofday ?\(' 'the time comes from the context'
ban "src/base/|src/db/|src/ledger/(book|chainer|ids[a-z_]*|packed_store|table|view|virtual)\.c|src/http/|src/engine/|src/cli/|$tests|fuzz/|bench/|lib/" \
  '(malloc|calloc|realloc|free) ?\(' 'memory comes from the arena'
ban "src/http/metrics|src/db/fault\.c|src/cli/|$tests|bench/" '(float|double) ' 'no floating point near money'

# layer FOLDER ALLOWED: what files below FOLDER may include from src/.
layer() {
  local folder=$1 allowed=$2
  grep -nHE '^#include "[a-z0-9_]+/' -r "src/$folder" --include='*.[ch]' 2>/dev/null |
    grep -vE "#include \"($allowed)/" |
    sed -E "s#^([^:]*:[0-9]+):\#include \"([^\"]*)\".*#\1: $folder may not include \2#" >>"$found" || true
}

layer base 'base'
layer db 'base|db'
layer ledger 'base|db|ledger'
layer engine 'base|db|ledger|engine'
layer http 'base|db|ledger|engine|http'
layer web 'base|http|web'
layer wire 'base|wire'
layer modules 'base|db|ledger|engine|http|wire|modules'

sort -t: -k1,1 -k2,2n "$found"
[ ! -s "$found" ]
