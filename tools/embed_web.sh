#!/bin/sh
# embed_web.sh DIST OUT - writes the C source OUT with the table `web_site` (src/http/site.h) of all files below DIST,
# where FILE.br and FILE.gz are variants of FILE. The assembler takes the bytes in as they are (.incbin), so that
# a large file costs no compile time. No DIST: an empty table. OUT stays as it is when nothing has changed.
# It runs in every build, so no file has a process of its own: sizes and sums come as two lists, and awk joins them.
set -eu
export LC_ALL=C
if [ $# -ne 2 ]; then
  echo "usage: embed_web.sh DIST OUT" >&2
  exit 2
fi
dist=$1 out=$2

new=$(mktemp "$out.XXXXXX")
lists=$(mktemp -d)
trap 'rm -rf "$new" "$lists"' EXIT
: >"$lists/sizes" && : >"$lists/sums"
if [ -d "$dist" ]; then
  dist=$(cd "$dist" && pwd)
  (cd "$dist" && find . -type f -printf '%p %s\n') | sort >"$lists/sizes"
  (cd "$dist" && find . -type f ! -name '*.br' ! -name '*.gz' -exec sha256sum {} +) >"$lists/sums"
fi

awk -v dist="$dist" '
  function type_of(path,   at) {
    at = match(path, /\.[^.\/]*$/)
    at = at ? substr(path, at + 1) : ""
    return at in types ? types[at] : "application/octet-stream"
  }
  # The bytes of a file under a label.
  function take(label, path) {
    printf "__asm__(\".pushsection .rodata\\n.balign 16\\n%s:\\n.incbin \\\"%s\\\"\\n.popsection\\n\");\n", label, dist path
    printf "extern const char %s[];\n", label
  }
  BEGIN {
    split("html text/html;~charset=utf-8 js text/javascript;~charset=utf-8 css text/css;~charset=utf-8 " \
      "json application/json webmanifest application/json svg image/svg+xml png image/png jpg image/jpeg " \
      "webp image/webp woff2 font/woff2", pairs, " ")
    for (n = 1; n in pairs; n += 2) {
      types[pairs[n]] = pairs[n + 1]
      sub("~", " ", types[pairs[n]])
    }
    print "/* The web applications; made by tools/embed_web.sh, which says how. */"
    print "#include \"web/web.h\""
  }
  FILENAME ~ /sums$/ { sums[substr($2, 2)] = substr($1, 1, 20); next }
  {
    path = substr($1, 2)
    sizes[path] = $2
    if (path in sums) paths[++count] = path
  }
  END {
    for (n = 1; n <= count; n++) {
      take("web_file_" n, paths[n])
      if (paths[n] ".gz" in sizes) take("web_file_" n "_gz", paths[n] ".gz")
      if (paths[n] ".br" in sizes) take("web_file_" n "_br", paths[n] ".br")
    }
    if (!count) {
      print "const site web_site = {0};"
      exit
    }
    print "static const site_file files[] = {"
    for (n = 1; n <= count; n++) {
      path = paths[n]
      printf "{.path = \"%s\", .content_type = \"%s\", .etag = \"\\\"%s\\\"\", .is_immutable = %s, .is_page = %s", path,
        type_of(path), sums[path], path ~ /\/assets\// ? "true" : "false", path ~ /\/index\.html$/ ? "true" : "false"
      printf ", .plain = {web_file_%d, %d}", n, sizes[path]
      if (path ".gz" in sizes) printf ", .gzip = {web_file_%d_gz, %d}", n, sizes[path ".gz"]
      if (path ".br" in sizes) printf ", .brotli = {web_file_%d_br, %d}", n, sizes[path ".br"]
      print "},"
    }
    print "};"
    print "const site web_site = {files, sizeof files / sizeof files[0]};"
  }' "$lists/sums" "$lists/sizes" >"$new"
if ! cmp -s "$new" "$out"; then mv "$new" "$out"; fi
