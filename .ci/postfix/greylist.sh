#!/bin/bash
# greylist.sh DIR - a Postfix policy server: the first RCPT of a sender and recipient is put off, the next is not.
# What has been seen is a file in DIR.
set -euo pipefail

dir=$1
sender='' recipient=''
while IFS= read -r line; do
  case $line in
    sender=*) sender=${line#*=} ;;
    recipient=*) recipient=${line#*=} ;;
    '') # the end of one request
      seen=$dir/$(printf '%s %s' "$sender" "$recipient" | sha256sum | cut -d' ' -f1)
      if [[ -e $seen ]]; then
        printf 'action=dunno\n\n'
      else
        : >"$seen"
        printf 'action=450 4.2.0 greylisted, come back later\n\n'
      fi
      sender='' recipient=''
      ;;
  esac
done
