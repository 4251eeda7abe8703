#!/bin/sh
# embed.sh NAME FILE OUT - turns FILE into a C source OUT that defines
#   const char NAME[];         the bytes of FILE and a terminating zero
#   const size_t NAME_len;     their count without the zero
# Any bytes are allowed in FILE. Needs only sh, od and awk.
set -eu
if [ $# -ne 3 ]; then
  echo "usage: embed.sh NAME FILE OUT" >&2
  exit 2
fi
name=$1 file=$2 out=$3
od -An -v -tu1 "$file" | awk -v name="$name" '
  BEGIN {
    print "#include <stddef.h>"
    print "extern const char " name "[];"
    print "extern const size_t " name "_len;"
    print "const char " name "[] = {"
  }
  {
    line = ""
    for (i = 1; i <= NF; i++) line = line ($i > 127 ? $i - 256 : $i) ","
    print line
    count += NF
  }
  END {
    print "0};"
    print "const size_t " name "_len = " (count + 0) ";"
  }' >"$out.tmp"
mv "$out.tmp" "$out"
