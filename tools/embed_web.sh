#!/bin/sh
# embed_web.sh DIST OUT - writes the C source OUT with the table `web_site` (src/http/site.h) of all files below DIST,
# where FILE.br and FILE.gz are variants of FILE. The assembler takes the bytes in as they are (.incbin), so that
# a large file costs no compile time. No DIST: an empty table. OUT stays as it is when nothing has changed.
set -eu
export LC_ALL=C
if [ $# -ne 2 ]; then
  echo "usage: embed_web.sh DIST OUT" >&2
  exit 2
fi
dist=$1 out=$2

type_of() {
  case $1 in
  *.html) echo 'text/html; charset=utf-8' ;;
  *.js) echo 'text/javascript; charset=utf-8' ;;
  *.css) echo 'text/css; charset=utf-8' ;;
  *.json | *.webmanifest) echo 'application/json' ;;
  *.svg) echo 'image/svg+xml' ;;
  *.png) echo 'image/png' ;;
  *.jpg) echo 'image/jpeg' ;;
  *.webp) echo 'image/webp' ;;
  *.woff2) echo 'font/woff2' ;;
  *) echo 'application/octet-stream' ;;
  esac
}

# take LABEL FILE: the bytes of FILE under LABEL.
take() {
  printf '__asm__(".pushsection .rodata\\n.balign 16\\n%s:\\n.incbin \\"%s\\"\\n.popsection\\n");\n' "$1" "$2"
  printf 'extern const char %s[];\n' "$1"
}

# variant NAME LABEL FILE: the table's words for it, when it is there.
variant() {
  if [ -e "$3" ]; then printf ', .%s = {%s, %s}' "$1" "$2" "$(wc -c <"$3" | tr -d ' ')"; fi
}

files=
if [ -d "$dist" ]; then
  dist=$(cd "$dist" && pwd)
  files=$(cd "$dist" && find . -type f ! -name '*.br' ! -name '*.gz' | sed 's|^\.||' | sort)
fi
new=$(mktemp "$out.XXXXXX")
trap 'rm -f "$new"' EXIT
{
  echo '/* The web applications; made by tools/embed_web.sh, which says how. */'
  echo '#include "web/web.h"'
  n=0
  for path in $files; do
    n=$((n + 1))
    take "web_file_$n" "$dist$path"
    [ ! -e "$dist$path.gz" ] || take "web_file_${n}_gz" "$dist$path.gz"
    [ ! -e "$dist$path.br" ] || take "web_file_${n}_br" "$dist$path.br"
  done
  if [ -n "$files" ]; then
    echo 'static const site_file files[] = {'
    n=0
    for path in $files; do
      n=$((n + 1))
      is_immutable=false is_page=false
      case $path in */assets/*) is_immutable=true ;; esac
      case $path in */index.html) is_page=true ;; esac
      printf '{.path = "%s", .content_type = "%s", .etag = "\\"%s\\"", .is_immutable = %s, .is_page = %s' \
        "$path" "$(type_of "$path")" "$(sha256sum "$dist$path" | cut -c1-20)" $is_immutable $is_page
      variant plain "web_file_$n" "$dist$path"
      variant gzip "web_file_${n}_gz" "$dist$path.gz"
      variant brotli "web_file_${n}_br" "$dist$path.br"
      echo '},'
    done
    echo '};'
    echo 'const site web_site = {files, sizeof files / sizeof files[0]};'
  else
    echo 'const site web_site = {0};'
  fi
} >"$new"
if ! cmp -s "$new" "$out"; then mv "$new" "$out"; fi
